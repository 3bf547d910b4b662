"""What collection learns of a picture while its bytes are in hand, in processes of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context

from pipeline.collection.local_files import read_file
from pipeline.pictures import Picture, PictureLimits, RefusedPicture, decode
from pipeline.ports import BlobStore, Fetched
from quality.phash import as_signed, phash64
from quality.signature import signature


@dataclass(frozen=True, slots=True)
class Examined:
    """A stored picture: its name and size, what was changed, its hash and signature."""

    sha256: str
    source_sha256: str
    width: int
    height: int
    size: int
    changes: tuple[str, ...]
    phash: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Unusable:
    """Bytes that are no picture for us, and why."""

    reason: str
    text: str


Outcome = tuple[Fetched, Examined | Unusable | None]
"""What became of a URL, without its bytes, and of the picture there if bytes came."""


@dataclass(frozen=True, slots=True)
class Examiner:
    """Looks at pictures: how large they may be, in bytes and in pixels, and where they are kept."""

    max_bytes: int
    limits: PictureLimits
    blobs: BlobStore

    def read(self, urls: Iterable[str]) -> list[Outcome]:
        """Examine files of this machine."""
        return self.examine(read_file(url, self.max_bytes) for url in urls)

    def examine(self, fetched: Iterable[Fetched]) -> list[Outcome]:
        """Examine what came, each on its way into the store while the next is looked at."""
        outcomes: list[Outcome] = []
        self.blobs.put_all(self._pictures(fetched, outcomes))
        return outcomes

    def _pictures(self, fetched: Iterable[Fetched], outcomes: list[Outcome]) -> Iterator[bytes]:
        for one in fetched:
            if one.data is None:
                outcomes.append((one, None))
                continue
            bare = replace(one, data=None)
            try:
                picture = decode(one.data, self.limits)
            except RefusedPicture as refusal:
                outcomes.append((bare, Unusable(refusal.reason, str(refusal))))
            else:
                outcomes.append((bare, _described(picture, hashlib.sha256(one.data).hexdigest())))
                yield picture.data


def _described(picture: Picture, source_sha256: str) -> Examined:
    """Describe a picture, and say which bytes it came from."""
    return Examined(
        sha256=picture.sha256,
        source_sha256=source_sha256,
        width=picture.width,
        height=picture.height,
        size=len(picture.data),
        changes=picture.changes,
        phash=as_signed(phash64(picture.image)),
        signature=signature(picture.image).tobytes(),
    )


@contextmanager
def examiners(
    processes: int, max_bytes: int, limits: PictureLimits, open_blobs: Callable[[], BlobStore]
) -> Iterator[Executor]:
    """Start what looks at pictures: processes, or a thread where one is enough; it ends with the block."""
    settle_in = partial(_settle_in, max_bytes, limits, open_blobs)
    if processes == 1:
        with ThreadPoolExecutor(1, initializer=settle_in) as pool:
            yield pool
        return
    context = get_context("forkserver")
    # Imported once, not by each of them in every round: what they do, and what opens their store.
    opener = open_blobs.func if isinstance(open_blobs, partial) else open_blobs
    context.set_forkserver_preload([__name__, opener.__module__, "scipy.fftpack"])
    with ProcessPoolExecutor(processes, context, initializer=settle_in) as pool:
        yield pool


def read_here(urls: list[str]) -> list[Outcome]:
    """Let an examiner's process examine files."""
    return _EXAMINER[0].read(urls)


def examine_here(fetched: list[Fetched]) -> list[Outcome]:
    """Let an examiner's process examine what came."""
    return _EXAMINER[0].examine(fetched)


_EXAMINER: list[Examiner] = []
"""A process's own, whose store it opens once."""


def _settle_in(max_bytes: int, limits: PictureLimits, open_blobs: Callable[[], BlobStore]) -> None:
    _EXAMINER[:] = [Examiner(max_bytes, limits, open_blobs())]
