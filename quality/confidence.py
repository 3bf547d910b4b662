"""ImageNet's dynamic consensus: a table of confidence for each synset, read off a well-voted seed sample."""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma
from typing import Any

import numpy as np

from quality.arrays import UNKNOWN, Ballots, BoolArray, FloatArray, Images, IntArray, SmallArray, tally
from quality.votes import ACCEPT, OPEN, REJECT, UNSURE, Decisions, Policy, Thresholds

POOLED_WEIGHT = 1.0  # a cell leans on all synsets together as if they were one seed image seen there


@dataclass(frozen=True, slots=True)
class ConfidenceTable:
    """P(good image | yes, no) for each synset.

    Attributes
    ----------
    table : (synsets + 1, depth + 1, depth + 1), by synset, yes and no; the last row pools all synsets and
        serves those that nobody knew when the table was made.
    ready : (synsets + 1,) bool, whether all seed images of the synset have their votes.
    """

    table: FloatArray
    ready: BoolArray

    @property
    def depth(self) -> int:
        """The most votes that a cell can hold."""
        return int(self.table.shape[1]) - 1

    def of_synset(self, synset: IntArray) -> IntArray:
        """Which row of the table speaks for a synset."""
        return np.minimum(synset, len(self.table) - 1)

    def to_json(self) -> dict[str, Any]:
        """Give the table as nested lists."""
        return {"table": self.table.tolist(), "ready": self.ready.tolist()}


class ImageNetTable(Policy[ConfidenceTable]):
    """Ask until the synset's table is convinced (Deng et al. 2009, section 3.2).

    Every image of a random seed sample gets at least `seed_votes` answers; its majority is taken for the
    truth. A table cell (y, n) holds the share of good ones among seed images of which y + n random votes
    would have been y yes and n no (hypergeometric sub-sampling). The other images wait for that, and are
    then asked until their cell passes a threshold. A cell deeper than the seed votes holds nothing, so they
    are the cap too. What the paper leaves open (thresholds, cap, smoothing) is ours: a cell is smoothed by
    one image's weight of all synsets pooled, and those by half an image each way.
    """

    spec = "imagenet"
    uses_seeds = True

    def __init__(self, thresholds: Thresholds) -> None:
        self.thresholds = thresholds

    @property
    def depth(self) -> int:
        """Cap of an image that is no seed."""
        return min(self.thresholds.cap, self.thresholds.seed_votes)

    def fit(self, ballots: Ballots) -> ConfidenceTable:
        """Make each synset's table from the seed images that have all their votes."""
        counts = tally(ballots.item, ballots.answer, ballots.n_items)
        images = ballots.images
        seed = images.seed & (images.gold == UNKNOWN)
        full = counts.sum(axis=1) >= self.thresholds.seed_votes
        lacking = np.bincount(images.synset[seed & ~full], minlength=images.n_synsets + 1)
        yes, no = counts[seed & full, :2].astype(np.int32).T
        table = _table(images.synset[seed & full], yes, no, images.n_synsets, self.depth)
        return ConfidenceTable(table, lacking == 0)

    def read(self, document: dict[str, Any]) -> ConfidenceTable:
        """Read a table."""
        return ConfidenceTable(np.array(document["table"], np.float64), np.array(document["ready"], np.bool_))

    def evidence(
        self, model: ConfidenceTable, images: Images, item: IntArray, worker: IntArray, answer: SmallArray
    ) -> FloatArray:
        """Count answers: (images, 3)."""
        return tally(item, answer, len(images))

    def judge(self, model: ConfidenceTable, images: Images, evidence: FloatArray) -> Decisions:
        """Look each image's counts up in its synset's table."""
        asked = evidence.sum(axis=1)
        row, yes, no = self._cell(model, images, evidence)
        confidence = model.table[row, yes, no]
        still = np.minimum(self._steps(model)[row, yes, no], self.depth - asked)
        still = np.maximum(still, np.where(images.seed, self.thresholds.seed_votes - asked, 0))
        waits = ~model.ready[row] & ~images.seed
        sure = [confidence >= self.thresholds.accept, confidence <= self.thresholds.reject]
        verdict = np.select([waits | (still > 0), *sure], [OPEN, ACCEPT, REJECT], UNSURE)
        return Decisions.of(images, verdict, confidence, np.where(waits, 0, still))

    def worth(self, model: ConfidenceTable, images: Images, evidence: FloatArray, worker: int) -> FloatArray:
        """Chance that the shortest unanimous way to a verdict is the one taken, for each vote on it."""
        row, yes, no = self._cell(model, images, evidence)
        wanted = self.judge(model, images, evidence).wanted
        agree = np.maximum(model.table[row, yes, no], 1 - model.table[row, yes, no])
        return np.where(wanted > 0, agree**wanted / np.maximum(wanted, 1), 0.0)

    def _cell(
        self, model: ConfidenceTable, images: Images, evidence: FloatArray
    ) -> tuple[IntArray, IntArray, IntArray]:
        # A seed image may hold more votes than a cell: then the nearest cell of the same proportion speaks.
        said = np.maximum(evidence[:, 0] + evidence[:, 1], 1)
        scale = np.minimum(1, model.depth / said)
        yes = np.rint(evidence[:, 0] * scale).astype(np.int32)
        no = np.minimum(np.rint(evidence[:, 1] * scale), model.depth - yes).astype(np.int32)
        return model.of_synset(images.synset), yes, no

    def _steps(self, model: ConfidenceTable) -> FloatArray:
        """Fewest votes from each cell to a verdict or the cap."""
        settled = (model.table >= self.thresholds.accept) | (model.table <= self.thresholds.reject)
        return fewest_votes(settled, model.depth)


