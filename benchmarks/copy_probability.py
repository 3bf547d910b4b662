"""Fit the probability that two pictures are copies, on one half of the photos, and check it on the other.

    python benchmarks/copy_probability.py [--photos 300] [--parts 3000] [FOLDER ...]

Copies are photos under every edit but those that the search does not promise to find. The rest are candidates
among parts of different photos in eight turns, and photos bent beyond recognition. Prints
the weights for `quality/same_picture.py`, and how many of the other half are merged with the weights that
stand there.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from pictures.edits import EASY, EDITS, HARD
from pictures.lookalikes import parts
from same_picture import SHARED, choose, edited, known

from quality.copies import candidate_pairs, turned_each
from quality.crop_hashes import whole_hashes
from quality.same_picture import DOUBTFUL, SURE, Agreement, agreement, evidence_of
from quality.tiles import LOW_TEXTURE_SHARE

LEFT_OUT = {"banner", "sepia", "rotate 2 degrees"}
RIDGE = 1e-4


def copies(paths: list[Path]) -> tuple[list[Agreement], np.ndarray]:
    """Measure photos against their edited copies, edit by edit; also against strongly bent ones."""
    with ProcessPoolExecutor() as pool:
        signatures = np.stack([signed for _, signed in pool.map(edited, paths, chunksize=8)])
    names = [name for name in [*EASY, *HARD] if name not in LEFT_OUT]
    order = [list(EDITS).index(name) for name in [*names, "bent by 5 %"]]
    return [agreement(signatures[:, 0], signatures[:, k]) for k in order], np.arange(len(paths))


def strangers(paths: list[Path], count: int) -> tuple[Agreement, np.ndarray]:
    """Measure the candidates among parts of different photos; also give which half each belongs to."""
    signatures, photo = parts(paths, count)
    pairs = candidate_pairs(whole_hashes(signatures), signatures, turns=True)
    told = [
        a != b and not known(paths[a], paths[b])
        for a, b in zip(photo[pairs.left], photo[pairs.right], strict=True)
    ]
    left, right, turn = (column[np.array(told, bool)] for column in pairs)
    return agreement(signatures[left], turned_each(signatures[right], turn)), photo[left] + photo[right]


def columns(measured: Agreement) -> np.ndarray:
    """Give the evidence as a table, a column of ones last."""
    evidence = list(evidence_of(measured).values())
    return np.column_stack([*evidence, np.ones(len(evidence[0]))])


def logistic(table: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Fit weights with a weak ridge on standardised columns, both classes weighed alike."""
    mean, spread = table.mean(axis=0), np.maximum(table.std(axis=0), 1e-9)
    mean[-1], spread[-1] = 0, 1
    design, theta = (table - mean) / spread, np.zeros(table.shape[1])
    weight = np.where(label, 0.5 / label.mean(), 0.5 / (~label).mean())
    ridge = RIDGE * len(label) * np.eye(len(theta))
    for _ in range(100):
        chance = 1 / (1 + np.exp(-np.clip(design @ theta, -30, 30)))
        curve = (design * (weight * chance * (1 - chance))[:, None]).T @ design + ridge
        theta += np.linalg.solve(curve, design.T @ (weight * (label - chance)) - ridge @ theta)
    theta /= spread
    theta[-1] -= mean[:-1] @ theta[:-1]
    return theta


def main() -> None:
    """Measure, fit, check."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path, default=[SHARED])
    parser.add_argument("--photos", type=int, default=300)
    parser.add_argument("--parts", type=int, default=3000)
    options = parser.parse_args()
    paths = choose(options.folders, 1 << 30)
    some = paths[:: max(len(paths) // options.photos, 1)]
    (*same, bent), photo = copies(some)
    others, number = strangers(choose(options.folders, 400), options.parts)
    groups = [(one, photo, True) for one in same] + [(bent, photo, False), (others, number, False)]
    tables, labels, chances, halves = [], [], [], []
    for measured, half, label in groups:
        textured = measured.textured >= LOW_TEXTURE_SHARE
        tables.append(columns(measured)[textured])
        chances.append(measured.probability[textured])
        halves.append(half[textured] % 2)
        labels.append(np.full(textured.sum(), label))
    table, label, chance, half = map(np.concatenate, (tables, labels, chances, halves))
    theta = logistic(table[half == 0], label[half == 0])
    names = [*evidence_of(others), "intercept"]
    print({name: round(float(one), 2) for name, one in zip(names, theta, strict=True)})
    held = half == 1
    for name, which in (("copies", label), ("others", ~label)):
        now, fitted = chance[held & which], 1 / (1 + np.exp(-table[held & which] @ theta))
        for what, some_chance in (("as it stands", now), ("as fitted", fitted)):
            merged, asked = (some_chance >= SURE).mean(), (some_chance >= DOUBTFUL).mean()
            print(f"{name}, {what}: {len(now)} held out, {merged:.4f} merged, {asked:.4f} merged or asked")
        print(f"   from {now.min():.4f} to {now.max():.4f}")


if __name__ == "__main__":
    main()
