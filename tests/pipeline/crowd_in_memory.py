"""A crowd in memory, and a clock that stands until it is moved."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from pipeline.crowd import Skill, Submitted, Ticket

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


@dataclass
class Clock:
    """Time that passes when a test says so."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class PostedHit:
    """A HIT with one assignment, as a marketplace sees it."""

    hit_id: str
    ticket: Ticket
    annotation: str
    expires_at: datetime
    taken_by: tuple[str, str] | None = None
    submitted: list[Submitted] = field(default_factory=list)

    @property
    def task(self) -> tuple[str, str]:
        """Kind and synset, from the page's address."""
        kind, wnid = urlsplit(self.ticket.page).path.split("/")[-2:]
        return kind, wnid


@dataclass
class FakeCrowd:
    """A `pipeline.crowd.Crowd` in memory that keeps count of what it was asked to do."""

    clock: Clock
    hits: dict[str, PostedHit] = field(default_factory=dict)
    by_token: dict[str, str] = field(default_factory=dict)
    payments: list[str] = field(default_factory=list)
    rejections: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    scores: dict[tuple[str, str], int] = field(default_factory=dict)
    feedback: dict[str, str] = field(default_factory=dict)
    cents_paid: int = 0
    posted: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def post(self, ticket: Ticket, annotation: str, token: str) -> str:
        if token not in self.by_token:
            self.posted += 1
            hit_id = f"HIT{next(self.numbers)}"
            ends = self.clock() + timedelta(seconds=ticket.lifetime_seconds)
            self.hits[hit_id] = PostedHit(hit_id, ticket, annotation, ends)
            self.by_token[token] = hit_id
        return self.by_token[token]

    def find(self, annotation: str) -> str | None:
        return next((hit.hit_id for hit in self.hits.values() if hit.annotation == annotation), None)

    def reviewable(self) -> Iterator[str]:
        over = (hit for hit in self.hits.values() if hit.submitted or self._is_idle(hit))
        yield from [hit.hit_id for hit in over]

    def submitted(self, hit_id: str) -> list[Submitted]:
        return list(self.hits[hit_id].submitted)

    def approve(self, assignment_id: str, feedback: str = "") -> None:
        if assignment_id not in self.payments:
            self.feedback[assignment_id] = feedback
            self.payments.append(assignment_id)
            self.cents_paid += self._hit_of(assignment_id).ticket.reward_cents

    def bonus(self, assignment_id: str, worker_id: str, cents: int, reason: str, token: str) -> None:
        if token not in self.by_token:
            self.by_token[token] = assignment_id
            self.cents_paid += cents

    def reject(self, assignment_id: str, reason: str) -> None:
        self.rejections[assignment_id] = reason

    def is_approved(self, assignment_id: str) -> bool:
        return assignment_id in self.payments

    def expire(self, hit_id: str) -> None:
        self.hits[hit_id].expires_at = self.clock()

    def delete(self, hit_id: str) -> None:
        self.deleted.append(hit_id)
        self.hits.pop(hit_id, None)

    def qualify(self, skill: Skill, worker_id: str, value: int | None) -> None:
        if value is None:
            self.scores.pop((skill.name, worker_id), None)
        else:
            self.scores[skill.name, worker_id] = value

    def balance_cents(self) -> int:
        return 10**6

    def admits(self, hit: PostedHit, worker: str) -> bool:
        """Whether a worker meets what a HIT requires."""
        scores = [self.scores.get((one.skill.name, worker)) for one in hit.ticket.requirements]
        return all(
            score is None if one.least is None else score is not None and score >= one.least
            for one, score in zip(hit.ticket.requirements, scores, strict=True)
        )

    def open_hits(self) -> list[PostedHit]:
        """What a worker could accept now."""
        return [
            hit
            for hit in self.hits.values()
            if not hit.submitted and not hit.taken_by and hit.expires_at > self.clock()
        ]

    def accept(self, hit: PostedHit, worker: str) -> str:
        hit.taken_by = (f"ASSIGNMENT{next(self.numbers)}", worker)
        return hit.taken_by[0]

    def give_back(self, hit: PostedHit) -> None:
        hit.taken_by = None

    def submit(self, hit: PostedHit, answer: str) -> str:
        assert hit.taken_by
        assignment, worker = hit.taken_by
        hit.submitted.append(Submitted(assignment, worker, self.clock(), self.clock(), answer))
        return assignment

    @property
    def exposure(self) -> int:
        """Cents paid, and those that work on the market may still come to."""
        unpaid = (
            hit
            for hit in self.hits.values()
            if not self._is_idle(hit) and not any(one.assignment_id in self.payments for one in hit.submitted)
        )
        return self.cents_paid + sum(hit.ticket.reward_cents for hit in unpaid)

    def _is_idle(self, hit: PostedHit) -> bool:
        return hit.expires_at <= self.clock() and not hit.taken_by and not hit.submitted

    def _hit_of(self, assignment_id: str) -> PostedHit:
        return next(
            hit
            for hit in self.hits.values()
            if any(one.assignment_id == assignment_id for one in hit.submitted)
        )
