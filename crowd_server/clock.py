"""The server's time: UTC, plus an offset that only a file on this machine can set."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]


def real_time() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class FileClock:
    """UTC moved by the seconds that a text file holds; re-read when the file changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.version: tuple[int, int] | None = None
        self.offset = timedelta()

    def __call__(self) -> datetime:
        """Now, moved. A missing or unreadable file leaves the last known offset in force."""
        try:
            stat = self.path.stat()
            if self.version != (stat.st_mtime_ns, stat.st_size):
                self.offset = timedelta(seconds=float(self.path.read_text()))
                self.version = (stat.st_mtime_ns, stat.st_size)
        except (OSError, ValueError):
            pass
        return real_time() + self.offset
