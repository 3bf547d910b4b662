"""Time as an argument: the machine's clock, or one that a rehearsal sets forward."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]
"""Gives the time now, aware UTC."""


def system_clock() -> datetime:
    """Give the machine's time."""
    return datetime.now(UTC)


def shifted_clock(offset_file: Path) -> Clock:
    """Give the machine's time plus the seconds that a file holds, which several processes can share."""

    def now() -> datetime:
        return system_clock() + timedelta(seconds=float(offset_file.read_text() or 0))

    return now
