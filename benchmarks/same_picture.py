"""Recall by edit, false merges and calibration of the duplicate search on real photographs.

    python benchmarks/same_picture.py [--photos 1200] [--fit] [FOLDER ...]

Every photo below the folders (the shared data unless said) is edited in many ways; each edited copy is looked
for among all the photos, as `synsetter duplicates search` would. Other photos of the same synset are the hard
negatives, and photos bent smoothly stand for other shots of one scene. `--fit` fits the probability anew on
every other photo. Merges among the photos as they are get printed by name, so that somebody can look at
them; those listed in KNOWN_COPIES have been looked at.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from pictures.edits import EASY, EDITS, HARD, OTHER_SHOTS, TURNED
from PIL import Image

from quality.copies import candidate_pairs, confirm, find_copies
from quality.phash import phash64
from quality.same_picture import DOUBTFUL, SURE, agreement
from quality.signature import signature

SHARED = Path(__file__).resolve().parents[2] / "shared/data/images"
KNOWN_COPIES = [
    {"raccoon-11.jpg", "raccoon-116.jpg"},
    {"raccoon-83.jpg", "raccoon-120.jpg"},
    {"raccoon-65.jpg", "raccoon-98.jpg"},
    {"raccoon-21.jpg", "raccoon-45.jpg"},
    {"raccoon-50.jpg", "raccoon-52.jpg", "raccoon-74.jpg"},
    {"raccoon-51.jpg", "raccoon-85.jpg"},
    {"raccoon-107.jpg", "raccoon-108.jpg"},
]
LARGEST = 500


def edited(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Hash and sign a photo under every edit."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    image.thumbnail((LARGEST, LARGEST))
    rng = np.random.default_rng(sum(path.name.encode()))
    copies = [edit(image, rng) for edit in EDITS.values()]
    return np.array([phash64(copy) for copy in copies], np.uint64), np.stack(
        [signature(copy) for copy in copies]
    )


def choose(folders: list[Path], count: int) -> list[Path]:
    """Take photos evenly from all that there are, the larger first where sizes differ much."""
    paths = sorted(path for folder in folders for path in folder.rglob("*.[jJ][pP]*[gG]"))
    large = [path for path in paths if path.stat().st_size > 10_000]
    small = [path for path in paths if path.stat().st_size <= 10_000]
    rest = max(count - len(large), 0)
    return (large + small[:: max(len(small) // rest, 1)][:rest] if rest else large)[:count]


def recall(hashes: np.ndarray, signatures: np.ndarray, edit: int, *, turns: bool) -> np.ndarray:
    """Search originals and edited copies together: each copy's probability, 0 when not found, (n,)."""
    n = len(hashes)
    pair = candidate_pairs(
        np.concatenate([hashes[:, 0], hashes[:, edit]]),
        np.concatenate([signatures[:, 0], signatures[:, edit]]),
        turns=turns,
        old=n,
    )
    ours = pair.right == pair.left + n
    both = np.concatenate([signatures[:, 0], signatures[:, edit]])
    found = confirm(both, type(pair)(*(column[ours] for column in pair)))
    chance = np.zeros(n)
    chance[found.left] = found.measured.probability
    return chance


def known(a: Path, b: Path) -> bool:
    """Say whether two photos are listed as copies."""
    return any({a.name, b.name} <= copies for copies in KNOWN_COPIES)


def report_false_merges(paths: list[Path], hashes: np.ndarray, signatures: np.ndarray) -> None:
    """Count merges and questions among the originals, all pairs of which are different but the known ones."""
    found = find_copies(hashes[:, 0], signatures[:, 0], turns=True)
    chance = found.measured.probability
    new = np.array(
        [not known(paths[a], paths[b]) for a, b in zip(found.left, found.right, strict=True)], bool
    )
    wrong = np.flatnonzero(new & (chance >= SURE))
    n = len(paths)
    print(f"\n{n} photos, {n * (n - 1) // 2} pairs, in eight turns: {len(chance)} measured,")
    print(f"  {(~new & (chance >= SURE)).sum()} known copies found, {len(wrong)} others merged,")
    print(f"  {(new & (chance >= DOUBTFUL) & (chance < SURE)).sum()} pairs for people")
    for k in wrong:
        print(f"  look at {paths[found.left[k]]} and {paths[found.right[k]]}")


