"""What many pages show and nobody needs to the second: read at most once a second of the server's clock."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

Seen = TypeVar("Seen")
SECOND = timedelta(seconds=1)


class Glance(Generic[Seen]):
    """What a look at the database gave. Another process may change it, so it is soon read again."""

    def __init__(self, look: Callable[[Session], Seen]) -> None:
        self._look = look
        self._seen: tuple[datetime, Seen] | None = None

    def read(self, session: Session, now: datetime) -> Seen:
        """What was seen a second ago or less."""
        before = self._seen
        if before and before[0] <= now < before[0] + SECOND:
            return before[1]
        seen = self._look(session)
        self._seen = now, seen
        return seen

    def look_again(self) -> None:
        """Look anew the next time: who has just changed it wants to see it."""
        self._seen = None
