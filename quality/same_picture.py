"""Are two images copies of one picture? The probability, from their signatures laid over one another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quality.alignment import find_windows, flat, refine_windows
from quality.edit_marks import edited
from quality.signature import (
    CHROMA,
    LOOK_BYTES,
    Signatures,
    chroma_of,
    frames_of,
    grey_of,
    is_plain,
    paper_of,
    same_pixels,
)
from quality.tiles import (
    LOW_TEXTURE_SHARE,
    Floats,
    Tiles,
    at_sharpness,
    compare_tiles,
    sharpness,
    standardised,
)
from quality.windows import IDENTITY, SIDE, Grey, look, whole, within

BLOCK = 64
# Tiles are compared at three sizes of the picture, an octave apart: the side, and the side of a tile there.
LEVELS = {64: 8, 32: 4, 16: 4}
LOW_TEXTURE_CHANCE = 0.9
SAME_LEVELS = 6.0
CONVINCING = 0.99
# Pairs less likely than this under the best crop are different pictures, but for those that agree in so many
# tiles as they lie: copies under a banner do in half of them, pictures alike by chance in a third at most.
HOPELESS, COVERED = 1e-7, 0.4
# Colours are compared on so many cells a side.
COLOUR_CELLS = 8
# Fitted by `benchmarks/copy_probability.py` on edited copies against parts of other photographs. An overlap
# of less than half is no crop that the search looks for, more than half is not the better for it.
WEIGHTS = {"tiles": 16.0, "spread": 6.0, "root": 21.0, "colour": -0.24, "overlap": 24.0}
INTERCEPT = -44.0
LEAST_OVERLAP, MOST_OVERLAP = 0.2, 0.5
# A picture with so much of one level was drawn or cut out: there the little that differs is what matters, and
# copies that differ so much in tiles or colour go to people.
PAPER, LITTLE_DIFFERENT, LITTLE_RECOLOURED = 0.3, 0.005, 8.0
# Of pictures of such unequal sharpness so little can be compared that it has to agree well.
FAR_APART, CLOSE_MATCH = 1.0, 0.95
SURE, DOUBTFUL = 0.95, 0.1

Rows = NDArray[np.int64]


class Agreement(NamedTuple):
    """How well pairs of pictures agree once aligned, (n,) each; tiles at the sharpness of the less sharp."""

    probability: Floats
    """That both are copies of one picture."""
    tiles: Floats
    """Share of the textured tiles that agree."""
    agreeing: Floats
    """Share of all tiles that agree."""
    spread: Floats
    """Share of the rows or columns, whichever are fewer, with a tile that agrees."""
    different: Floats
    """Share of all tiles that have texture and do not agree, or have it in one picture only."""
    difference: Floats
    """Mean difference of the grey levels, over the overlap."""
    correlation: Floats
    """Of the grey levels, over the overlap, at the sharpness of the less sharp."""
    textured: Floats
    """Share of the tiles that have texture in both at full sharpness."""
    octaves: Floats
    """How much sharper the outer picture is, in halvings of the resolution."""
    colour: Floats
    """Difference of the colours over the overlap once one saturation fits both, in levels."""
    recoloured: Floats
    """The same, saturation and all."""
    overlap: Floats
    """Share of one picture that the other shows; negative when b shows more than a."""
    edited: Floats
    """How edited a looks against b, in shares of tiles; negative when it is b; 0 of different pictures."""
    identical: NDArray[np.bool_]
    """Whether the signatures are equal; of plain pictures, whether the pixels are."""

    def numbers(self, at: int) -> dict[str, float]:
        """Give one pair's measures by name."""
        return {name: float(column[at]) for name, column in self._asdict().items()}


def compare(a: Signatures, b: Signatures) -> float:
    """Give the probability that two signatures are of one picture."""
    return float(agreement(a[None], b[None]).probability[0])


def agreement(a: Signatures, b: Signatures) -> Agreement:
    """Align and measure n pairs of signatures, one laid over the other whichever way round fits better."""
    starts = range(0, max(len(a), 1), BLOCK)
    blocks = [_best(a[start : start + BLOCK], b[start : start + BLOCK]) for start in starts]
    return Agreement(*(np.concatenate(column) for column in zip(*blocks, strict=True)))


