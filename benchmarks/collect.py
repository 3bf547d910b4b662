"""Collection end to end (read, decode, hash, store, compare, write rows) against decoding and hashing alone.

    python benchmarks/collect.py --images 100000 --photos ../shared/data/images/tiny_imagenet

Both run on all cores, over the same 64x64 JPEG files: mosaics of four quarters of random photographs,
so that none is a copy of another. "Alone" is what collection itself calls, on bytes read from the same files:
its decoding with all checks and SHA-256, its hash and its signature of the decoded pixels. Not in it, and so
counted against collection: finding the files, storing, rows, comparing, starting processes.

The ratio of wall times counts, on a machine with nothing else to do: one process writes rows while the others
examine, and waits for its turn where others run. The ratio of processor times, of all processes, tells what
collection adds whatever else runs. A few thousand pictures also pay the start of processes, some 2 s.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image
from sqlalchemy import func, select

from pipeline import bootstrap, settings
from pipeline.pictures import decode
from pipeline.stages import collect
from pipeline.store.engine import StateStore
from pipeline.store.models import Candidate
from pipeline.synsets.choice import add_synsets
from quality.phash import phash64
from quality.signature import signature

PER_SYNSET = 1000
SIDE = 64
AT_ONCE = 32


def main() -> None:
    """Make the pictures, run both, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--photos", type=Path, required=True, help="a folder of 64x64 photographs, by wnid")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "found")
        wnids = make_pictures(chosen.photos, found, chosen.images)
        used = [processor_time()]
        bare = timed_decoding(sorted(map(str, found.rglob("*.jpg"))))
        used.append(processor_time())
        whole, states = timed_collection(found, Path(folder), wnids)
        used.append(processor_time())
    print(f"{chosen.images:,} images on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}: {states}")
    spent = [after - before for before, after in pairwise(used)]
    for name, seconds, cpu in zip(
        ("decode + hash alone", "collection, end to end"), (bare, whole), spent, strict=True
    ):
        each = 1000 * cpu / chosen.images
        print(f"{name:<24}{seconds:8.1f} s{chosen.images / seconds:10,.0f} images/s{each:8.2f} ms CPU each")
    print(f"{'share':<24}{bare / whole:8.0%} of wall time{spent[0] / spent[1]:10.0%} of processor time")


def processor_time() -> float:
    """Give the seconds that this process, its children and those that they have waited for have used.

    The processes that examine pictures are children of a fork server, so what they used is found there.
    """
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    stats = [Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split() for child in children]
    ticks = sum(int(ticks) for stat in stats for ticks in stat[11:15])
    return sum(os.times()[:4]) + ticks / os.sysconf("SC_CLK_TCK")


def make_pictures(photos: Path, found: Path, count: int) -> list[str]:
    """Write mosaics of quarters below folders named by wnid; give the wnids."""
    files = sorted(photos.rglob("*.JPEG"))
    shown = np.stack([np.asarray(Image.open(file).convert("RGB").resize((SIDE, SIDE))) for file in files])
    dice, half = np.random.default_rng(0), SIDE // 2
    wnids = sorted({file.parent.name for file in files})[: -(-count // PER_SYNSET)]
    for number in range(count):
        quarters = shown[dice.integers(len(shown), size=4)].reshape(4, 2, half, 2, half, 3)[:, 1, :, 0]
        mosaic = quarters.reshape(2, 2, half, half, 3).transpose(0, 2, 1, 3, 4).reshape(SIDE, SIDE, 3)
        path = found / wnids[number % len(wnids)] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(mosaic).save(path, quality=90)
    return wnids


def timed_decoding(files: list[str]) -> float:
    """Time what cannot be saved: decode, hash and describe every file, on all cores."""
    batches = [files[start : start + AT_ONCE] for start in range(0, len(files), AT_ONCE)]
    began = time.perf_counter()
    with ProcessPoolExecutor() as pool:
        list(pool.map(decode_and_hash, batches))
    return time.perf_counter() - began


def decode_and_hash(files: list[str]) -> int:
    """Do one batch, as collection does it, without storing anything."""
    for file in files:
        picture = decode(Path(file).read_bytes())
        phash64(picture.image), signature(picture.image)
    return len(files)


def timed_collection(found: Path, folder: Path, wnids: list[str]) -> tuple[float, dict[str, int]]:
    """Collect the folder with a new database and store; give the time and candidates by state."""
    url = f"sqlite:///{folder / 'state.sqlite'}"
    knobs = (f"storage.pictures={folder / 'pictures'}", f'collect.sources=["folder:{found}"]')
    chosen = settings.load(None, (f"database.url={url}", *knobs, "collect.per_synset=1000000"))
    StateStore(url).upgrade()
    tools = bootstrap.make_toolbox(chosen)
    with tools.store.writing() as session:
        add_synsets(session, tools.wordnet, wnids, now=tools.clock(), allow_people=True)
    began = time.perf_counter()
    while collect.tick(tools):
        pass
    seconds = time.perf_counter() - began
    with tools.store.reading() as session:
        states = select(Candidate.state, func.count()).group_by(Candidate.state)
        return seconds, dict(session.execute(states).all())


if __name__ == "__main__":
    main()
