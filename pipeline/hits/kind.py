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
    """One kind of HIT. Money is cents, times are seconds, `title` and `description` have a `{words}` gap."""

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

    def titled(self, words: str) -> str:
        """The title for a synset's words, cut to what the crowd allows."""
        room = LONGEST_TITLE - len(self.title.format(words=""))
        return self.title.format(words=words if len(words) <= room else words[: room - 1] + "…")

    def described(self, words: str) -> str:
        """The description for a synset's words."""
        return self.description.format(words=words)


def load_kind(name: str, read_value: ReadValue[Value]) -> Kind[Value]:
    """Join the way a kind's answers are read with the terms its folder states."""
    terms: dict[str, Any] = tomllib.loads(template_file(name, "hit.toml"))
    return Kind(name=name, read_value=read_value, **terms)


def template_file(kind: str, name: str) -> str:
    """Text of one file in the folder of a HIT kind."""
    return (resources.files("hit_templates") / kind / name).read_text("utf-8")
