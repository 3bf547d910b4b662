"""Which of two copies was made from the other, as far as JPEG has left its traces in them.

Tones are matched before, and the larger picture is brought to the size of the smaller: so neither brightening
nor scaling up hides what a copy was made from.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops

from quality.compression import is_lossy, own_steps
from quality.lattice import CROWDED, LOST, OUTSIDE, Fit, fit_to, middle, roughness

# A source lies so many times as far outside as its copy does.
FAR_MORE = 4.0
# Finer steps than the source's leave at most this mean square of the source's, in steps; an even spread a
# twelfth. The source's spread over the finer steps is greater by this ratio, and at least so much.
FINER, RATIO, LEAST_SPREAD = 0.065, 1.5, 0.05
# Mean square, in standard deviations, by which histograms depart from smooth ones: once quantised, and twice.
ONCE, TWICE, ROUGHER = 4.5, 5.0, 2.0
# Histograms tell of steps that differ by less than this ratio; below the first, steps are the same.
ALIKE, NEARLY_ALIKE = 1.05, 1.6
# How strong the strongest coefficients of a copy in a lossy format are. Those of the source of a sharpened
# or blurred picture depart more.
WEAKEST, STRONGEST = 0.8, 1.05


def descent(left: Image.Image, right: Image.Image) -> int:
    """Tell whether the left picture was made from the right one (1), it from the left (-1), or nothing (0).

    Both as they were decoded, at full size, and known to be copies of one picture that lie the same way
    round. But for equal pictures, one must be a JPEG for anything to be told.
    """
    if left.size == right.size:
        return _of_one_size(left, right)
    if left.width >= right.width and left.height >= right.height:
        return int(_was_scaled_up(left, right))
    if left.width <= right.width and left.height <= right.height:
        return -int(_was_scaled_up(right, left))
    return 0


def _was_scaled_up(larger: Image.Image, smaller: Image.Image) -> bool:
    if own_steps(smaller) is None:
        return False
    fit = fit_to(smaller, larger.convert("RGB").resize(smaller.size, Image.Resampling.LANCZOS), filtered=True)
    return fit is not None and fit.crowded


def _of_one_size(left: Image.Image, right: Image.Image) -> int:
    if _are_equal(left, right):
        # What drops something does not give back every level: it was there first, and JPEG before all.
        return int(np.sign(_dropping(right) - _dropping(left)))
    on_left, on_right = fit_to(left, right), fit_to(right, left)
    if own_steps(left) is not None and own_steps(right) is not None:
        return _of_two_jpegs(left, right, on_left, on_right)
    if on_right is not None:
        return _beside_jpeg(on_right, left)
    return -_beside_jpeg(on_left, right) if on_left is not None else 0


def _are_equal(left: Image.Image, right: Image.Image) -> bool:
    # The middle alone may be plain, and says nothing then.
    if not np.array_equal(middle(left), middle(right)):
        return False
    return ImageChops.difference(left.convert("RGB"), right.convert("RGB")).getbbox() is None


def _dropping(image: Image.Image) -> int:
    return int(is_lossy(image)) + int(own_steps(image) is not None)


def _beside_jpeg(fit: Fit, other: Image.Image) -> int:
    """Tell of a picture that is no JPEG whether it was made from the one on whose lattice it lies."""
    if fit.crowded:
        return 1
    if fit.spread < LOST:
        return -int(fit.within)
    # It is farther away than the JPEG can be from what it was made from: whatever that was, it is worse.
    return int(is_lossy(other) and WEAKEST <= fit.strength <= STRONGEST)


def _of_two_jpegs(left: Image.Image, right: Image.Image, on_left: Fit | None, on_right: Fit | None) -> int:
    if on_left is None or on_right is None:
        return 0
    if on_left.within and on_right.within:
        return _either_way(left, right, on_left, on_right)
    return int(_only_one_way(on_left, on_right)) - int(_only_one_way(on_right, on_left))


def _either_way(left: Image.Image, right: Image.Image, on_left: Fit, on_right: Fit) -> int:
    rough_left, rough_right = roughness(left, right)
    told = int(_came_second(on_left, on_right, rough_left, rough_right)) - int(
        _came_second(on_right, on_left, rough_right, rough_left)
    )
    coarser = max(on_left, on_right, key=lambda fit: fit.steps)
    if told or not ALIKE < coarser.steps / min(on_left.steps, on_right.steps) < NEARLY_ALIKE:
        return told
    # So near to one another they share what came before, and the coarser has lost more.
    return 1 if coarser is on_left else -1


def _came_second(own: Fit, other: Fit, own_roughness: float, other_roughness: float) -> bool:
    """Tell whether ours came second, of two JPEGs each of which can have been made from the other.

    `own` is how the other lies on our lattice, `other` how we lie on its.
    """
    alike = 1 / NEARLY_ALIKE < own.steps / other.steps < NEARLY_ALIKE
    if alike and other_roughness < ONCE and own_roughness > max(TWICE, ROUGHER * other_roughness):
        return True
    finer = other.spread <= FINER and own.spread >= max(LEAST_SPREAD, RATIO * other.spread)
    return finer and other.crowding > own.crowding


def _only_one_way(own: Fit, other: Fit) -> bool:
    """Tell whether ours was made from the other, of two JPEGs one of which was not made from the other."""
    if own.within:
        return other.outside >= OUTSIDE + FAR_MORE * own.outside and own.crowding < 2 * CROWDED
    return not other.within and other.crowded and own.crowding < other.crowding - CROWDED
