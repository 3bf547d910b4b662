"""All pairs within t bits: growth from ten thousand to ten million, and ratios to named peers in one run.

    python benchmarks/near_pairs.py [LARGEST]        # 1_000_000 unless said; 10_000_000 takes some minutes

Peers, each exact: faiss IndexBinaryFlat.range_search (`pip install faiss-cpu`) and imagededup's default brute
force (`pip install --no-deps imagededup`). A peer that is not installed is left out. faiss compares every
query with every hash, so it is timed on some queries and scaled to all. Ratios are of CPU seconds, so that
other programs on the machine do not change them.
"""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from quality import bucket_join, near_pairs
from quality.joins import MANY

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
QUERIES = 4_000
Timing = tuple[float, float]


def skewed(n: int, words: int = 1, flips: int = 4) -> np.ndarray:
    """Make hashes as pictures give them: 70 % unrelated, 30 % in clusters of near copies of every size."""
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**64, (n, words), dtype=np.uint64)
    centres = rng.integers(0, 2**64, (max(n // 20, 1), words), dtype=np.uint64)
    near = np.flatnonzero(rng.random(n) < 0.3)
    hashes[near] = centres[(rng.random(len(near)) ** 3 * len(centres)).astype(int)]
    for _ in range(flips):
        some = near[rng.random(len(near)) < 0.5]
        bit = rng.integers(0, 64, len(some)).astype(np.uint64)
        hashes[some, rng.integers(0, words, len(some))] ^= np.uint64(1) << bit
    return hashes


def timed(job: Callable[[], Any]) -> tuple[Any, float, float]:
    """Run a job: its result, wall seconds and CPU seconds of all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = job()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def ours(n: int, words: int, t: int) -> tuple[int, float, float, float]:
    """Find the components: how many, wall and CPU seconds, and the peak of memory in MB."""
    near_pairs.components(skewed(2 * MANY, words), t)
    hashes = skewed(n, words)
    labels, wall, cpu = timed(lambda: near_pairs.components(hashes, t))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return len(np.unique(labels)), wall, cpu, peak


def numpy_path(n: int, words: int, t: int) -> tuple[int, float, float]:
    """The same without numba, or with it switched off."""
    hashes = near_pairs.collapse(skewed(n, words)).hashes
    return timed(lambda: bucket_join.connected(hashes, t))


def faiss_flat(n: int, words: int, t: int) -> float | None:
    """CPU seconds that faiss needs to compare n hashes with all n, scaled from some of the queries."""
    try:
        import faiss
    except ImportError:
        return None
    rows = skewed(n, words).view(np.uint8).reshape(n, -1)
    index = faiss.IndexBinaryFlat(rows.shape[1] * 8)
    index.add(rows)
    queries = rows[:: max(n // QUERIES, 1)]
    _, _, cpu = timed(lambda: index.range_search(queries, t + 1))
    return cpu * n / len(queries)


def imagededup_brute_force(n: int, t: int) -> float | None:
    """CPU seconds of imagededup's default search over n hashes."""
    try:
        from imagededup.handlers.search.brute_force_cython import BruteForceCython
    except ImportError:
        return None
    named = {f"{row}.jpg": f"{value:016x}" for row, value in enumerate(skewed(n)[:, 0].tolist())}
    search = BruteForceCython(named, lambda a, b: (int(a, 16) ^ int(b, 16)).bit_count())
    queries = list(named.values())[:: max(n // 1_000, 1)]
    _, _, cpu = timed(lambda: [search.search(query, t) for query in queries])
    return cpu * n / len(queries)


def alone(job: Callable[..., Any], *arguments: object) -> Any:
    """Run a job in a process of its own, so that its peak of memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(job, *arguments).result()


def ratio(peer: float | None, cpu: float) -> str:
    """Say how many times faster, or that the peer is missing."""
    return "not installed" if peer is None else f"{peer:10.1f} s   {peer / cpu:8.0f} x"


def main(largest: int) -> None:
    """Print growth, then ratios."""
    print("64 bits, t = 8, components\n         n       wall        CPU     memory  components")
    for n in (size for size in SIZES if size <= largest):
        count, wall, cpu, peak = alone(ours, n, 1, 8)
        print(f"{n:10} {wall:8.2f} s {cpu:8.2f} s {peak:7.0f} MB  {count}")
    small = alone(ours, 10_000, 1, 8)[2]
    print(f"\n10,000 hashes, t = 8: this {small:.3f} s CPU")
    print("  imagededup brute force   ", ratio(alone(imagededup_brute_force, 10_000, 8), small))
    print("  faiss IndexBinaryFlat    ", ratio(alone(faiss_flat, 10_000, 1, 8), small))
    n = min(largest, 1_000_000)
    for words, t in ((1, 8), (1, 10), (4, 31)):
        count, wall, cpu, peak = alone(ours, n, words, t)
        peer = alone(faiss_flat, n, words, t)
        print(
            f"\n{n} hashes of {64 * words} bits, t = {t}: this {wall:.2f} s, {cpu:.2f} s CPU, {peak:.0f} MB"
        )
        print("  faiss IndexBinaryFlat    ", ratio(peer, cpu))
        if words == 1 and t == 8:
            _, _, plain = alone(numpy_path, n, words, t)
            print(f"  numpy path {plain:8.1f} s CPU; faiss to it", ratio(peer, plain))


if __name__ == "__main__":
    main(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else 1_000_000)
