"""report.json: the run's figures, what was released, and what follows from both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from pipeline.release.figures import KindFigures, RunFigures, Share
from pipeline.release.findings import Finding, findings
from pipeline.release.images import ReleaseSynset
from pipeline.release.tally import SynsetTally, Tally
from quality.intervals import wilson
from quality.summary import seconds_per_accepted_box

BOX_KINDS = ("draw_box", "check_box", "check_coverage")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its 95 % Wilson interval."""

    part: int
    whole: int
    share: float
    low: float
    high: float


def estimate(share: Share | None) -> Estimate | None:
    """The interval of a share, None where nothing was counted."""
    if share is None or share.whole == 0:
        return None
    low, high = wilson(share.part, share.whole)
    return Estimate(share.part, share.whole, share.part / share.whole, float(low), float(high))


def together(shares: Iterable[Share | None]) -> Share | None:
    """The shares counted as one, None if there are none."""
    known = [share for share in shares if share is not None]
    return Share(sum(s.part for s in known), sum(s.whole for s in known)) if known else None


@dataclass(frozen=True)
class Report:
    """A run and its release, with what follows from them."""

    figures: RunFigures
    tally: Tally
    synsets: Sequence[ReleaseSynset]

    @cached_property
    def findings(self) -> list[Finding]:
        """What an auditor should look at first."""
        return findings(self.figures, self.tally, self.synsets, self.precision)

    @property
    def warnings(self) -> list[str]:
        """The findings as sentences."""
        return [finding.text for finding in self.findings]

    @cached_property
    def precision(self) -> Estimate | None:
        """Accepted labels that are right, where truth is known."""
        return estimate(together(synset.precision for synset in self.figures.synsets))

    @cached_property
    def recall(self) -> Estimate | None:
        """Candidates that show their synset and were accepted, where truth is known."""
        return estimate(together(synset.recall for synset in self.figures.synsets))

    @cached_property
    def drawn(self) -> Estimate | None:
        """Drawn boxes that passed their check."""
        return estimate(together(synset.drawn for synset in self.figures.synsets))

    @cached_property
    def covered(self) -> Estimate | None:
        """Images sent to be boxed whose every instance is boxed."""
        return estimate(together(synset.covered for synset in self.figures.synsets))

    @property
    def claimed(self) -> float:
        """Mean confidence that the voting policy claimed for the released labels."""
        return sum(synset.confidence for synset in self.tally.synsets.values()) / self.tally.images

    def kind(self, name: str) -> KindFigures | None:
        """The figures of one HIT kind, if it was used."""
        return next((kind for kind in self.figures.crowd.kinds if kind.kind == name), None)

    @property
    def flow(self) -> dict[str, int]:
        """Candidates at each step of the way, in images."""
        synsets = self.figures.synsets
        found = sum(sum(synset.candidates.values()) for synset in synsets)
        refused = sum(sum(synset.refused.values()) for synset in synsets)
        rejected, unsure = sum(s.rejected for s in synsets), sum(s.unsure for s in synsets)
        accepted, still_open = sum(s.accepted for s in synsets), sum(s.open for s in synsets)
        return {
            "candidates": found,
            "refused": refused,
            "voted_on": accepted + rejected + unsure + still_open,
            "rejected": rejected,
            "unsure": unsure,
            "open": still_open,
            "accepted": accepted,
            "duplicates": sum(synset.duplicates for synset in synsets),
            "released": self.tally.images,
            "fully_boxed": sum(synset.boxed["complete"] for synset in self.tally.synsets.values()),
        }

    @property
    def votes(self) -> dict[str, float | int | None]:
        """Votes on images that votes decided, gold excluded."""
        pairs = [pair for synset in self.figures.synsets for pair in synset.votes_per_image.items()]
        images, votes = sum(count for _, count in pairs), sum(n * count for n, count in pairs)
        return {"votes": votes, "images": images, "per_image": votes / images if images else None}

    @property
    def cost(self) -> dict[str, float | int | None]:
        """Cents, rewards, fees and bonuses together; and what one accepted box takes, redraws included."""
        cents = sum(cents_of(kind) for kind in self.figures.crowd.kinds)
        box_cents = sum(cents_of(kind) for kind in self.figures.crowd.kinds if kind.kind in BOX_KINDS)
        boxes = self.drawn.part if self.drawn else self.tally.boxes
        return {
            "cents": cents,
            "cents_per_image": cents / self.tally.images,
            "box_cents": box_cents,
            "accepted_boxes": boxes,
            "cents_per_accepted_box": box_cents / boxes if boxes else None,
            "seconds_per_pass": self._seconds(1.0),
            "seconds_per_accepted_box": self._seconds(self.drawn.share) if self.drawn else None,
        }

    def _seconds(self, acceptance: float) -> float | None:
        draw, verify, coverage = (
            kind.median_seconds if (kind := self.kind(name)) else None for name in BOX_KINDS
        )
        if draw is None or verify is None or coverage is None or acceptance == 0:
            return None
        return seconds_per_accepted_box(draw, verify, coverage, acceptance)

    def to_json(self) -> str:
        """report.json: ``derived`` can be recomputed from ``run``, ``release`` from manifest.jsonl."""
        document = {
            "derived": {
                "flow": self.flow,
                "precision": self.precision,
                "recall": self.recall,
                "claimed_precision": self.claimed,
                "drawn": self.drawn,
                "covered": self.covered,
                "votes": self.votes,
                "cost": self.cost,
            },
            "findings": self.findings,
            "release": self._released(),
            "run": self.figures,
        }
        return json.dumps(_plain(document), ensure_ascii=False, indent=1) + "\n"

    def _released(self) -> dict[str, Any]:
        tally = self.tally
        return {
            "images": tally.images,
            "boxes": tally.boxes,
            "bytes": tally.bytes,
            "splits": {
                name: {"images": count, "boxes": tally.split_boxes[name]}
                for name, count in tally.splits.items()
            },
            "licenses": tally.licenses,
            "sources": tally.sources,
            "languages": tally.languages,
            "object_scales": tally.scales,
            "overlaps": {"count": tally.overlap_count, "listed": tally.overlaps},
            "synsets": {synset.wnid: _synset(tally.of(synset.wnid)) for synset in self.synsets},
        }


def cents_of(kind: KindFigures) -> int:
    """All that a HIT kind cost."""
    return kind.reward_cents + kind.fee_cents + kind.bonus_cents


def _synset(tally: SynsetTally) -> dict[str, Any]:
    return {
        "images": tally.images,
        "splits": tally.splits,
        "boxed": tally.boxed,
        "boxes": tally.boxes,
        "instances": tally.instances,
        "selection_frequencies": tally.frequencies,
        "mean_confidence": tally.mean_confidence,
    }


def _plain(value: object) -> Any:
    """JSON values, mappings in the order of their keys, shares to six digits."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return round(value, 6) if isinstance(value, float) else value