def report_recall(hashes: np.ndarray, signatures: np.ndarray, large: np.ndarray) -> None:
    """Print the share of copies found by edit: merged, and merged or sent to people."""
    print("\nedit                     merged or asked   large: or asked")
    for group in (EASY, HARD, TURNED, OTHER_SHOTS):
        rows = []
        for name in group:
            chance = recall(hashes, signatures, list(EDITS).index(name), turns=group is TURNED)
            sure, asked = chance >= SURE, chance >= DOUBTFUL
            rows.append([share[some].mean() for some in (slice(None), large) for share in (sure, asked)])
            print(f"{name:22}", *(f"{share:8.3f}" for share in rows[-1]))
        print(f"{'mean':22}", *(f"{share:8.3f}" for share in np.mean(rows, axis=0)), "\n")


def fit(paths: list[Path], hashes: np.ndarray, signatures: np.ndarray) -> None:
    """Fit the curve over the share of agreeing tiles on every other photo, and check it on the rest."""
    pairs = candidate_pairs(hashes[:, 0], signatures[:, 0])
    different = np.array([not known(paths[a], paths[b]) for a, b in zip(*pairs[:2], strict=True)], bool)
    left, right = pairs.left[different], pairs.right[different]
    other = agreement(signatures[left, 0], signatures[right, 0]).tiles
    names = [*EASY, *HARD]
    same = [agreement(signatures[::2, 0], signatures[::2, list(EDITS).index(name)]).tiles for name in names]
    shots = [
        agreement(signatures[::2, 0], signatures[::2, list(EDITS).index(name)]).tiles
        for name in list(OTHER_SHOTS)[1:]
    ]
    unlike = [other[left % 2 == 0], *shots]
    tiles = np.concatenate([*same, *unlike])
    label = np.concatenate([np.ones(sum(map(len, same))), np.zeros(sum(map(len, unlike)))])
    slope, halfway = logistic(tiles, label)
    print(f"\nfitted: slope {slope:.1f}, halfway {halfway:.2f}")
    print(f"held out: largest share of tiles of different photos {other[left % 2 == 1].max(initial=0):.2f}")


def logistic(x: np.ndarray, label: np.ndarray) -> tuple[float, float]:
    """Fit 1 / (1 + exp(-slope (x - halfway))) with a weak ridge, both classes weighed alike."""
    weight = np.where(label == 1, 0.5 / label.sum(), 0.5 / (1 - label).sum()) * len(x)
    design, theta = np.column_stack([x, np.ones(len(x))]), np.zeros(2)
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ theta))
        curve = (design * (weight * chance * (1 - chance))[:, None]).T @ design + 0.1 * np.eye(2)
        theta += np.linalg.solve(curve, design.T @ (weight * (label - chance)) - 0.1 * theta)
    return float(theta[0]), float(-theta[1] / theta[0])


def main() -> None:
    """Edit, search, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path, default=[SHARED])
    parser.add_argument("--photos", type=int, default=1200)
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    paths = choose(options.folders, options.photos)
    if not paths:
        sys.exit(f"No photographs below {', '.join(map(str, options.folders))}.")
    with ProcessPoolExecutor() as pool:
        hashes, signatures = (
            np.stack(column) for column in zip(*pool.map(edited, paths, chunksize=16), strict=True)
        )
    report_false_merges(paths, hashes, signatures)
    alone = [row for row, path in enumerate(paths) if not any(known(path, other) for other in paths[:row])]
    large = np.array([paths[row].stat().st_size > 10_000 for row in alone])
    report_recall(hashes[alone], signatures[alone], large)
    if options.fit:
        fit(paths, hashes, signatures)


if __name__ == "__main__":
    main()
