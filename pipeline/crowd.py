"""What the pipeline asks of a crowd: a handful of effects and looks, whoever runs the marketplace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self

from pipeline.errors import SynsetterError, WorldError


class CrowdUnreachable(WorldError):
    """The crowd's API does not answer. Nothing is lost; start again when it is up."""


class CrowdRefused(SynsetterError):
    """The crowd's API refuses a call."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"The crowd refuses: {message}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Skill:
    """A qualification by the name that workers read; names are unique to an account, and so to a run."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """Who may have a ticket: those with at least a score, or (None) those without the qualification.

    Whoever lacks a score sees the ticket and how to get it; who must not have it does not see the ticket.
    """

    skill: Skill
    least: int | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A HIT to be posted: its terms, which workers see, and the page behind it. Times are seconds."""

    title: str
    description: str
    keywords: str
    reward_cents: int
    seconds_allowed: int
    lifetime_seconds: int
    auto_approval_seconds: int
    page: str
    frame_height: int
    requirements: tuple[Requirement, ...] = ()

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """Undo `asdict`, also after a trip through JSON."""
        asked = tuple(Requirement(Skill(**one["skill"]), one["least"]) for one in data["requirements"])
        return cls(**{**data, "requirements": asked})


@dataclass(frozen=True, slots=True)
class Submitted:
    """An assignment that a worker has submitted. `answer` is what the page sent in its one field."""

    assignment_id: str
    worker_id: str
    accepted_at: datetime
    submitted_at: datetime
    answer: str


class Crowd(Protocol):
    """A marketplace. Every effect may be repeated safely with the same token or subject."""

    def post(self, ticket: Ticket, annotation: str, token: str) -> str:
        """Post a HIT and give its id; if the token was used before, give the HIT that came of it."""
        ...

    def find(self, annotation: str) -> str | None:
        """Look for a HIT by its annotation."""
        ...

    def reviewable(self) -> Iterator[str]:
        """Give the ids of HITs that no worker can add to."""
        ...

    def submitted(self, hit_id: str) -> list[Submitted]:
        """Give a HIT's submitted assignments, approved and rejected ones too."""
        ...

    def approve(self, assignment_id: str, feedback: str = "") -> None:
        """Pay an assignment, once; its worker reads the feedback, if there is any."""
        ...

    def reject(self, assignment_id: str, reason: str) -> None:
        """Refuse to pay an assignment, with a reason that its worker reads."""
        ...

    def is_approved(self, assignment_id: str) -> bool:
        """Tell whether an assignment was paid, by whomever: a rejection can be overruled."""
        ...

    def bonus(self, assignment_id: str, worker_id: str, cents: int, reason: str, token: str) -> None:
        """Pay a worker more for an assignment, once for each token."""
        ...

    def expire(self, hit_id: str) -> None:
        """Take a HIT off the market; whoever has accepted it may finish."""
        ...

    def delete(self, hit_id: str) -> None:
        """Dispose of a HIT whose work is done and paid."""
        ...

    def qualify(self, skill: Skill, worker_id: str, value: int | None) -> None:
        """Give a worker a score, in place of any earlier one, or (None) take the qualification back."""
        ...

    def balance_cents(self) -> int:
        """Tell what the account holds."""
        ...
