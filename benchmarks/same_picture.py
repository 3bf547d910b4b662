"""Recall by edit and false merges of the duplicate search on real photographs.

    python benchmarks/same_picture.py [--photos 1200] [--parts 4000] [FOLDER ...]

Every photo below the folders (the shared data unless said) is edited in many ways; each edited copy is looked
for among all the photos, as `synsetter duplicates search` would. Other photos of the same synset are the hard
negatives, harder ones parts of different photographs in random turns and pictures drawn after one template;
photos bent smoothly stand for other shots of one scene. Merges among the photos as they are get printed by
name, so that somebody can look at them; those listed in KNOWN_COPIES have been looked at.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from pictures.edits import EASY, EDITS, HARD, OTHER_SHOTS, TURNED
from pictures.lookalikes import TEMPLATES, parts
from PIL import Image

from quality.copies import Copies, candidate_pairs, confirm, find_copies
from quality.crop_hashes import whole_hashes
from quality.phash import phash64
from quality.same_picture import DOUBTFUL, SURE
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
DRAWN = 40


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


def report_lookalikes(paths: list[Path], count: int) -> None:
    """Count merges and questions among parts of different photos, and among pictures of one template."""
    signatures, photo = parts(paths, count)
    found = find_copies(whole_hashes(signatures), signatures, turns=True)
    told = [
        a != b and not known(paths[a], paths[b])
        for a, b in zip(photo[found.left], photo[found.right], strict=True)
    ]
    print(f"\n{len(photo)} parts of photos, in eight turns:")
    count_false(found, np.array(told, bool))
    for draw in TEMPLATES:
        drawn = np.stack([signature(draw(np.random.default_rng(seed))) for seed in range(DRAWN)])
        print(f"{DRAWN} pictures drawn as {draw.__name__}:")
        found = find_copies(whole_hashes(drawn), drawn)
        count_false(found, np.ones(len(found.left), bool))


def count_false(found: Copies, different: np.ndarray) -> None:
    """Print how many pairs of different pictures are merged, and how many go to people."""
    chance = found.measured.probability[different]
    asked = (chance >= DOUBTFUL) & (chance < SURE)
    print(f"  {len(chance)} measured, {(chance >= SURE).sum()} merged, {asked.sum()} for people")


def main() -> None:
    """Edit, search, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path, default=[SHARED])
    parser.add_argument("--photos", type=int, default=1200)
    parser.add_argument("--parts", type=int, default=4000)
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
    report_lookalikes(paths, options.parts)


if __name__ == "__main__":
    main()