def _best(a: Signatures, b: Signatures) -> Agreement:
    """Measure under the crop that fits best, and where that does not convince, under no crop at all.

    A logo in a corner makes the crop that leaves it out fit better than the truth. Of two that cover one
    another exactly either may be laid over the other, and a refinement that leads astray one way round need
    not do so the other way: the better counts, so that it does not matter which picture comes first.
    """
    found = measure(a, b, *search(a, b))
    weak = np.flatnonzero(found.probability < CONVINCING)
    windows, swap = uncut(a[weak], b[weak])
    covered = agreeing_tiles(a[weak], b[weak], windows, swap) >= COVERED
    hopeful = covered | (found.probability[weak] >= HOPELESS)
    weak, windows, swap = weak[hopeful], windows[hopeful], swap[hopeful]
    _improve(found, a, b, weak, windows, swap)
    exact = (windows == IDENTITY).all(axis=1) & (found.probability[weak] < CONVINCING)
    _improve(found, a, b, weak[exact], windows[exact], ~swap[exact])
    return found


def _improve(
    found: Agreement, a: Signatures, b: Signatures, rows: Rows, windows: Grey, swap: NDArray[np.bool_]
) -> None:
    """Measure some rows under other windows, and note where that is more convincing."""
    if not len(rows):
        return
    again = measure(a[rows], b[rows], windows, swap)
    better = again.probability > found.probability[rows]
    for column, other in zip(found, again, strict=True):
        column[rows[better]] = other[better]


def search(a: Signatures, b: Signatures) -> tuple[Grey, NDArray[np.bool_]]:
    """Find which picture shows more: the windows of it that the other shows, and whether it is b."""
    forth, fit = find_windows(grey_of(a), grey_of(b))
    back, fit_back = find_windows(grey_of(b), grey_of(a))
    swap = fit_back > fit
    return np.where(swap[:, None], back, forth), swap


def uncut(a: Signatures, b: Signatures) -> tuple[Grey, NDArray[np.bool_]]:
    """Give the windows as `search` does, if the two pictures with their borders cover one another exactly."""
    mine, other = frames_of(a), frames_of(b)
    swap = (other[:, 1] * other[:, 3]) > (mine[:, 1] * mine[:, 3])
    return np.where(swap[:, None], within(other, mine), within(mine, other)), swap


def agreeing_tiles(a: Signatures, b: Signatures, windows: Grey, swap: NDArray[np.bool_]) -> Floats:
    """Give the share of tiles that agree if one picture is laid on the windows of the other, at half size."""
    outer, inner = _laid(a, b, swap)
    half = SIDE // 2
    return compare_tiles(look(outer, windows, half), whole(inner, half), LEVELS[half]).agree


def _laid(a: Signatures, b: Signatures, swap: NDArray[np.bool_]) -> tuple[Grey, Grey]:
    """Give the grey planes of pictures that show more, and of those laid over them (b and a if swapped)."""
    pick = swap[:, None, None]
    return np.where(pick, grey_of(b), grey_of(a)), np.where(pick, grey_of(a), grey_of(b))


def measure(a: Signatures, b: Signatures, windows: Grey, swap: NDArray[np.bool_]) -> Agreement:
    """Refine the windows and measure how well the pictures agree there."""
    outer, inner = _laid(a, b, swap)
    windows = refine_windows(outer, inner, windows)
    views = {side: (look(outer, windows, side), whole(inner, side)) for side in LEVELS}
    seen, shown = views[64]
    octaves = np.log2(sharpness(seen) / sharpness(shown))
    levels = [compare_tiles(*views[side], tile) for side, tile in LEVELS.items()]
    read = Tiles(
        *(at_sharpness(np.stack(part, axis=1), np.abs(octaves)) for part in zip(*levels, strict=True))
    )
    matches = [
        (standardised(flat(one)) * standardised(flat(other))).sum(axis=1) for one, other in views.values()
    ]
    colour, recoloured = colour_difference(a, b, windows, swap)
    measured = Agreement(
        probability=np.zeros(len(a)),
        tiles=read.agree / np.maximum(read.agree + read.differ, 1e-6),
        agreeing=read.agree,
        spread=read.spread,
        different=read.differ + read.alone,
        difference=np.abs(seen - shown).mean(axis=(1, 2)),
        correlation=at_sharpness(np.stack(matches, axis=1), np.abs(octaves)),
        textured=levels[0].agree + levels[0].differ,
        octaves=octaves,
        colour=colour,
        recoloured=recoloured,
        overlap=windows[:, 1] * windows[:, 3] * np.where(swap, -1, 1),
        edited=np.zeros(len(a)),
        identical=identical(a, b),
    )
    drawn = np.minimum(paper_of(a), paper_of(b)) >= PAPER
    measured = measured._replace(probability=probability(measured, drawn))
    near = np.flatnonzero(measured.probability >= HOPELESS)
    marks = edited(outer[near], seen[near], shown[near], windows[near], octaves[near])
    measured.edited[near] = marks * np.where(swap[near], -1, 1)
    return measured


