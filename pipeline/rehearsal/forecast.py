"""What a rehearsal tells a curator: the cost of a run and, as the truth is known, how good it would be."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from pipeline.hits.submission import Box
from pipeline.rehearsal.truth import Truth
from quality.boxes import iou_matrix, match_optimal
from quality.intervals import wilson

FOUND_IOU = 0.5
"""Overlap from which a box counts as having found an instance."""


class Verdict(StrEnum):
    """What the votes said of a candidate; `unjudged`: refused or dropped as a copy before anybody voted."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNSURE = "unsure"
    UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one candidate; `duplicate_of` is the URL of the copy that is kept instead."""

    wnid: str
    url: str
    verdict: Verdict
    boxes: tuple[Box, ...] = ()
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """What one kind of HIT took."""

    kind: str
    assignments: int
    items: int
    cents: int
    active_seconds: float


@dataclass(frozen=True, slots=True)
class Crew:
    """How many people work, and how long each does."""

    workers: int
    hours_a_day: float


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its Wilson interval of 95 %; all None where there is nothing to count."""

    part: int
    whole: int
    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, part: int, whole: int) -> Share:
        """Count."""
        if not whole:
            return cls(part, whole, None, None, None)
        low, high = wilson(part, whole)
        return cls(part, whole, part / whole, float(low), float(high))


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of one synset, or of all.

    Attributes
    ----------
    precision : accepted images that show the synset, of all accepted.
    recall : images that show the synset and were accepted, of all of those that were judged.
    unsure : images that the votes did not settle, of all judged.
    coverage : known instances that a box found, of all in accepted images with a known box.
    sound_boxes : boxes that found an instance, of all in those images.
    mean_iou : over the boxes that found one.
    duplicates : images dropped as copies of another.
    copies : copies found, of all beyond the first of a photograph, where the truth names photographs.
    wrong_copies : images dropped as copies of another photograph, where it names them.
    """

    candidates: int
    precision: Share
    recall: Share
    unsure: Share
    coverage: Share
    sound_boxes: Share
    mean_iou: float | None
    duplicates: int
    copies: Share
    wrong_copies: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Cents, hours of active work, days for the crew, and what an hour earned."""

    cents: int
    worker_hours: float
    days: float
    hourly_cents: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """Everything that a rehearsal found out; `warnings` say what held it back."""

    cost: Cost
    crew: Crew
    spent: tuple[Spent, ...]
    all: Quality
    synsets: Mapping[str, Quality]
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain tables."""
        return asdict(self)


def forecast(
    outcomes: Sequence[Outcome],
    truth: Truth,
    spent: Sequence[Spent],
    crew: Crew,
    warnings: Sequence[str] = (),
) -> Forecast:
    """Add up what a rehearsal took, and hold what came out against the truth."""
    by_synset: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_synset[outcome.wnid].append(outcome)
    return Forecast(
        cost=_cost(spent, crew),
        crew=crew,
        spent=tuple(spent),
        all=_quality(outcomes, truth),
        synsets={wnid: _quality(by_synset[wnid], truth) for wnid in sorted(by_synset)},
        warnings=tuple(warnings),
    )


def _cost(spent: Iterable[Spent], crew: Crew) -> Cost:
    cents = sum(one.cents for one in spent)
    hours = sum(one.active_seconds for one in spent) / 3600
    return Cost(cents, hours, hours / (crew.workers * crew.hours_a_day), cents / hours if hours else None)


def _quality(outcomes: Sequence[Outcome], truth: Truth) -> Quality:
    judged = [one for one in outcomes if one.verdict is not Verdict.UNJUDGED]
    shown = [one for one in judged if truth.shows(one.url, one.wnid)]
    accepted = [one for one in judged if one.verdict is Verdict.ACCEPTED]
    right = sum(one.verdict is Verdict.ACCEPTED for one in shown)
    boxes = _boxes([one for one in shown if one.verdict is Verdict.ACCEPTED and not one.duplicate_of], truth)
    return Quality(
        candidates=len(outcomes),
        precision=Share.of(right, len(accepted)),
        recall=Share.of(right, len(shown)),
        unsure=Share.of(sum(one.verdict is Verdict.UNSURE for one in judged), len(judged)),
        coverage=Share.of(len(boxes.overlaps), boxes.instances),
        sound_boxes=Share.of(len(boxes.overlaps), boxes.boxes),
        mean_iou=float(np.mean(boxes.overlaps)) if boxes.overlaps else None,
        duplicates=sum(one.duplicate_of is not None for one in outcomes),
        copies=_copies(outcomes, truth),
        wrong_copies=sum(_is_wrong_copy(one, truth) for one in outcomes),
    )


@dataclass(frozen=True, slots=True)
class _Boxes:
    instances: int
    boxes: int
    overlaps: list[float]


def _boxes(outcomes: Iterable[Outcome], truth: Truth) -> _Boxes:
    instances, drawn = 0, 0
    overlaps: list[float] = []
    for one in outcomes:
        known = truth.boxes(one.url, one.wnid)
        if not known:
            continue
        instances, drawn = instances + len(known), drawn + len(one.boxes)
        found = match_optimal(one.boxes, known, FOUND_IOU)
        overlap = iou_matrix(one.boxes, known)
        overlaps += [float(overlap[box, place]) for box, place in enumerate(found) if place >= 0]
    return _Boxes(instances, drawn, overlaps)


def _copies(outcomes: Sequence[Outcome], truth: Truth) -> Share:
    there: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    for one in outcomes:
        photograph = truth.photograph(one.url)
        if photograph and (one.verdict is Verdict.ACCEPTED or one.duplicate_of):
            there[photograph] += 1
            dropped[photograph] += one.duplicate_of is not None and not _is_wrong_copy(one, truth)
    beyond_the_first = there - Counter(set(there))
    return Share.of((dropped & beyond_the_first).total(), beyond_the_first.total())


def _is_wrong_copy(one: Outcome, truth: Truth) -> bool:
    if one.duplicate_of is None:
        return False
    photographs = {truth.photograph(one.url), truth.photograph(one.duplicate_of)}
    return None not in photographs and len(photographs) == 2
