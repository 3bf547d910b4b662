"""A HIT kind: how its HITs are offered (hit_templates/<kind>/hit.toml) and how its answers are read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any, Generic

from pipeline.hits.submission import Asked, ReadValue, Submission, Value, read_submission

LONGEST_TITLE = 128  # characters; the crowd refuses longer ones


@dataclass(frozen=True)
class Kind(Generic[Value]):
    """One kind of HIT. Money is cents, times are seconds, `title` and `description` have gaps for
    `{words}`, `{items}` and, in the title, `{minutes}`."""

    name: str
    read_value: ReadValue[Value]
    title: str
    description: str
    keywords: str
    reward_cents: int
    items_per_hit: int
    seconds_allowed: int
    seconds_per_item: float
    frame_height: int
    lifetime_seconds: int
    auto_approval_seconds: int

    def read(self, asked: Asked, raw: str) -> Submission[Value]:
        """Read a submitted document; raise `BadAnswer` unless it answers exactly what was asked."""
        return read_submission(self.name, self.read_value, asked, raw)

    def titled(self, words: str, items: int) -> str:
        """The title for a synset's words and a number of items, cut to what the crowd allows."""
        minutes = max(1, round(items * self.seconds_per_item / 60))
        gaps = {"items": items, "minutes": f"{minutes} minute{'s' if minutes > 1 else ''}"}
        room = LONGEST_TITLE - len(self.title.format(words="", **gaps))
        return self.title.format(words=words if len(words) <= room else words[: room - 1] + "…", **gaps)

    def described(self, words: str, items: int) -> str:
        """The description for a synset's words and a number of items."""
        return self.description.format(words=words, items=items)


def load_kind(name: str, read_value: ReadValue[Value]) -> Kind[Value]:
    """Join the way a kind's answers are read with the terms its folder states."""
    terms: dict[str, Any] = tomllib.loads(template_file(name, "hit.toml"))
    return Kind(name=name, read_value=read_value, **terms)


def template_file(kind: str, name: str) -> str:
    """Text of one file in the folder of a HIT kind."""
    return (resources.files("hit_templates") / kind / name).read_text("utf-8")
