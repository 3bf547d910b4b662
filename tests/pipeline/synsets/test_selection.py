import pytest

from pipeline.synsets.selection import check_selection
from pipeline.synsets.wordnet import WordNet

TABBY, CAT, DALMATIAN = "n02123045", "n02121808", "n02110341"
BIRD_CRANE, LIFTING_CRANE = "n02012849", "n03126707"
CAR, WHEEL = "n02958343", "n04574999"
WOMAN = "n10787470"


@pytest.fixture(scope="module")
def wordnet() -> WordNet:
    return WordNet.load()


def found(objections):
    return [(objection.reason, objection.wnids) for objection in objections]


def test_a_sound_selection_has_no_objections(wordnet):
    check = check_selection(wordnet, [TABBY, DALMATIAN, CAR, TABBY])
    assert not check.refusals
    assert not check.warnings


def test_an_unknown_wnid_is_refused(wordnet):
    assert found(check_selection(wordnet, ["n09999999", TABBY]).refusals) == [("unknown", ("n09999999",))]


@pytest.mark.parametrize("wnids", [[TABBY, CAT], [CAT, TABBY], [TABBY, "n00001740"]])
def test_a_synset_and_its_ancestor_are_refused_with_the_reason(wordnet, wnids):
    (refusal,) = check_selection(wordnet, wnids).refusals
    assert refusal.reason == "ancestor"
    assert refusal.wnids[0] == TABBY
    assert "tabby (n02123045) is a kind of" in refusal.text


def test_what_is_held_already_is_no_objection_to_others(wordnet):
    held = [WOMAN, BIRD_CRANE, LIFTING_CRANE]
    check = check_selection(wordnet, [TABBY], held=held)
    assert not check.refusals
    assert not check.warnings
    assert found(check_selection(wordnet, [CAT], held=[TABBY]).refusals) == [("ancestor", (TABBY, CAT))]


def test_people_that_are_allowed_need_not_be_allowed(wordnet):
    (warning,) = check_selection(wordnet, [WOMAN], allow_people=True).warnings
    assert "must be allowed" not in warning.text


def test_people_are_refused_unless_allowed(wordnet):
    assert found(check_selection(wordnet, [WOMAN]).refusals) == [("person", (WOMAN,))]
    allowed = check_selection(wordnet, [WOMAN], allow_people=True)
    assert not allowed.refusals
    assert found(allowed.warnings) == [("person", (WOMAN,))]


def test_a_shared_word_is_warned_of(wordnet):
    check = check_selection(wordnet, [BIRD_CRANE, LIFTING_CRANE])
    assert not check.refusals
    assert found(check.warnings) == [("shared_word", (BIRD_CRANE, LIFTING_CRANE))]
    assert "'crane'" in check.warnings[0].text


def test_parts_are_warned_of_also_when_a_wider_kind_has_them(wordnet):
    assert WHEEL not in wordnet.synset(CAR).parts
    assert found(check_selection(wordnet, [CAR, WHEEL]).warnings) == [("part_of", (WHEEL, CAR))]