def fewest_votes(settled: BoolArray, depth: int) -> FloatArray:
    """Count the votes from (yes, no) to the nearest settled cell: (..., depth + 1, depth + 1).

    Cells of `depth` votes count as settled, as nobody is asked after them.

    Examples
    --------
    >>> settled = np.zeros((4, 4), bool)
    >>> settled[2, 0] = True
    >>> steps = fewest_votes(settled, 3)
    >>> steps[[0, 1, 0, 1], [0, 0, 1, 1]].tolist()
    [2.0, 1.0, 2.0, 1.0]
    """
    steps = np.zeros(settled.shape)
    for asked in range(depth - 1, -1, -1):
        yes = np.arange(asked + 1)
        no = asked - yes
        onward = 1 + np.minimum(steps[..., yes + 1, no], steps[..., yes, no + 1])
        steps[..., yes, no] = np.where(settled[..., yes, no], 0, onward)
    return steps


def _table(synset: IntArray, yes: IntArray, no: IntArray, n_synsets: int, depth: int) -> FloatArray:
    seen = _chance_of_cells(yes, no, depth)
    good = (yes > no)[:, None, None] * seen
    shape = (n_synsets, depth + 1, depth + 1)
    all_seen, all_good = np.zeros(shape), np.zeros(shape)
    np.add.at(all_seen, synset, seen)
    np.add.at(all_good, synset, good)
    pooled = (all_good.sum(axis=0) + 0.5) / (all_seen.sum(axis=0) + 1)
    each = (all_good + POOLED_WEIGHT * pooled) / (all_seen + POOLED_WEIGHT)
    return np.concatenate([each, pooled[None]])


def _chance_of_cells(yes: IntArray, no: IntArray, depth: int) -> FloatArray:
    """(images, depth + 1, depth + 1): the chance that y + n of an image's votes are y yes and n no."""
    most = int(max((yes + no).max(initial=0), depth))
    log_factorial = np.array([lgamma(k + 1) for k in range(most + 1)])
    cells = np.arange(depth + 1, dtype=np.int32)

    def choose(total: IntArray, part: IntArray) -> FloatArray:
        possible = part <= total
        part = np.where(possible, part, 0)
        ways = log_factorial[total] - log_factorial[part] - log_factorial[total - part]
        return np.where(possible, np.exp(ways), 0.0)

    ways_yes = choose(yes[:, None], cells[None, :])[:, :, None]
    ways_no = choose(no[:, None], cells[None, :])[:, None, :]
    drawn = cells[:, None] + cells[None, :]
    ways = choose((yes + no)[:, None, None], drawn[None])
    return np.divide(
        ways_yes * ways_no, ways, out=np.zeros(np.broadcast(ways_yes, ways_no).shape), where=ways > 0
    )
