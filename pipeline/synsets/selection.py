"""May these synsets be labelled side by side? Refusals stop a selection, warnings ask for another look."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from pipeline.synsets.wordnet import PERSON, UnknownSynset, WordNet


@dataclass(frozen=True, slots=True)
class Objection:
    """A reason against a selection: the wnids it is about, a word for programs, a sentence for people."""

    wnids: tuple[str, ...]
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class SelectionCheck:
    """What speaks against a selection; it may be used when nothing is refused."""

    refusals: tuple[Objection, ...]
    warnings: tuple[Objection, ...]


def check_selection(
    wordnet: WordNet, wnids: Iterable[str], *, held: Iterable[str] = (), allow_people: bool = False
) -> SelectionCheck:
    """Check synsets for a dataset among themselves and together with those that it holds already.

    What was to be said of the latter was said when they came: objections are about new ones.

    Refused are unknown wnids (reason `unknown`), a synset together with one of its ancestors (`ancestor`),
    since every image of the one shows the other, and, unless `allow_people`, the person subtree (`person`).
    Warned of are pairs with a word in common (`shared_word`), pairs of which one is a part, member or
    substance of the other (`part_of`), and people that were allowed (`person`).
    """
    before = dict.fromkeys(held)
    chosen = list(dict.fromkeys([*before, *wnids]))
    known = [wnid for wnid in chosen if wnid in wordnet]
    people = list(_people(wordnet, known, allow_people))
    refusals = [
        *(_unknown(wnid) for wnid in chosen if wnid not in wordnet),
        *_ancestors(wordnet, known),
        *([] if allow_people else people),
    ]
    warnings = [*_shared_words(wordnet, known), *_parts(wordnet, known), *(people if allow_people else [])]
    return SelectionCheck(_about_new(refusals, before), _about_new(warnings, before))


def _about_new(objections: Iterable[Objection], held: Collection[str]) -> tuple[Objection, ...]:
    return tuple(one for one in objections if not all(wnid in held for wnid in one.wnids))


def _unknown(wnid: str) -> Objection:
    return Objection((wnid,), "unknown", str(UnknownSynset(wnid)))


def _ancestors(wordnet: WordNet, wnids: list[str]) -> Iterator[Objection]:
    chosen = set(wnids)
    for wnid in wnids:
        for above in sorted(chosen.intersection(wordnet.ancestors(wnid))):
            text = f"{_name(wordnet, wnid)} is a kind of {_name(wordnet, above)}: leave one of them out"
            yield Objection((wnid, above), "ancestor", text)


def _people(wordnet: WordNet, wnids: list[str], allowed: bool) -> Iterator[Objection]:
    for wnid in wnids:
        if wnid == PERSON or PERSON in wordnet.ancestors(wnid):
            text = (
                f"{_name(wordnet, wnid)} is a kind of person: most such synsets cannot be seen in a picture "
                f"or offend{'' if allowed else ', so they must be allowed explicitly'}"
            )
            yield Objection((wnid,), "person", text)


def _shared_words(wordnet: WordNet, wnids: list[str]) -> Iterator[Objection]:
    by_word: dict[str, list[str]] = defaultdict(list)
    for wnid in wnids:
        for word in dict.fromkeys(word.lower() for word in wordnet.synset(wnid).words):
            by_word[word].append(wnid)
    for word, sharers in by_word.items():
        for pair in combinations(sharers, 2):
            text = f"{pair[0]} and {pair[1]} share the word {word!r}: workers and searches may mix them up"
            yield Objection(pair, "shared_word", text)


def _parts(wordnet: WordNet, wnids: list[str]) -> Iterator[Objection]:
    chosen = set(wnids)
    for whole in wnids:
        # A kind has the parts of its ancestors: wheels are parts of wheeled vehicles, so of cars.
        kinds = map(wordnet.synset, (whole, *wordnet.ancestors(whole)))
        for part in sorted(chosen.intersection(part for kind in kinds for part in kind.parts)):
            names = f"{_name(wordnet, part)} is part of {_name(wordnet, whole)}"
            text = f"{names}: images of the one may show the other"
            yield Objection((part, whole), "part_of", text)


def _name(wordnet: WordNet, wnid: str) -> str:
    return f"{wordnet.synset(wnid).words[0]} ({wnid})"
