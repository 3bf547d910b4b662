"""Bring a picture to the tones and the sharpness of a copy of it, to see what is left between the two."""

from __future__ import annotations

from operator import itemgetter

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from quality.windows import Grey

BRIGHTNESS = np.array([0.299, 0.587, 0.114], np.float32)
# Levels to either side that are smoothed together.
SMOOTH = 4
# Pixels to either side that sharpen or soften.
REACH = 3
# A curve must come nearer by this ratio.
FLATTENING = 1.2


def tones_matched(seen: Grey, kept: Grey, target: Grey) -> Grey:
    """Give the brightness of a picture with the tones of another: of its colours, or as a whole, as fits.

    Parameters
    ----------
    seen, kept
        (h, w, 3) the levels of both.
    target
        (h, w) the brightness of the other.
    """
    brightness = seen @ BRIGHTNESS
    by_colour = np.stack([_curve(seen[..., k], kept[..., k]) for k in range(3)], axis=2) @ BRIGHTNESS
    as_it_is, *curved = (
        (one, _distance(one, target)) for one in (brightness, by_colour, _curve(brightness, target))
    )
    nearest = min(curved, key=itemgetter(1))
    # Where detail is lost a curve comes nearer by flattening the rest.
    return (as_it_is if as_it_is[1] < FLATTENING * nearest[1] else nearest)[0]


def _distance(brightness: Grey, target: Grey) -> float:
    return float(((brightness - target) ** 2).mean())


def _curve(levels: Grey, target: Grey) -> Grey:
    """Give each level what the target has there on average, smoothed about a straight line."""
    centred = levels - levels.mean()
    slope = float((centred * target).sum() / max(float((centred**2).sum()), 1e-6))
    start = float(target.mean() - slope * levels.mean())
    at = np.clip(np.rint(levels), 0, 255).astype(np.int64)
    window = np.ones(2 * SMOOTH + 1)
    off = np.bincount(at.ravel(), (target - slope * at - start).ravel(), minlength=256)
    number = np.convolve(np.bincount(at.ravel(), minlength=256), window, "same")
    curve = slope * np.arange(256) + start + np.convolve(off, window, "same") / np.maximum(number, 1)
    matched: Grey = curve[at].astype(np.float32)
    return matched


def detail_matched(brightness: Grey, target: Grey) -> Grey:
    """Sharpen or soften a picture by the symmetric filter that brings it nearest to another."""
    height, width = brightness.shape
    padded = np.pad(brightness, REACH, mode="reflect" if min(height, width) > REACH else "edge")
    seen = sliding_window_view(padded, (height, width))
    places = np.arange(-REACH, REACH + 1)
    rings = np.sort(np.abs(np.stack(np.meshgrid(places, places, indexing="ij"))), axis=0)
    names = rings[1] * (REACH + 1) + rings[0]
    sums = [seen[names == name].sum(axis=0).ravel() for name in np.unique(names)]
    terms = np.stack([*sums, np.ones(height * width, np.float32)]).astype(np.float64)
    weights = np.linalg.lstsq(terms @ terms.T, terms @ target.ravel(), rcond=1e-9)[0]
    matched: Grey = (weights @ terms).reshape(height, width).astype(np.float32)
    return matched
