"""From URLs to stored, described pictures: on this machine's cores, or on the engine of the settings."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from pipeline.collection.examination import Examined, Unusable, examine_all, examine_each, examiners, finished
from pipeline.pictures import PictureLimits
from pipeline.ports import BlobStore, Fetched, Fetcher, HostNote, OpenFetcher
from pipeline.sources.rota import host_of, in_turn
from pipeline.toolbox import Toolbox

AT_ONCE = 32
"""Pictures that go to another process together."""
AT_ONCE_BYTES = 8_000_000
"""Bytes after which those that go together are enough, however few."""
SHARD = 256
"""URLs that go to an engine's worker together: enough to hide what a task costs."""

Outcome = tuple[Fetched, Examined | Unusable | None]
"""What became of a URL, without its bytes, and of the picture there if bytes came."""
Notes = dict[str, HostNote]
Examining = Future[list[Examined | Unusable]]


def fetch_and_examine(tools: Toolbox, urls: Sequence[str]) -> dict[str, Outcome]:
    """Fetch URLs, store and describe the pictures; give what became of each URL whose turn came."""
    collect = tools.settings.collect
    limits = PictureLimits(collect.max_pixels, collect.min_side)
    if tools.engine is None:
        processes = min(collect.processes or os.cpu_count() or 1, 1 + len(urls) // AT_ONCE)
        outcomes, notes = asyncio.run(_on_this_machine(tools, urls, processes, limits))
        tools.rota.note(notes)
        return outcomes
    work = Errand(tools.fetcher, tools.open_blobs, limits, tools.rota.strikes())
    outcomes = {}
    for some, notes in tools.engine.map(work, shards(urls)):
        outcomes |= {one[0].url: one for one in some}
        tools.rota.note(notes)
    return outcomes


def shards(urls: Iterable[str]) -> list[list[str]]:
    """Deal URLs into shards, all of a web host into one: only so does one worker keep its pace for all.

    Files, and hosts with few URLs, are put together.
    """
    by_host: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        by_host[host_of(url)].append(url)
    files = by_host.pop("", [])
    dealt = [files[start : start + SHARD] for start in range(0, len(files), SHARD)]
    together: list[str] = []
    for host in sorted(by_host, key=lambda name: (len(by_host[name]), name)):
        together += by_host[host]
        if len(together) >= SHARD:
            dealt.append(together)
            together = []
    return [*dealt, together] if together else dealt


@dataclass(frozen=True)
class Errand:
    """What a worker does with a shard; it can be done again: bytes are kept once, under their SHA-256."""

    fetcher: OpenFetcher
    open_blobs: Callable[[], BlobStore]
    limits: PictureLimits
    strikes: Mapping[str, int]

    def __call__(self, urls: list[str]) -> tuple[list[Outcome], Notes]:
        """Fetch and examine; give what became of each URL whose turn came, and how hosts were left."""
        return asyncio.run(self._run(urls))

    async def _run(self, urls: list[str]) -> tuple[list[Outcome], Notes]:
        blobs = self.open_blobs()
        outcomes: list[Outcome] = []
        async with self.fetcher(self.strikes) as fetcher:
            async for batch in _batches(fetcher, in_turn(urls)):
                outcomes += [(replace(one, data=None), None) for one in batch if one.data is None]
                came = [one for one in batch if one.data is not None]
                examined = examine_each([one.data or b"" for one in came], self.limits, blobs)
                outcomes += [
                    (replace(one, data=None), seen) for one, seen in zip(came, examined, strict=True)
                ]
            return outcomes, fetcher.notes()


async def _on_this_machine(
    tools: Toolbox, urls: Sequence[str], processes: int, limits: PictureLimits
) -> tuple[dict[str, Outcome], Notes]:
    outcomes: dict[str, Outcome] = {}
    order: list[str] = []
    with examiners(processes, limits, tools.open_blobs) as pool:
        futures: list[Examining] = []
        async with tools.fetcher(tools.rota.strikes()) as fetcher:
            async for batch in _batches(fetcher, in_turn(urls)):
                outcomes |= {one.url: (replace(one, data=None), None) for one in batch}
                pictures = [(one.url, one.data) for one in batch if one.data is not None]
                order += [url for url, _ in pictures]
                futures.append(pool.submit(examine_all, [data for _, data in pictures]))
                await _keep_pace(futures)
            notes = fetcher.notes()
        for url, examined in zip(order, finished(futures), strict=True):
            outcomes[url] = (outcomes[url][0], examined)
        return outcomes, notes


async def _batches(fetcher: Fetcher, urls: Sequence[str]) -> AsyncIterator[list[Fetched]]:
    batch: list[Fetched] = []
    size = 0
    async for one in fetcher.fetch_all(urls):
        if one.is_done:
            batch.append(one)
            size += len(one.data or b"")
        if len(batch) == AT_ONCE or size >= AT_ONCE_BYTES:
            yield batch
            batch, size = [], 0
    yield batch


async def _keep_pace(futures: Sequence[Examining], ahead: int = 8) -> None:
    # Bytes in memory are bounded by the batches that wait for a process.
    while sum(not future.done() for future in futures[-2 * ahead :]) > ahead:
        await asyncio.sleep(0.005)
