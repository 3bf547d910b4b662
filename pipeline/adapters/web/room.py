"""Memory for bodies: who reads one first takes its room, and whoever is done with the bytes gives it back."""

import asyncio
from collections import deque


class Room:
    """So many bytes; those who find no room wait in line, so that a large body gets its turn too."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._line: deque[tuple[int, asyncio.Event]] = deque()

    async def take(self, size: int) -> None:
        """Wait for room for so many bytes, at most the whole, and take it."""
        if not self._line and size <= self._left:
            self._left -= size
            return
        admitted = asyncio.Event()
        place = (size, admitted)
        self._line.append(place)
        try:
            await admitted.wait()
        except asyncio.CancelledError:
            if admitted.is_set():
                self.give_back(size)
            else:
                self._line.remove(place)
            raise

    def give_back(self, size: int) -> None:
        """Give room back."""
        self._left += size
        while self._line and self._line[0][0] <= self._left:
            size, admitted = self._line.popleft()
            self._left -= size
            admitted.set()
