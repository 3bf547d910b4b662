"""Counts of what was really written, kept while the pictures stream by."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from dataclasses import dataclass, field

from pipeline.release.images import Box, Boxed, ReleaseImage
from quality.boxes import iou_matrix, overlapping_pairs
from quality.summary import frequency_histogram, object_scales

SAMPLES = 6
"""Sample pictures a synset. The first by SHA-256, which is as good as drawn at random."""
LEAST_SURE = 12
"""Pictures shown because people were least sure of them."""
REVIEWED = 200
"""Overlapping pairs listed by name; all are counted."""


@dataclass(slots=True)
class SynsetTally:
    """What one synset has in the release."""

    splits: Counter[str] = field(default_factory=Counter)
    boxed: Counter[str] = field(default_factory=Counter)
    instances: Counter[int] = field(default_factory=Counter)
    frequencies: list[int] = field(default_factory=lambda: [0] * 5)
    confidence: float = 0.0
    boxes: int = 0
    samples: list[ReleaseImage] = field(default_factory=list)

    @property
    def images(self) -> int:
        """Pictures of the synset."""
        return self.splits.total()

    @property
    def mean_confidence(self) -> float | None:
        """Mean claimed confidence, None without pictures."""
        return self.confidence / self.images if self.images else None


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two boxes of one picture that may be one object."""

    file: str
    width: int
    height: int
    first: Box
    second: Box
    iou: float


@dataclass(slots=True)
class Tally:
    """What the whole release has; its size does not grow with the number of pictures."""

    synsets: dict[str, SynsetTally] = field(default_factory=dict)
    splits: Counter[str] = field(default_factory=Counter)
    split_boxes: Counter[str] = field(default_factory=Counter)
    licenses: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    scales: list[int] = field(default_factory=lambda: [0] * 5)
    overlaps: list[Overlap] = field(default_factory=list)
    overlap_count: int = 0
    least_sure: list[ReleaseImage] = field(default_factory=list)
    bytes: int = 0

    @property
    def images(self) -> int:
        """Lines of the manifest."""
        return self.splits.total()

    @property
    def boxes(self) -> int:
        """Boxes in all splits."""
        return self.split_boxes.total()

    @property
    def frequencies(self) -> list[int]:
        """Pictures by selection frequency, over all synsets."""
        histograms = (synset.frequencies for synset in self.synsets.values())
        return [sum(column) for column in zip(*histograms, strict=True)]

    def of(self, wnid: str) -> SynsetTally:
        """What the release has of a synset, which may be nothing."""
        return self.synsets.get(wnid, SynsetTally())

    def add(self, image: ReleaseImage, size: int) -> None:
        """Count a picture that was written with ``size`` bytes."""
        self.splits[image.split] += 1
        self.split_boxes[image.split] += len(image.boxes)
        self.licenses[image.license or ""] += 1
        self.sources[image.source] += 1
        self.languages[image.language or ""] += 1
        self.bytes += size
        if any(image.votes):
            self._keep_if_unsure(image)
        self._add_to_synset(self.synsets.setdefault(image.wnid, SynsetTally()), image)
        if image.boxes:
            self._add_boxes(image)

    def _add_to_synset(self, synset: SynsetTally, image: ReleaseImage) -> None:
        synset.splits[image.split] += 1
        synset.boxed[image.boxed.value] += 1
        synset.boxes += len(image.boxes)
        synset.confidence += image.confidence
        if image.boxed is Boxed.COMPLETE:
            synset.instances[len(image.boxes)] += 1
        if any(image.votes):
            _add_histogram(synset.frequencies, frequency_histogram([image.selection_frequency]).tolist())
        if len(synset.samples) < SAMPLES:
            synset.samples.append(image)

    def _keep_if_unsure(self, image: ReleaseImage) -> None:
        def sureness(image: ReleaseImage) -> tuple[float, float, str]:
            return image.selection_frequency, image.confidence, image.sha256

        if len(self.least_sure) < LEAST_SURE or sureness(image) < sureness(self.least_sure[-1]):
            insort(self.least_sure, image, key=sureness)
            del self.least_sure[LEAST_SURE:]

    def _add_boxes(self, image: ReleaseImage) -> None:
        scales = object_scales(image.boxes, image.width, image.height)
        _add_histogram(self.scales, frequency_histogram(scales).tolist())
        if len(image.boxes) > 1:
            pairs = overlapping_pairs(image.boxes)
            self.overlap_count += len(pairs)
            for i, j in pairs[: REVIEWED - len(self.overlaps)].tolist():
                first, second = image.boxes[i], image.boxes[j]
                iou = round(float(iou_matrix([first], [second])[0, 0]), 3)
                self.overlaps.append(Overlap(image.file, image.width, image.height, first, second, iou))


def _add_histogram(total: list[int], more: list[int]) -> None:
    total[:] = [a + b for a, b in zip(total, more, strict=True)]
