"""How a picture lies on the lattice of a JPEG: the multiples of its steps, in the coefficients of its blocks.

What was made from the JPEG crowds at the multiples, in whatever format it is stored (Fan and de Queiroz,
Identification of bitmap compression history, IEEE TIP 12(2), 2003). What it was made from lies anywhere in
the half step to either side of each, and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from quality.compression import Steps, own_steps
from quality.matching import BRIGHTNESS, detail_matched, tones_matched
from quality.phash import cosines
from quality.windows import Grey

# So many pixels around the centre tell enough.
LARGEST = 256
# Of unit length, as a JPEG's are.
COSINES = (cosines(8, 8) / np.where(np.arange(8), 2, math.sqrt(8))[:, None]).astype(np.float32)
# Rounding to whole levels hides finer steps, and moves coefficients by up to so many levels.
LEAST_STEP, ROUNDING = 3.0, 1.0
# Of blocks that touch black or white the tones are lost; unless so many coefficients are left, all are used.
BLACK, WHITE, ENOUGH, FEWEST = 1, 254, 200, 50
# Of a block so many tell how far it is spread.
OF_A_BLOCK = 5
# In steps squared: even spread over a step is a twelfth; beyond this nothing of the lattice shows.
LOST = 0.25
# What must crowd at the multiples: so much, and so many standard deviations of what chance does.
CROWDED, BEYOND_CHANCE = 0.05, 4.0
# Share of coefficients that may lie farther than half a step away: clipped and stamped parts do.
OUTSIDE = 0.05
# Multiples that are counted, how many of three neighbours there must be, and the most that one adds.
HIGHEST, LEAST_COUNTS, LARGEST_DEPARTURE = 14, 24, 100.0
LEAST_TERMS = 4


class Fit(NamedTuple):
    """How a picture lies on the lattice of another, over the coefficients that the other has kept."""

    steps: float
    """The mean step, in levels."""
    outside: float
    """The share that lies farther than half a step from the kept multiple."""
    spread: float
    """The mean square of the distance in the middle block, in steps."""
    crowding: float
    """The mean cosine of the distance: 1 on the multiples, 0 if spread evenly."""
    certain: float
    """How much crowding is beyond chance."""
    strength: float
    """How strong the picture's coefficients are where the other's are strongest, relative to those."""

    @property
    def crowded(self) -> bool:
        """Tell whether the multiples of the lattice show, so that this picture was made from the other."""
        return self.spread < LOST and self.crowding >= self.certain

    @property
    def within(self) -> bool:
        """Tell whether the other can have been made from this picture."""
        return self.outside <= OUTSIDE


def fit_to(owner: Image.Image, picture: Image.Image, *, filtered: bool = False) -> Fit | None:
    """Lay a picture on the lattice of a JPEG of the same size; None if too little is left of either."""
    table = own_steps(owner)
    if table is None or min(owner.size) < 8:
        return None
    seen, kept = middle(picture), middle(owner)
    target, steps = np.rint(kept @ BRIGHTNESS), table.ravel()
    matched = tones_matched(seen, kept, target)
    if filtered:
        matched = detail_matched(matched, target)
    coefficients, multiples = _blocks(matched), _multiples(target, steps)
    told = (multiples != 0) & (steps >= LEAST_STEP)
    told[:, 0] = False
    whole = ~(_clipped(seen) | _clipped(kept))
    if told[whole].sum() >= ENOUGH:
        told &= whole[:, None]
    if told.sum() < FEWEST:
        return None
    step = np.broadcast_to(steps, told.shape)[told]
    kept_there, found = (multiples * steps)[told], coefficients[told]
    away = (found - kept_there) / step
    strong = np.abs(kept_there) >= np.percentile(np.abs(kept_there), 90)
    return Fit(
        float(step.mean()),
        float((np.abs(away) > 0.5 + ROUNDING / step).mean()),
        _usual(away**2, told),
        float(np.cos(2 * np.pi * away).mean()),
        max(CROWDED, BEYOND_CHANCE * math.sqrt(0.5 / len(away))),
        float((kept_there[strong] * found[strong]).sum() / (kept_there[strong] ** 2).sum()),
    )


def _usual(squares: Grey, told: NDArray[np.bool_]) -> float:
    """Average over each block, and give what the middle one has: a part that was edited counts little."""
    numbers = told.sum(axis=1)
    block = np.repeat(np.arange(len(told)), numbers)
    means = np.bincount(block, squares, minlength=len(told)) / np.maximum(numbers, 1)
    return float(np.median(means[numbers >= min(OF_A_BLOCK, numbers.max())]))


def middle(image: Image.Image) -> Grey:
    """Cut out whole blocks around the centre, (h, w, 3) levels."""
    height, width = (min(side, LARGEST) // 8 * 8 for side in (image.height, image.width))
    top, left = (image.height // 8 * 8 - height) // 16 * 8, (image.width // 8 * 8 - width) // 16 * 8
    return np.asarray(image.crop((left, top, left + width, top + height)).convert("RGB"), dtype=np.float32)


def _quantised(jpeg: Image.Image) -> tuple[Steps, Grey]:
    """Give the steps of a JPEG, (64,), and the multiples of them that it keeps, (blocks, 64)."""
    steps = own_steps(jpeg)
    assert steps is not None
    return steps.ravel(), _multiples(np.rint(middle(jpeg) @ BRIGHTNESS), steps.ravel())


def _multiples(brightness: Grey, steps: Steps) -> Grey:
    """Give the multiples of the steps, (64,), that are nearest to brightness (h, w), (blocks, 64)."""
    multiples: Grey = np.rint(_blocks(brightness) / steps)
    return multiples


def _blocks(brightness: Grey) -> Grey:
    """Transform brightness (h, w) block by block, (blocks, 64)."""
    height, width = (side // 8 for side in brightness.shape)
    blocks = brightness.reshape(height, 8, width, 8).transpose(0, 2, 1, 3)
    coefficients: Grey = (COSINES @ blocks @ COSINES.T).reshape(-1, 64)
    return coefficients


def _clipped(levels: Grey) -> NDArray[np.bool_]:
    """Tell which blocks of (h, w, 3) levels touch black or white, (blocks,)."""
    at_end = ((levels <= BLACK) | (levels >= WHITE)).any(axis=2)
    height, width = (side // 8 for side in at_end.shape)
    touched: NDArray[np.bool_] = at_end.reshape(height, 8, width, 8).any(axis=(1, 3)).ravel()
    return touched


def roughness(left: Image.Image, right: Image.Image) -> tuple[float, float]:
    """Measure how far the histograms of two JPEGs' multiples depart from smooth ones, 0 if too few tell.

    Frequencies whose steps have the same ratio are counted together: what the second lattice did to the
    first depends on the ratio alone.
    """
    (steps, multiples), (other_steps, other_multiples) = _quantised(left), _quantised(right)
    ratio = np.rint(20 * np.log(other_steps / steps))
    told = (np.minimum(steps, other_steps) >= 2) & (ratio != 0) & (np.arange(64) > 0)
    ratios = [told & (ratio == alike) for alike in np.unique(ratio[told])]
    return _mean_departure(multiples, ratios), _mean_departure(other_multiples, ratios)


def _mean_departure(multiples: Grey, frequencies: Sequence[NDArray[np.bool_]]) -> float:
    """Average over histograms how far counts depart from smooth ones, in variances; 0 if too few tell."""
    found = np.concatenate([np.empty(0), *(_departures(multiples[:, told]) for told in frequencies)])
    return float(found.mean()) if len(found) >= LEAST_TERMS else 0.0


def _departures(numbers: Grey) -> NDArray[np.float64]:
    """Square how far each count of multiples is from the geometric mean of its neighbours, in variances."""
    counts = np.bincount(
        np.minimum(np.abs(numbers), HIGHEST).astype(np.int64).ravel(), minlength=HIGHEST + 1
    )[1:HIGHEST].astype(float)
    enough = counts[:-2] + counts[1:-1] + counts[2:] >= LEAST_COUNTS
    end = len(enough) if enough.all() else int(enough.argmin())
    before, count, after = (counts[start : start + end] + 0.5 for start in range(3))
    expected = np.sqrt(before * after)
    variance = 1 / np.maximum(expected, 0.5) + 0.25 / before + 0.25 / after
    departures: NDArray[np.float64] = np.minimum(np.log(count / expected) ** 2 / variance, LARGEST_DEPARTURE)
    return departures
