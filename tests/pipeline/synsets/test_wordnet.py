"""WordNet as it came with the install: real synsets, real relations."""

import gzip
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SettingsError
from pipeline.synsets.wordnet import NOUN_TABLE, PERSON, UnknownSynset, WordNet


@pytest.fixture(scope="module")
def wordnet() -> WordNet:
    return WordNet.load()


@pytest.fixture(scope="module")
def offsets() -> list[str]:
    return re.findall(r"^(\d{8}) ", gzip.decompress(NOUN_TABLE.read_bytes()).decode(), re.MULTILINE)


def test_a_synset_has_words_gloss_and_relations(wordnet):
    tabby = wordnet.synset("n02123045")
    assert tabby.words == ("tabby", "tabby cat")
    assert tabby.gloss == "a cat with a grey or tawny coat mottled with black"
    assert tabby.parents == ("n02121808",)
    assert "n02123045" in wordnet.synset("n02121808").children


def test_the_definition_leaves_examples_out(wordnet):
    assert wordnet.synset("n02084071").definition.endswith("occurs in many breeds")
    assert "barked all night" in wordnet.synset("n02084071").gloss


def test_instances_are_kinds_too(wordnet):
    einstein = wordnet.find("Albert Einstein")[0]
    assert not einstein.parents
    assert einstein.wnid in wordnet.synset(einstein.instance_of[0]).instances
    assert PERSON in wordnet.ancestors(einstein.wnid)


def test_parts_and_wholes_mirror_each_other(wordnet):
    car = wordnet.synset("n02958343")
    assert all(car.wnid in wordnet.synset(part).wholes for part in car.parts)
    assert "n02685365" in car.parts  # air bag


def test_all_82115_noun_synsets_are_found(wordnet, offsets):
    assert len(offsets) == 82_115
    for offset in (*offsets[::997], offsets[0], offsets[-1]):
        assert wordnet.synset(f"n{offset}").wnid == f"n{offset}"


def test_princetons_notice_is_in_the_table():
    text = gzip.decompress(NOUN_TABLE.read_bytes()).decode()
    assert "WordNet 3.0 Copyright 2006 by Princeton University.  All rights reserved." in text[:3000]


@given(number=st.integers(0, 99_999_999))
def test_any_number_is_a_synset_or_unknown(wordnet, offsets, number):
    wnid = f"n{number:08}"
    if wnid[1:] in offsets:
        assert wordnet.synset(wnid).wnid == wnid
    else:
        with pytest.raises(UnknownSynset, match=wnid):
            wordnet.synset(wnid)


@pytest.mark.parametrize(
    "nonsense", ["", "n", "02123045", "n2123045", "v00001740", "n021230456", "n0212304x", "  1"]
)
def test_nonsense_is_unknown(wordnet, nonsense):
    with pytest.raises(UnknownSynset):
        wordnet.synset(nonsense)


@pytest.mark.parametrize("name", ["tabby cat", "Tabby_Cat", " TABBY  cat ", "n02123045"])
def test_find_takes_names_in_any_spelling(wordnet, name):
    assert [synset.wnid for synset in wordnet.find(name)] == ["n02123045"]


def test_find_gives_every_sense(wordnet):
    assert {"n02012849", "n03126707"} <= {synset.wnid for synset in wordnet.find("crane")}


@pytest.mark.parametrize("name", ["", " ", "no such noun", "n00000000", "0", "the", "| a", ".*"])
def test_find_finds_only_words(wordnet, name):
    assert all(name.strip() in synset.words for synset in wordnet.find(name))


def test_ancestors_go_up_to_entity_nearest_first(wordnet):
    ancestors = wordnet.ancestors("n02123045")
    assert ancestors[0] == "n02121808"
    assert ancestors[-1] == "n00001740"
    assert "n02123045" not in ancestors
    assert len(ancestors) == len(set(ancestors)) == 16


def test_siblings_share_a_parent(wordnet):
    siblings = wordnet.siblings("n02123045")
    assert "n02123394" in siblings  # Persian cat
    assert "n02123045" not in siblings


def test_look_alikes_come_nearest_first(wordnet):
    persian, siamese, chihuahua, lemon = "n02123394", "n02123597", "n02085620", "n07749582"
    assert wordnet.look_alikes("n02123045", [lemon, siamese, chihuahua, persian, "n02123045"]) == [
        persian,
        siamese,
        chihuahua,
        lemon,
    ]


LINES = "  1 WordNet 3.0 Copyright 2006 by Princeton University.\r\n" + "".join(
    f"{line}\r\n"
    for line in (
        "00001740 03 n 01 entity 0 001 ~ 00001930 n 0000 | that which is  ",
        '00001930 03 n 02 thing 0 Some_Thing a 002 @ 00001740 n 0000 + 00000001 v 0101 | a; "an example"  ',
    )
)


def test_a_wordnet_folder_is_read_whatever_its_line_ends(tmp_path):
    (tmp_path / "data.noun").write_bytes(LINES.encode())
    wordnet = WordNet.load(tmp_path)
    thing = wordnet.synset("n00001930")
    assert (thing.words, thing.gloss) == (("thing", "Some Thing"), 'a; "an example"')
    assert thing.parents == ("n00001740",)
    assert [synset.wnid for synset in wordnet.find("some thing")] == ["n00001930"]


def test_another_release_is_refused(tmp_path):
    (tmp_path / "data.noun").write_text(LINES.replace("3.0", "3.1"))
    with pytest.raises(SettingsError, match=r"not WordNet 3\.0"):
        WordNet.load(tmp_path)


def test_a_missing_folder_names_the_setting(tmp_path):
    with pytest.raises(SettingsError, match=r"wordnet\.folder"):
        WordNet.load(tmp_path)
