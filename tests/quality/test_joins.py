"""The same pairs and components, whichever way is taken, on both sides of where the ways part."""

import numpy as np
import pytest

from quality import bucket_join, compiled_join, joins

SOME = 400


def hashes(seed):
    """Three bits apart, of four that stand near each other."""
    rng = np.random.default_rng(seed)
    near = np.repeat(rng.integers(0, 2**64, SOME // 4, dtype=np.uint64), 4)
    return (near ^ np.left_shift(np.uint64(7), rng.integers(0, 60, SOME).astype(np.uint64)))[:, None]


def listed(hits):
    return sorted(zip(*(np.concatenate(column).tolist() for column in zip(*hits, strict=True)), strict=True))


@pytest.mark.parametrize("many", [SOME, SOME + 1])
def test_few_hashes_and_many_give_the_same(monkeypatch, many):
    pytest.importorskip("numba", reason="the extra `fast` is not installed")
    monkeypatch.setattr(joins, "MANY", many)
    left, right = hashes(0), np.concatenate([hashes(0)[:10], hashes(1)])[:SOME]
    within, between = listed(joins.join_within(left, 6)), listed(joins.join_between(left, right, 6))
    assert len(within) > SOME
    assert within == listed(bucket_join.join_within(left, 6)) == listed(compiled_join.join_within(left, 6))
    assert between == listed(bucket_join.join_between(left, right, 6))
    assert (joins.connected(left, 6) == bucket_join.connected(left, 6)).all()


def test_numba_is_not_asked_for_where_it_does_not_pay(monkeypatch):
    monkeypatch.setattr(compiled_join, "join_within", lambda *_: pytest.fail("asked for"))
    assert listed(joins.join_within(hashes(0), 6))
