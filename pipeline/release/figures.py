"""What a run tells its report: plain counts that the store can give, before anything is derived from them.

Whatever can be counted on the released images themselves (splits, licences, boxes, selection frequencies,
overlaps) is counted while they are written, so it is not asked for here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Share:
    """``part`` of ``whole``, kept as counts so that an interval can be given."""

    part: int
    whole: int

    def __post_init__(self) -> None:
        if not 0 <= self.part <= self.whole:
            raise ValueError(f"{self.part} of {self.whole} is no share")


@dataclass(frozen=True, slots=True, kw_only=True)
class SynsetFigures:
    """One synset's way from candidates to decisions, in images unless said otherwise."""

    wnid: str
    candidates: Mapping[str, int]
    """Source name -> candidates found."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Reason -> candidates never shown to a worker (fetch failed, not an image, licence ...)."""
    duplicates: int = 0
    """Candidates dropped as copies of another."""
    accepted: int = 0
    rejected: int = 0
    unsure: int = 0
    """Vote cap reached without a decision."""
    open: int = 0
    """Still being voted on when the release was made."""
    votes_per_image: Mapping[int, int] = field(default_factory=dict)
    """Valid votes -> images that votes decided: no gold."""
    drawn: Share | None = None
    """Boxes that passed their check, of boxes drawn and checked."""
    covered: Share | None = None
    """Images whose every instance is boxed, of images sent to be boxed."""
    tries: Mapping[int, int] = field(default_factory=dict)
    """Drawing tries -> accepted boxes that took so many."""
    precision: Share | None = None
    """Accepted images that truly show the synset, of accepted images whose truth is known."""
    recall: Share | None = None
    """Accepted images, of candidates known to show the synset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindFigures:
    """One HIT kind: what was bought and how long it took."""

    kind: str
    hits: int
    assignments: int
    """Submitted."""
    paid: int
    refused: int
    """Not paid, since a person said so."""
    items: int
    """Answers in the submitted assignments, gold included."""
    held: int = 0
    """Neither paid nor refused yet: a person is to decide."""
    gold: Share | None = None
    """Labels on images of known truth that were right, of those that said yes or no; None without any."""
    median_seconds: float | None = None
    """Active seconds an item, median over submitted assignments."""
    reward_cents: int = 0
    fee_cents: int = 0
    bonus_cents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSigns:
    """What is odd about one worker's labels: evidence for people to weigh."""

    worker: str
    """A name that only whoever holds the state database can trace (``synsetter workers list --json``)."""
    labels: int
    """Label answers that were handed in."""
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryTestFigures:
    """Entry tests: how many were taken, and by how many workers they were passed."""

    taken: int
    passed: int
    pass_mark: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdFigures:
    """Everyone who worked, and what the work cost."""

    simulated: bool
    """True for a rehearsal: workers were programs, no one was paid."""
    workers: int
    kinds: tuple[KindFigures, ...]
    hourly_cents: tuple[int, int, int] | None = None
    """Wage an active hour at the 10th, 50th and 90th percentile of workers."""
    target_hourly_cents: int | None = None
    agreement: float | None = None
    """Krippendorff's alpha of labels (yes, no, unsure) on decided images; None if none differ."""
    tests: EntryTestFigures | None = None
    """None where there was no entry test."""
    signs: tuple[WorkerSigns, ...] = ()
    """Signs of programs and of not looking, those with most labels first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateFigures:
    """Near-copies that were found, when they were collected or later, and where."""

    groups: int = 0
    pairs: int = 0
    """Confirmed pairs."""
    dropped: int = 0
    """Copies recorded as duplicates of a kept picture."""
    within_synset: int = 0
    across_synsets: int = 0
    """Confirmed pairs, and copies dropped without one (at collection), inside one synset and between two."""
    judged: int = 0
    """Doubtful pairs that people decided."""
    doubtful: int = 0
    """Doubtful pairs still open."""
    sizes: Mapping[int, int] = field(default_factory=dict)
    """Pictures in a group -> groups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """All that a report needs beside the released images.

    ``truth`` names where known truth came from ("rehearsal truth", "an audit sample"), None if there is none.
    ``settings`` are the settings that decide (policy, thresholds, seed ...), shown as they are given.
    """

    title: str
    version: str
    began_at: datetime | None
    ended_at: datetime | None
    """First and last event in the state database, aware UTC."""
    policy: str
    synsets: tuple[SynsetFigures, ...]
    crowd: CrowdFigures
    duplicates: DuplicateFigures
    truth: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    """Sentences for people: what is wrong, what to do. The report adds its own."""
