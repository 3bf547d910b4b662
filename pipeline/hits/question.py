"""What a HIT page is given: one synset, the items to judge, and how long there is for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.hits.submission import SCHEMA, Asked, Box


@dataclass(frozen=True)
class Confusable:
    """A synset that is easily taken for the one asked about."""

    words: tuple[str, ...]
    gloss: str


@dataclass(frozen=True)
class Synset:
    """The concept asked about; `good` and `bad` are addresses of example photos."""

    wnid: str
    words: tuple[str, ...]
    gloss: str
    wikipedia: str | None = None
    confusable: tuple[Confusable, ...] = ()
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """One thing to judge. Sizes and boxes are pixels of the stored pictures; keys and addresses tell nothing.

    `boxes` are those accepted already (draw_box, check_coverage), `box` is the one under check (check_box),
    `other` is the second picture of a pair (check_duplicate).
    """

    key: str
    picture: str
    width: int
    height: int
    boxes: tuple[Box, ...] = ()
    box: Box | None = None
    other: str | None = None
    other_width: int | None = None
    other_height: int | None = None


@dataclass(frozen=True)
class Quiz:
    """Asks a worker who is new to the synset which definition is meant; the first chosen index comes back.

    It teaches more than it tests: the page tells at once which is `right`, and what the others define,
    where these are given.
    """

    prompt: str
    choices: tuple[str, ...]
    right: int | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """Everything one HIT page shows. `lease` is empty in a preview; `reminder` is said after a miss.

    `seconds_left` of the `seconds_allowed` are left when the page is opened, not in a preview.
    """

    kind: str
    lease: str
    synset: Synset
    items: tuple[Item, ...]
    seconds_allowed: int
    quiz: Quiz | None = None
    reminder: str | None = None
    seconds_left: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As the page and a simulated worker read it (what `json.dumps` takes)."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Question:
        """Undo `to_json` (also after a trip through JSON text)."""
        synset = dict(data["synset"])
        confusable = tuple(Confusable(tuple(c["words"]), c["gloss"]) for c in synset.pop("confusable"))
        quiz = data["quiz"]
        return cls(
            kind=data["kind"],
            lease=data["lease"],
            synset=Synset(**_tuples(synset), confusable=confusable),
            items=tuple(_item(item) for item in data["items"]),
            seconds_allowed=data["seconds_allowed"],
            quiz=Quiz(**_tuples(quiz)) if quiz else None,
            reminder=data["reminder"],
            seconds_left=data["seconds_left"],
        )

    def asked(self) -> Asked:
        """What an answer to this question has to match."""
        sizes = {item.key: (item.width, item.height) for item in self.items}
        return Asked(self.lease, sizes, len(self.quiz.choices) if self.quiz else 0)


def _tuples(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def _item(data: Mapping[str, Any]) -> Item:
    box = data["box"]
    boxes = tuple(tuple(accepted) for accepted in data["boxes"])
    return Item(**{**data, "boxes": boxes, "box": tuple(box) if box else None})
