"""Whose turn it is to write: SQLite has one writer, and who waits for it should be woken, not poll."""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turns:
    """A queue before one database file, of all threads of all processes on this machine.

    SQLite's own wait sleeps between its tries, up to a tenth of a second; the kernel's lock on a file beside
    the database wakes the next writer at once, and lets go when a process dies.
    """

    def __init__(self, database: Path) -> None:
        self._threads = threading.Lock()
        self._file = database.with_name(database.name + ".turn").open("w")

    @contextmanager
    def mine(self) -> Iterator[None]:
        """Wait for one's turn, and keep it."""
        with self._threads:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Leave the queue."""
        self._file.close()
