"""From URLs to stored, described pictures: on this machine's cores, or on the engine of the settings."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict, deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from pipeline.collection.examination import Examiner, Outcome, examine_here, examiners, read_here
from pipeline.collection.local_files import is_file
from pipeline.pictures import PictureLimits
from pipeline.ports import BlobStore, Fetched, Fetcher, HostNote, OpenFetcher
from pipeline.sources.rota import host_of, in_turn
from pipeline.toolbox import Toolbox

FILES = 128
"""Files that a process reads and examines together."""
AT_ONCE = 32
"""Pictures from the web that go to another process together."""
AT_ONCE_BYTES = 8_000_000
"""Bytes after which those that go together are enough, however few."""
AHEAD = 8
"""Batches from the web that wait for a process, and so bound the bytes in memory."""
FILES_AHEAD = 64
"""Batches of files: no more than names, and 5 kB for each picture of what was seen, so that processes have
enough to do while thousands of candidates are taken in at once."""
SHARD = 256
"""URLs that go to an engine's worker together: enough to hide what a task costs."""

Take = Callable[[list[Outcome]], None]
More = Callable[[], list[str]]
Notes = dict[str, HostNote]
Batch = TypeVar("Batch")


def fetch_and_examine(tools: Toolbox, urls: Sequence[str], more_files: More, take: Take) -> None:
    """Fetch URLs, store and describe the pictures; hand over what became of them as it comes in.

    A URL whose host's turn did not come is not heard of. While `take` is busy, the examining goes on, and
    so that it goes on at the end of `urls` too, this machine's processes ask for more files then.
    """
    collect = tools.settings.collect
    limits = PictureLimits(collect.max_pixels, collect.min_side)
    if tools.engine is None:
        tools.rota.note(asyncio.run(_on_this_machine(tools, urls, limits, more_files, take)))
        return
    work = Errand(tools.fetcher, tools.open_blobs, collect.max_bytes, limits, tools.rota.strikes())
    for outcomes, notes in tools.engine.map(work, shards(urls)):
        tools.rota.note(notes)
        take(outcomes)


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
    max_bytes: int
    limits: PictureLimits
    strikes: Mapping[str, int]

    def __call__(self, urls: list[str]) -> tuple[list[Outcome], Notes]:
        """Fetch and examine; give what became of each URL whose turn came, and how hosts were left."""
        examiner = Examiner(self.max_bytes, self.limits, self.open_blobs())
        files, web = _by_place(urls)
        outcomes = examiner.read(files)
        return asyncio.run(self._fetch(web, examiner, outcomes)) if web else (outcomes, {})

    async def _fetch(
        self, urls: list[str], examiner: Examiner, outcomes: list[Outcome]
    ) -> tuple[list[Outcome], Notes]:
        async with self.fetcher(self.strikes) as fetcher:
            async for batch in _batches(fetcher, urls):
                outcomes += examiner.examine(batch)
            return outcomes, fetcher.notes()


async def _on_this_machine(
    tools: Toolbox, urls: Sequence[str], limits: PictureLimits, more_files: More, take: Take
) -> Notes:
    collect = tools.settings.collect
    processes = min(collect.processes or os.cpu_count() or 1, 1 + len(urls) // AT_ONCE)
    files, web = _by_place(urls)
    with examiners(processes, collect.max_bytes, limits, tools.open_blobs) as pool:
        _, notes = await asyncio.gather(
            _hand_in(pool, read_here, _parts(files, more_files), FILES_AHEAD, take),
            _from_web(tools, pool, web, take),
        )
        return notes


def _by_place(urls: Iterable[str]) -> tuple[list[str], list[str]]:
    """Give the files of this machine, and what is on the web."""
    files: list[str] = []
    web: list[str] = []
    for url in urls:
        (files if is_file(url) else web).append(url)
    return files, web


async def _from_web(tools: Toolbox, pool: Executor, urls: Sequence[str], take: Take) -> Notes:
    if not urls:
        return {}
    async with tools.fetcher(tools.rota.strikes()) as fetcher:
        await _hand_in(pool, examine_here, _batches(fetcher, urls), AHEAD, take)
        return fetcher.notes()


async def _hand_in(
    pool: Executor,
    work: Callable[[Batch], list[Outcome]],
    batches: AsyncIterable[Batch],
    ahead: int,
    take: Take,
) -> None:
    """Let processes work on batches, some of them ahead; take what they give in the same order."""
    under_way: deque[asyncio.Future[list[Outcome]]] = deque()
    async for batch in batches:
        under_way.append(asyncio.wrap_future(pool.submit(work, batch)))
        if len(under_way) > ahead:
            take(await under_way.popleft())
    while under_way:
        take(await under_way.popleft())


async def _parts(files: list[str], more: More) -> AsyncIterator[list[str]]:
    while files:
        for start in range(0, len(files), FILES):
            yield files[start : start + FILES]
        files = more()


async def _batches(fetcher: Fetcher, urls: Sequence[str]) -> AsyncIterator[list[Fetched]]:
    batch: list[Fetched] = []
    size = 0
    async for one in fetcher.fetch_all(in_turn(urls)):
        if one.is_done:
            batch.append(one)
            size += len(one.data or b"")
        if len(batch) == AT_ONCE or size >= AT_ONCE_BYTES:
            yield batch
            batch, size = [], 0
    yield batch
