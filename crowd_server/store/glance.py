"""What many pages show and nobody needs to the second: read at most once a second."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from crowd_server.store.engine import Database

Seen = TypeVar("Seen")
SECONDS = 1.0


class Glance(Generic[Seen]):
    """What a look at the database gave. Another process may change it, so it is soon read again."""

    def __init__(self, look: Callable[[Session], Seen]) -> None:
        self._look = look
        self._until = 0.0
        self._seen: Seen

    def read(self, database: Database) -> Seen:
        """What was seen a second ago or less."""
        if time.monotonic() >= self._until:
            with database.reading() as session:
                self._seen = self._look(session)
            self._until = time.monotonic() + SECONDS
        return self._seen

    def look_again(self) -> None:
        """Look anew the next time: who has just changed it wants to see it."""
        self._until = 0.0
