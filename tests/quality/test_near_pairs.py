"""All pairs within t bits: exact, against brute force, whatever the hashes look like."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quality import bucket_join, compiled_join, near_pairs
from quality.near_pairs import components, new_pairs, pairs_between, pairs_within


@pytest.fixture(autouse=True, params=["numpy", "compiled"])
def join(request, monkeypatch):
    """Run every test through both joins."""
    if request.param == "compiled":
        pytest.importorskip("numba", reason="the extra `fast` is not installed")
    module = bucket_join if request.param == "numpy" else compiled_join
    for name in ("connected", "join_between", "join_within"):
        monkeypatch.setattr(near_pairs, name, getattr(module, name))
    return module


def brute_force(hashes, t):
    table = hashes if hashes.ndim == 2 else hashes[:, None]
    apart = np.bitwise_count(table[:, None] ^ table[None]).sum(axis=2)
    left, right = np.nonzero(np.triu(apart <= t, 1))
    return list(zip(left.tolist(), right.tolist(), apart[left, right].tolist(), strict=True))


def listed(pairs):
    return list(zip(*(column.tolist() for column in pairs), strict=True))


def skewed(rng, n, words=1):
    """Hashes as pictures give them: some unrelated, some clusters of near copies, some identical."""
    centres = rng.integers(0, 2**64, (n // 8, words), dtype=np.uint64)
    hashes = centres[(rng.random(n) ** 2 * len(centres)).astype(int)]
    flips = rng.integers(0, 64 * words, (n, 12))
    for k in range(12):
        touched = np.flatnonzero(rng.integers(0, 12, n) > k)
        word, bit = np.divmod(flips[touched, k], 64)
        hashes[touched, word] ^= np.uint64(1) << bit.astype(np.uint64)
    return hashes if words > 1 else hashes[:, 0]


@pytest.mark.parametrize("t", range(17))
def test_every_pair_within_t(t):
    hashes = skewed(np.random.default_rng(t), 400)
    assert listed(pairs_within(hashes, t)) == brute_force(hashes, t)


@pytest.mark.parametrize("t", [0, 1, 15, 31, 40])
def test_every_pair_of_256_bits(t):
    hashes = skewed(np.random.default_rng(t), 200, words=4)
    assert listed(pairs_within(hashes, t)) == brute_force(hashes, t)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 40), max_size=30), st.integers(0, 16))
def test_any_list_of_hashes(values, t):
    hashes = np.array(values, dtype=np.uint64)
    assert listed(pairs_within(hashes, t)) == brute_force(hashes, t)


@pytest.mark.parametrize("t", [0, 6, 12])
def test_new_pairs_are_all_pairs_less_the_old_ones(t):
    hashes = skewed(np.random.default_rng(t), 300)
    old, new = hashes[:170], hashes[170:]
    fresh = [pair for pair in brute_force(hashes, t) if pair[1] >= 170]
    assert listed(new_pairs(old, new, t)) == fresh
    assert listed(pairs_between(old, new, t)) == [(a, b - 170, d) for a, b, d in fresh if a < 170]


def chained(n, pairs):
    label = list(range(n))
    for _ in range(n):
        for a, b, _ in pairs:
            label[a] = label[b] = min(label[a], label[b])
    return label


@pytest.mark.parametrize("t", [0, 4, 8])
def test_components_are_the_chains_of_pairs(t):
    hashes = skewed(np.random.default_rng(t), 120)
    assert components(hashes, t).tolist() == chained(120, brute_force(hashes, t))


def test_heavy_buckets_give_the_same_components():
    rng = np.random.default_rng(3)
    blanks = np.uint64(1) << rng.integers(0, 64, 400).astype(np.uint64)
    blanks ^= np.uint64(1) << rng.integers(0, 64, 400).astype(np.uint64)
    strangers = rng.integers(0, 2**64, 200, dtype=np.uint64) & ~np.uint64(0xFFFF)
    chain = np.uint64(2**40 - 1) << np.arange(24, dtype=np.uint64)
    hashes = np.concatenate([strangers, blanks, chain])
    pairs = pairs_within(hashes, 4)
    expected = bucket_join.unite(np.arange(len(hashes)), pairs.left, pairs.right)
    assert components(hashes, 4).tolist() == expected.tolist()


def test_identical_hashes_stay_linear():
    hashes = np.full(200_000, 7, dtype=np.uint64)
    assert not components(hashes, 8).any()


def test_distance_beyond_the_hash_is_refused():
    with pytest.raises(ValueError, match="64-bit"):
        pairs_within(np.arange(3, dtype=np.uint64), 64)
