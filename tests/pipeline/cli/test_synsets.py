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


@pytest.fixture
def add(new_sqlite):
    """Add synsets to a new dataset: what was printed, notes first."""
    chosen = settings.load(assignments=[f"database.url={new_sqlite()}"])

    def run(*arguments):
        result = CliRunner().invoke(synsets, ["add", *map(str, arguments)], obj=chosen)
        if result.exception:
            raise result.exception
        return result.stderr + result.stdout

    return run


def test_a_file_of_synsets_is_text(add, tmp_path):
    file = tmp_path / "synsets.txt"
    file.write_text("n02123045 # tabby\n", "utf-8-sig")
    assert "1 added" in add("--file", file)
    file.write_text("n02123045\n", "utf-16")
    with pytest.raises(UserError, match=r"synsets\.txt is no text in UTF-8"):
        add("--file", file)


def test_a_policy_that_changes_nothing_is_told(add):
    assert add("--policy", "majority:3", "n02123045") == "1 added, 0 there before. Next: synsetter run\n"
    assert "Note" not in add("--policy", "majority:3", "n02123045")
    told = add("--policy", "majority:5", "n02123045", "n03063599")
    assert "n02123045 was there before, and keeps the policy majority:3." in told
    assert '[label.synsets] in your settings: n02123045 = { policy = "majority:5" }' in told
    assert "Note: n03063599" not in told
