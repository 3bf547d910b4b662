"""Blobs in a local folder: ab/abcd…, a file named by its SHA-256, there whole or not at all.

They are written next to one another in a folder of their own, which costs the file system a third less than
to begin each where it belongs, and moved when they are whole.
"""

import ctypes
import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Sized
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from pipeline.errors import WorldError
from pipeline.ports import BlobDamaged, BlobMissing

PRIVATE, NEW = 0o600, os.O_WRONLY | os.O_CREAT | os.O_EXCL
INCOMING = ".incoming"
ABANDONED_SECONDS = 24 * 3600.0

Done = TypeVar("Done")


class LocalBlobs:
    """A `ports.BlobStore`; with `fsync` a stored blob also outlives a power cut."""

    def __init__(self, folder: Path, *, fsync: bool = True) -> None:
        self._folder = folder
        self._fsync = fsync
        self._clear_away()

    def put(self, data: bytes) -> str:
        """Store bytes, unless they are there, and return their SHA-256. Raises WorldError."""
        return self.put_all([data])[0]

    def put_all(self, blobs: Iterable[bytes]) -> list[str]:
        """Store blobs as they come and make sure of all at the end; give their names. Raises WorldError."""
        unfinished: list[tuple[Path, Path]] = []
        try:
            names = [self._begin(data, unfinished) for data in blobs]
            self._make_sure(unfinished)
            for part, path in unfinished:
                _below_a_folder(path, partial(part.replace, path))
            self._make_sure(unfinished)
        except BaseException as error:
            for part, _ in unfinished:
                part.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise WorldError(f"Cannot store pictures in {self._folder}: {error.strerror}.") from error
            raise
        return names

    def get(self, sha256: str) -> bytes:
        """Return bytes, checked against their name. Raises BlobMissing and BlobDamaged."""
        path = self._path(sha256)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BlobMissing(f"Cannot read the picture {path}: {error.strerror}.") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BlobDamaged(f"The picture {path} no longer matches its name. Restore it from a copy.")
        return data

    def has(self, sha256: str) -> bool:
        """Tell whether bytes of this name are stored."""
        return self._path(sha256).exists()

    def remove(self, sha256: str) -> None:
        """Remove bytes, if they are there. Raises WorldError."""
        path = self._path(sha256)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise WorldError(f"Cannot remove {path}: {error.strerror}.") from error

    def _clear_away(self) -> None:
        """Remove what a killed process has begun, once it is so old that nobody can be at it."""
        for part in (self._folder / INCOMING).glob("*"):
            with suppress(OSError):  # moved, or removed by another, meanwhile; or not ours to remove
                if time.time() - part.stat().st_mtime > ABANDONED_SECONDS:
                    part.unlink()

    def _path(self, sha256: str) -> Path:
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise BlobMissing(f"{sha256!r} is no SHA-256.")
        return self._folder / sha256[:2] / sha256

    def _begin(self, data: bytes, unfinished: list[tuple[Path, Path]]) -> str:
        """Write a blob that is not there under another name; note both names."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if not _holds(path, len(data)):
            part = self._folder / INCOMING / secrets.token_hex(8)
            with os.fdopen(_below_a_folder(part, partial(os.open, part, NEW, PRIVATE)), "wb") as file:
                unfinished.append((part, path))
                file.write(data)
        return sha256

    def _make_sure(self, written: Sized) -> None:
        if self._fsync and written:
            _sync(self._folder)


def _below_a_folder(path: Path, act: Callable[[], Done]) -> Done:
    """Do what needs the folder of a path, and make that first if it is not there."""
    try:
        return act()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return act()


def _holds(path: Path, size: int) -> bool:
    # A power cut may have left a file that is too short, if it was stored without fsync.
    try:
        return path.stat().st_size == size
    except OSError:
        return False


_LIBC = ctypes.CDLL(None, use_errno=True)


def _sync(folder: Path) -> None:
    """Wait until all that was written to a folder's file system is on the disk.

    For many small files that is a fraction of the work of an fsync for each of them and of their folders.
    """
    if not hasattr(_LIBC, "syncfs"):  # Linux alone has it
        return os.sync()
    handle = os.open(folder, os.O_RDONLY)
    try:
        if _LIBC.syncfs(handle):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(handle)
