"""Blobs in a local folder: ab/abcd…, a file named by its SHA-256, there whole or not at all."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from pipeline.errors import WorldError
from pipeline.ports import BlobDamaged, BlobMissing


class LocalBlobs:
    """A `ports.BlobStore`; with `fsync` a stored blob also outlives a power cut."""

    def __init__(self, folder: Path, *, fsync: bool = True) -> None:
        self._folder = folder
        self._fsync = fsync

    def put(self, data: bytes) -> str:
        """Store bytes, unless they are there, and return their SHA-256. Raises WorldError."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if not _holds(path, len(data)):
            try:
                self._store(path, data)
            except OSError as error:
                raise WorldError(f"Cannot store a picture in {path.parent}: {error.strerror}.") from error
        return sha256

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

    def _path(self, sha256: str) -> Path:
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise BlobMissing(f"{sha256!r} is no SHA-256.")
        return self._folder / sha256[:2] / sha256

    def _store(self, path: Path, data: bytes) -> None:
        try:
            self._write(path, data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._write(path, data)

    def _write(self, path: Path, data: bytes) -> None:
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                if self._fsync:
                    file.flush()
                    os.fsync(handle)
            Path(unfinished).replace(path)
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise
        if self._fsync:
            _sync_folder(path.parent)


def _holds(path: Path, size: int) -> bool:
    # A power cut may have left a file that is too short, if it was stored without fsync.
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
