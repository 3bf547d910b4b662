"""Shards: every URL in one, a web host never in two."""

from __future__ import annotations

from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from pipeline.collection.fetching import SHARD, shards

HOSTS = st.sampled_from(["a.example", "b.example", "c.example", "d.example:8080"])
URLS = st.lists(
    st.one_of(
        st.builds("https://{}/{}".format, HOSTS, st.integers(0, 999)),
        st.builds("file:///{}.jpg".format, st.integers(0, 99999)),
    ),
    unique=True,
    max_size=900,
)


@given(URLS)
def test_a_host_is_in_one_shard_and_files_are_dealt_evenly(urls: list[str]) -> None:
    dealt = shards(urls)
    assert sorted(url for shard in dealt for url in shard) == sorted(urls)
    hosts = [{urlsplit(url).netloc for url in shard} - {""} for shard in dealt]
    assert len(set().union(*hosts)) == sum(map(len, hosts))
    assert all(shard for shard in dealt)
    assert all(len(shard) <= SHARD for shard, of in zip(dealt, hosts, strict=True) if not of)


def test_small_hosts_travel_together() -> None:
    urls = [f"https://{number}.example/1" for number in range(100)]
    assert len(shards(urls)) == 1