def identical(a: Signatures, b: Signatures) -> NDArray[np.bool_]:
    """Tell which pairs of signatures are equal, (n,): plain pictures have to be equal pixel for pixel."""
    same: NDArray[np.bool_] = (a[:, :LOOK_BYTES] == b[:, :LOOK_BYTES]).all(axis=1)
    alike = np.flatnonzero(same)
    same[alike] = same_pixels(a[alike], b[alike]) | ~is_plain(a[alike])
    return same


def colour_difference(
    a: Signatures, b: Signatures, windows: Grey, swap: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Compare the colours of aligned pictures, in levels: with one saturation fitted, and as they are.

    A picture that lost its colour differs in saturation alone.
    """
    planes = [chroma_of(one).reshape(-1, 2, CHROMA, CHROMA) - 128 for one in (a, b)]
    pick = swap[:, None, None]
    outer, inner = (np.where(pick[..., None], *pair) for pair in (planes[::-1], planes))
    frame = np.broadcast_to(IDENTITY, windows.shape)
    seen, shown = (
        np.concatenate([flat(look(part[:, k], at, COLOUR_CELLS)) for k in (0, 1)], axis=1)
        for part, at in ((outer, windows), (inner, frame))
    )
    strength = np.stack([np.linalg.norm(one, axis=1) for one in (seen, shown)])
    cosine = np.clip((seen * shown).sum(axis=1) / np.maximum(strength.prod(axis=0), 1e-3), 0, 1)
    left = strength.min(axis=0) * np.sqrt(1 - cosine**2)
    return left / COLOUR_CELLS, np.linalg.norm(seen - shown, axis=1) / COLOUR_CELLS


def probability(measured: Agreement, drawn: NDArray[np.bool_]) -> Floats:
    """Turn what was measured into the probability that both are copies of one picture, (n,)."""
    evidence = np.full(len(drawn), INTERCEPT)
    for name, column in evidence_of(measured).items():
        evidence += WEIGHTS[name] * column
    chance = 1 / (1 + np.exp(-evidence))
    differing = (measured.different >= LITTLE_DIFFERENT) | (measured.recoloured >= LITTLE_RECOLOURED)
    blurred = (np.abs(measured.octaves) >= FAR_APART) & (measured.correlation < CLOSE_MATCH)
    for_people = (drawn & differing) | blurred
    chance = np.where(for_people, np.minimum(chance, LOW_TEXTURE_CHANCE), chance)
    alike = np.exp(-((measured.difference / SAME_LEVELS) ** 2))
    plain = LOW_TEXTURE_CHANCE * np.maximum(np.where(measured.textured > 0, chance, 0), alike)
    sure: Floats = np.where(
        measured.identical, 1.0, np.where(measured.textured < LOW_TEXTURE_SHARE, plain, chance)
    )
    return sure


def evidence_of(measured: Agreement) -> dict[str, Floats]:
    """Give what the probability is read from."""
    return {
        "tiles": measured.tiles,
        "spread": measured.spread,
        "root": np.sqrt(measured.agreeing),
        "colour": measured.colour,
        "overlap": np.clip(np.abs(measured.overlap), LEAST_OVERLAP, MOST_OVERLAP),
    }
