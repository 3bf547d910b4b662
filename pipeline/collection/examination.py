"""What collection learns of a picture while its bytes are in hand, in processes of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from multiprocessing import get_context

from PIL import Image

from pipeline.pictures import Picture, PictureLimits, RefusedPicture, decode
from pipeline.ports import BlobStore
from quality.phash import as_signed, phash64
from quality.signature import border_of, signature
from quality.wear import quantisation, wear

STORING = 8
"""Pictures of a process that are on their way into the store at once."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A stored picture: its name and size, what was changed, its hash, signature and fidelity."""

    sha256: str
    source_sha256: str
    width: int
    height: int
    size: int
    changes: tuple[str, ...]
    phash: int
    signature: bytes
    fidelity: float


@dataclass(frozen=True, slots=True)
class Unusable:
    """Bytes that are no picture for us, and why."""

    reason: str
    text: str


def examine(data: bytes, limits: PictureLimits, blobs: BlobStore) -> Examined | Unusable:
    """Normalise a picture, put it in the store and describe it."""
    return examine_each([data], limits, blobs)[0]


def examine_each(
    batch: Iterable[bytes], limits: PictureLimits, blobs: BlobStore
) -> list[Examined | Unusable]:
    """Examine pictures one after another while those before are being stored, which is mostly waiting."""
    found: list[Examined | Unusable] = []
    stored = []
    with ThreadPoolExecutor(STORING) as writers:
        for data in batch:
            try:
                picture = decode(data, limits)
            except RefusedPicture as refusal:
                found.append(Unusable(refusal.reason, str(refusal)))
            else:
                stored.append(writers.submit(blobs.put, picture.data))
                found.append(_described(picture, hashlib.sha256(data).hexdigest()))
    for future in stored:
        future.result()
    return found


def _described(picture: Picture, source_sha256: str) -> Examined:
    with Image.open(BytesIO(picture.data)) as image:
        hashed, described = phash64(image), signature(image)
        inside = image.width * image.height * (1 - float(border_of(described[None])[0]))
        worth = wear(image, quantisation(image)).fidelity(inside)
    return Examined(
        sha256=picture.sha256,
        source_sha256=source_sha256,
        width=picture.width,
        height=picture.height,
        size=len(picture.data),
        changes=picture.changes,
        phash=as_signed(hashed),
        signature=described.tobytes(),
        fidelity=worth,
    )


@contextmanager
def examiners(
    processes: int, limits: PictureLimits, open_blobs: Callable[[], BlobStore]
) -> Iterator[Executor]:
    """Start processes that examine pictures; they end with the block."""
    context = get_context("forkserver")
    # What they need is imported once, not by each of them in every round.
    context.set_forkserver_preload(["__main__", __name__])
    with ProcessPoolExecutor(
        processes, context, initializer=_settle_in, initargs=(limits, open_blobs)
    ) as pool:
        yield pool


def examine_all(batch: list[bytes]) -> list[Examined | Unusable]:
    """Examine several pictures in an examiner's process: the way there costs less for many at once."""
    limits, blobs = _DESK[0]
    return examine_each(batch, limits, blobs)


_DESK: list[tuple[PictureLimits, BlobStore]] = []
"""A process's own limits and store, which it opens once."""


def _settle_in(limits: PictureLimits, open_blobs: Callable[[], BlobStore]) -> None:
    _DESK[:] = [(limits, open_blobs())]


def finished(futures: Iterable[Future[list[Examined | Unusable]]]) -> Iterator[Examined | Unusable]:
    """Give the results of batches in the order in which they were handed in."""
    for future in futures:
        yield from future.result()
