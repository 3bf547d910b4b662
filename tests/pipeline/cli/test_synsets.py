import json

import pytest
from click.testing import CliRunner

from pipeline import settings
from pipeline.cli.synsets import synsets
from pipeline.errors import SettingsError, UserError


def show(*arguments, assignments=()):
    result = CliRunner().invoke(synsets, ["show", *arguments], obj=settings.load(assignments=assignments))
    if result.exception:
        raise result.exception
    return result.output


def test_show_prints_words_gloss_relations_and_searches():
    output = show("n02123045")
    assert output.splitlines()[0].split(maxsplit=1) == ["n02123045", "tabby, tabby cat"]
    assert "a cat with a grey or tawny coat mottled with black" in output
    assert "n02121808  domestic cat, house cat" in output
    assert "search (eng)    tabby cat" in output


def test_show_prints_every_sense_of_a_name():
    lines = [json.loads(line) for line in show("crane", "--json").splitlines()]
    assert {"n02012849", "n03126707"} <= {line["wnid"] for line in lines}


def test_show_gives_json_with_translations(tmp_path):
    path = tmp_path / "wn-data-spa.tab"
    path.write_text("# Spanish\tspa\n02121808-n\tlemma\tgato doméstico\n", "utf-8")
    output = show("n02121808", "--json", assignments=[f"wordnet.translations=['{path}']"])
    synset = json.loads(output)
    assert synset["words"][0] == "domestic cat"
    assert {"wnid": "n02123045", "words": ["tabby", "tabby cat"]} in synset["children"]
    assert {"text": "gato doméstico", "language": "spa"} in synset["queries"]


@pytest.mark.parametrize("name", ["n09999999", "no such thing"])
def test_show_says_what_to_try_when_nothing_is_found(name):
    with pytest.raises(UserError, match="Try a synonym"):
        show(name)


def test_show_blames_the_settings_for_a_wrong_folder(tmp_path):
    with pytest.raises(SettingsError, match=r"wordnet\.folder"):
        show("tabby", assignments=[f"wordnet.folder='{tmp_path}'"])
