"""What an auditor should look at first: sentences that follow from the figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.release.amounts import count, dollars, percent
from pipeline.release.figures import CrowdFigures, DuplicateFigures, RunFigures, SynsetFigures
from pipeline.release.images import ReleaseSynset
from pipeline.release.tally import Tally

WANTED_PRECISION = 0.97
TOLERATED_UNSURE = 0.25
TOLERATED_UNBOXED = 0.05
TOLERATED_REFUSALS = 0.05
FEW_IMAGES = 10
NAMED = 6
"""Synsets named in one finding; the table shows all."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence, and the section of the report that shows why."""

    text: str
    section: str


class Interval(Protocol):
    """A share and its lower bound."""

    @property
    def share(self) -> float:
        """The share as counted."""

    @property
    def low(self) -> float:
        """Its lower bound."""


def findings(
    figures: RunFigures, tally: Tally, synsets: Sequence[ReleaseSynset], precision: Interval | None
) -> list[Finding]:
    """Everything worth a look, the run's own warnings first."""
    words = {synset.wnid: synset.words[0] for synset in synsets}
    return [
        *(Finding(text, "overview") for text in figures.warnings),
        *_labels(figures, precision),
        *_synsets(figures.synsets, tally, words),
        *_boxes(figures.synsets, tally),
        *_duplicates(figures.duplicates),
        *_crowd(figures.crowd),
        *_origins(tally),
    ]


def _labels(figures: RunFigures, precision: Interval | None) -> Iterator[Finding]:
    if precision is None:
        text = "Nobody has re-judged accepted images: their precision is what the voting policy claims."
        yield Finding(text, "labels")
    elif precision.low < WANTED_PRECISION:
        right, least = percent(precision.share), percent(precision.low)
        yield Finding(f"{right} of accepted labels are right; it could be as few as {least}.", "labels")
    if left := sum(synset.open for synset in figures.synsets):
        yield Finding(f"{count(left, 'image')} still being voted on: not in this version.", "labels")


def _synsets(synsets: Sequence[SynsetFigures], tally: Tally, words: Mapping[str, str]) -> Iterator[Finding]:
    def named(chosen: Iterable[tuple[str, str]]) -> str:
        pairs = [f"{words.get(wnid, wnid)} ({figure})" for wnid, figure in chosen]
        more = f" and {len(pairs) - NAMED} more" if len(pairs) > NAMED else ""
        return ", ".join(pairs[:NAMED]) + more

    unclear = [(s.wnid, percent(s.unsure / _decided(s))) for s in synsets if _is_unclear(s)]
    if unclear:
        yield Finding(f"Often left unsure: {named(unclear)}. Can it be pictured?", "synsets")
    few = [(s.wnid, str(count)) for s in synsets if (count := tally.of(s.wnid).images) < FEW_IMAGES]
    if few:
        yield Finding(f"Fewer than {FEW_IMAGES} pictures: {named(few)}.", "synsets")
    gaps = [(wnid, ", ".join(missing)) for wnid, missing in _gaps(tally)]
    if gaps:
        yield Finding(f"Without pictures in a split: {named(gaps)}.", "splits")


def _decided(synset: SynsetFigures) -> int:
    return synset.accepted + synset.rejected + synset.unsure


def _is_unclear(synset: SynsetFigures) -> bool:
    return synset.unsure > TOLERATED_UNSURE * _decided(synset)


def _gaps(tally: Tally) -> Iterator[tuple[str, list[str]]]:
    for wnid, synset in tally.synsets.items():
        if missing := sorted(tally.splits.keys() - synset.splits.keys()):
            yield wnid, missing


def _boxes(synsets: Sequence[SynsetFigures], tally: Tally) -> Iterator[Finding]:
    if (waiting := sum(synset.accepted for synset in synsets) - tally.images) > 0:
        yield Finding(f"{count(waiting, 'accepted image')} still being boxed: not in this version.", "boxes")
    incomplete = sum(synset.images - synset.boxed["complete"] for synset in tally.synsets.values())
    if incomplete > TOLERATED_UNBOXED * tally.images:
        pictures = f"{count(incomplete, 'picture')} ({percent(incomplete / tally.images)})"
        yield Finding(f"{pictures} not known to be fully boxed: for labels only.", "boxes")
    if tally.overlap_count:
        pairs = count(tally.overlap_count, "pair")
        yield Finding(f"{pairs} of boxes of one class, more than half shared: one object twice?", "boxes")


def _duplicates(duplicates: DuplicateFigures) -> Iterator[Finding]:
    if duplicates.doubtful:
        yield Finding(f"{count(duplicates.doubtful, 'doubtful pair')} for a person to judge.", "duplicates")


def _crowd(crowd: CrowdFigures) -> Iterator[Finding]:
    target = crowd.target_hourly_cents
    if crowd.hourly_cents and target and crowd.hourly_cents[1] < target:
        half, aim = dollars(crowd.hourly_cents[1]), dollars(target)
        yield Finding(f"Half the workers earned less than {half} an hour; the aim was {aim}.", "crowd")
    refused = sum(kind.refused for kind in crowd.kinds)
    submitted = sum(kind.assignments for kind in crowd.kinds)
    if refused > TOLERATED_REFUSALS * submitted:
        share = f"{refused:,} of {count(submitted, 'assignment')}"
        yield Finding(f"{share} were refused pay: check that each was fraud.", "crowd")
    if held := sum(kind.held for kind in crowd.kinds):
        yield Finding(f"{count(held, 'assignment')} held: a person is to pay or refuse each.", "crowd")


def _origins(tally: Tally) -> Iterator[Finding]:
    if unknown := tally.licenses[""]:
        yield Finding(
            f"{count(unknown, 'picture')} without a licence on record: clear before publishing.", "origins"
        )
