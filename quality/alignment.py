"""Lay one small grey picture over a part of another: find the window, then refine it below a pixel.

Windows have no turn and no shear: crops, borders and scales are all that they undo.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quality.tiles import standardised
from quality.windows import Grey, crop_windows, look, place, sampler, whole

COARSE = 12
FINE = 32
STEPS = 8
PLAIN_STEPS = 4
# No step may move or stretch a window by more than this share of the picture: beyond it the slope misleads.
LONGEST_STEP = 0.04

WINDOWS = crop_windows()
# Windows share their few spans of an axis: a picture is resampled once for each of these.
SPANS, PLACES = np.unique(WINDOWS.reshape(-1, 2), axis=0, return_inverse=True)
SAMPLERS = sampler(SPANS[:, 0], SPANS[:, 1], COARSE)
DOWN, ACROSS = PLACES.reshape(-1, 2).T


def flat(pictures: Grey) -> Grey:
    """Give (..., side, side) pictures as (..., side * side)."""
    return pictures.reshape(*pictures.shape[:-2], pictures.shape[-2] * pictures.shape[-1])


def find_windows(outer: Grey, inner: Grey) -> tuple[Grey, Grey]:
    """Give the crop windows of outer that correlate best with inner, (n, 4), and how well, (n,)."""
    rows = SAMPLERS @ outer[:, None]
    views = rows[:, DOWN] @ SAMPLERS[ACROSS].transpose(0, 2, 1)
    target = standardised(flat(whole(inner, COARSE)))
    fit = (standardised(flat(views)) @ target[..., None])[..., 0]
    return WINDOWS[fit.argmax(axis=1)], fit.max(axis=1)


def window_fit(outer: Grey, window: NDArray[np.int64], inner: Grey) -> Grey:
    """Correlate one numbered crop window of each outer picture with the whole inner picture, (n,)."""
    down, across = SAMPLERS[DOWN[window]], SAMPLERS[ACROSS[window]]
    seen, shown = down @ outer @ across.transpose(0, 2, 1), whole(inner, COARSE)
    fit: Grey = (standardised(flat(seen)) * standardised(flat(shown))).sum(axis=1)
    return fit


def refine_windows(outer: Grey, inner: Grey, windows: Grey) -> Grey:
    """Move and stretch the windows by Gauss-Newton steps to fit inner best, gain and offset left free."""
    target = whole(inner, FINE)
    for step in range(STEPS):
        windows = windows + _step(look(outer, windows, FINE), target, windows, robust=step >= PLAIN_STEPS)
    return windows


def _step(seen: Grey, target: Grey, windows: Grey, *, robust: bool) -> Grey:
    n = len(seen)
    down, across = (np.asarray(slope) for slope in np.gradient(seen, axis=(1, 2)))
    cells = place(FINE)
    columns = [down, down * cells[:, None], across, across * cells, seen, np.ones_like(seen)]
    design = np.stack([flat(column) for column in columns], axis=1)
    wrong = flat(target - seen)
    trusted = design * trust(wrong)[:, None] if robust else design
    normal = trusted @ design.transpose(0, 2, 1)
    normal += np.eye(6, dtype=np.float32) * (1 + np.trace(normal, axis1=1, axis2=2)[:, None, None] * 1e-6)
    solved = np.linalg.solve(normal, trusted @ wrong[..., None]).reshape(n, 6)
    gain = np.maximum(1 + solved[:, 4:5], 0.2)
    moves = solved[:, :4] / gain / FINE * np.repeat(windows[:, 1::2], 2, axis=1)
    step: Grey = np.clip(moves, -LONGEST_STEP, LONGEST_STEP).astype(np.float32)
    return step


def trust(wrong: Grey) -> Grey:
    """Weigh residuals (n, p) so that a logo or a caption does not pull the window off (Geman-McClure)."""
    usual = 2 * np.median(np.abs(wrong), axis=1, keepdims=True) + 1
    weight: Grey = (1 + (wrong / usual) ** 2) ** -2
    return weight
