from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.synsets.search_queries import SearchQuery, Translations, search_queries
from pipeline.synsets.wordnet import WordNet

OMW = Path(__file__).resolve().parents[2] / "../shared/data/omw"


@pytest.fixture(scope="module")
def wordnet() -> WordNet:
    return WordNet.load()


def queries(wordnet, wnid, translations=()):
    ancestors = map(wordnet.synset, wordnet.ancestors(wnid))
    return search_queries(wordnet.synset(wnid), ancestors, translations)


def test_synonyms_then_words_that_gloss_and_ancestors_share(wordnet):
    assert [query.text for query in queries(wordnet, "n02091134")] == [
        "whippet",
        "whippet greyhound",
        "whippet dog",
    ]


def test_a_word_that_the_synonym_has_already_adds_nothing(wordnet):
    texts = [query.text for query in queries(wordnet, "n02123045")]
    assert texts == ["tabby", "tabby cat"]


def test_words_that_fit_everything_are_left_out(wordnet):
    texts = [
        query.text for query in queries(wordnet, "n04550184")
    ]  # wardrobe: "a tall piece of furniture ..."
    assert "wardrobe furniture" in texts
    assert not [text for text in texts if text.split()[-1] in {"object", "whole", "entity"}]


def test_translations_follow_without_repeating_a_language(wordnet, tmp_path):
    path = tmp_path / "wn-data-cmn.tab"
    path.write_text(
        "# Chinese\tcmn\thttps://example.org\tfree\n"
        "02123045-n\tcmn:lemma\t斑猫\n"
        "02123045-n\tcmn:lemma\t斑猫\n"
        "02123045-n\tlemma\t虎斑猫\n"
        "02123045-n\tcmn:def\t0\t一种猫\n"
        "02123045-v\tcmn:lemma\t动词\n"
        "00432881-n\tcmn:lemma\t中意+的人\n"
        "00345149-n\tcmn:lemma\t兄弟般+地\n"
        "00345150-n\tita:lemma\tGAP!\n",
        "utf-8",
    )
    chinese = Translations.read(path)
    assert chinese.language == "cmn"
    assert chinese.words == {
        "n02123045": ("斑猫", "虎斑猫"),
        "n00432881": ("中意的人",),
        "n00345149": ("兄弟般",),
    }
    assert queries(wordnet, "n02123045", [chinese])[2:] == [
        SearchQuery("斑猫", "cmn"),
        SearchQuery("虎斑猫", "cmn"),
    ]


@pytest.mark.parametrize("language", ["spa", "ita", "nld", "cmn"])
def test_the_real_files_are_read(wordnet, language):
    path = OMW / language / f"wn-data-{language}.tab"
    if not path.exists():
        pytest.skip(f"no translations at {path}")
    translations = Translations.read(path)
    assert translations.language == language
    assert len(translations.words) > 25_000
    words = [word for synset in translations.words.values() for word in synset]
    assert all(word == word.strip() and "+" not in word and "_" not in word for word in words)
    assert any(query.language == language for query in queries(wordnet, "n02958343", [translations]))


@pytest.mark.parametrize("content", [b"", b"no header\n", b"\xff\xfe\x00"])
def test_a_file_of_another_kind_is_the_settings_fault(tmp_path, content):
    path = tmp_path / "x.tab"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"x\.tab"):
        Translations.read(path)


def test_a_missing_file_is_the_settings_fault(tmp_path):
    with pytest.raises(SettingsError, match="nowhere"):
        Translations.read(tmp_path / "nowhere.tab")
