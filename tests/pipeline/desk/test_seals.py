"""Sealed names: read back, told apart from forged ones, and telling nothing."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.desk.seals import Seal

NUMBERS = st.tuples(*3 * [st.integers(-(2**63), 2**63 - 1)])
SEAL = Seal("secret", "picture", ">qqq")


@given(NUMBERS)
def test_what_is_sealed_is_read(numbers: tuple[int, ...]) -> None:
    assert SEAL.read(SEAL.seal(*numbers)) == numbers


@given(NUMBERS, st.integers(0, 53), st.characters(codec="ascii"))
def test_a_changed_letter_breaks_the_seal(numbers: tuple[int, ...], place: int, letter: str) -> None:
    name = SEAL.seal(*numbers)
    changed = name[:place] + letter + name[place + 1 :]
    assert changed == name or SEAL.read(changed) is None


@given(st.text())
def test_whatever_comes_is_no_name(text: str) -> None:
    assert SEAL.read(text) is None


def test_a_name_shows_nothing_of_its_numbers() -> None:
    names = [SEAL.seal(0, number, 0) for number in range(200)]
    for place in range(len(names[0]) - 1):
        assert len({name[place] for name in names}) > 20


def test_secrets_and_purposes_do_not_read_each_other() -> None:
    name = SEAL.seal(1, 2, 3)
    assert Seal("other", "picture", ">qqq").read(name) is None
    assert Seal("secret", "lease", ">qqq").read(name) is None
