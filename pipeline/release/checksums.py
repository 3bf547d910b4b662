"""SHA256SUMS over every file of a release, in the format of ``sha256sum``."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path

SUMS = "SHA256SUMS"


def write_checksums(release: Path) -> int:
    """Write SHA256SUMS, sorted by path, and return the number of files it lists."""
    count = 0
    with (release / SUMS).open("w", encoding="utf-8", newline="\n") as sums:
        for path in _files(release):
            if path != release / SUMS:
                sums.write(f"{_digest(path)}  {path.relative_to(release).as_posix()}\n")
                count += 1
    return count


def first_fault(release: Path) -> str | None:
    """The first file that is missing, added or altered since SHA256SUMS was written, or None."""
    listed = 0
    for line in (release / SUMS).read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        listed += 1
        if not (release / name).is_file():
            return f"{name} is missing"
        if _digest(release / name) != digest:
            return f"{name} was altered"
    found = sum(1 for _ in _files(release)) - 1
    return None if found == listed else f"{found} files where {listed} are listed"


def _files(folder: Path) -> Iterator[Path]:
    """Files below ``folder``, one folder in memory at a time, in the order of their paths as text."""
    for path in sorted(folder.iterdir(), key=lambda path: f"{path.name}/" if path.is_dir() else path.name):
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
