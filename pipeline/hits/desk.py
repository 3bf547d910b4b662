"""The desk that HIT pages ask for work: a port, and the ways it says no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline.hits.question import Question


class NothingToDo(Exception):
    """No item of this HIT needs this worker's answer."""


class LeaseRefused(Exception):
    """The assignment is unknown, over, or another worker's."""


class WorkerExcluded(LeaseRefused):
    """The requester takes no more work from this worker."""


class UnknownPicture(Exception):
    """The picture's address is forged, or its time is over."""


@dataclass(frozen=True)
class Marked:
    """A marked test, by item key: what was answered first, and what is right, where that is known.

    `needed` is how many must be right.
    """

    answers: Mapping[str, str]
    truth: Mapping[str, str]
    needed: int


class Desk(Protocol):
    """Hands out questions and the pictures in them."""

    def preview(self, kind: str, wnid: str) -> Question:
        """Sample items for anybody to look at; leases nothing. Raises `NothingToDo`."""

    def open(self, kind: str, wnid: str, hit_id: str, assignment_id: str, worker_id: str) -> Question:
        """Lease items to an assignment, the same on every reload. Raises `NothingToDo`, `LeaseRefused`."""

    def mark(self, document: str) -> Marked:
        """Keep a test's answers for good and tell the truth. Raises `LeaseRefused`, `BadAnswer`."""

    def picture(self, token: str) -> tuple[bytes, str]:
        """Bytes and media type of a picture. Raises `UnknownPicture`."""
