"""Whose turn it is to be fetched: the list goes round, hosts are mixed, and those that rest are left alone.

A host that asks for two minutes between requests must hold up neither the other hosts nor the crowd. So a
round starts only what can start soon, and what is kept from one round to the next is here: where the last
look at the list ended, how long hosts want to be left alone, and how often they have failed.
"""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import chain, zip_longest
from urllib.parse import urlsplit

from pipeline.ports import HostNote

ROUND_SECONDS = 20.0
"""After which a round of fetching starts nothing more; what has not had its turn gets it in another round."""


class Rota:
    """What collection remembers between rounds; `interval` is the pause between two requests to a host."""

    def __init__(self, interval: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.after = 0
        self._clock = clock
        self._most = ROUND_SECONDS / interval if interval > 0 else math.inf
        self._rests: dict[str, float] = {}
        self._strikes: dict[str, int] = {}

    def begin(self) -> Callable[[], bool]:
        """Begin a round; give what tells whether nothing more is to be started in it."""
        end = self._clock() + ROUND_SECONDS
        return lambda: self._clock() >= end

    def sieve(self) -> Callable[[str], bool]:
        """Make a round's choice: is this URL's host free, with fewer chosen than it can serve?"""
        now, taken = self._clock(), Counter[str]()

        def chosen(url: str) -> bool:
            host = host_of(url)
            taken[host] += 1
            return not host or (taken[host] <= self._most and self._rests.get(host, 0.0) <= now)

        return chosen

    def wait(self) -> float:
        """Give the seconds until the first of the hosts that rest may be asked again; 0 if none rests."""
        now = self._clock()
        return min((until - now for until in self._rests.values() if until > now), default=0.0)

    def strikes(self) -> dict[str, int]:
        """Give the failures in a row of hosts that have failed."""
        return dict(self._strikes)

    def note(self, notes: Mapping[str, HostNote]) -> None:
        """Remember how hosts are after a round."""
        now = self._clock()
        self._rests = {host: until for host, until in self._rests.items() if until > now}
        for host, note in notes.items():
            if note.rest > 0:
                self._rests[host] = now + note.rest
            if note.strikes:
                self._strikes[host] = note.strikes
            else:
                self._strikes.pop(host, None)


def host_of(url: str) -> str:
    """Name the host of a URL, as it is spelt on the wire; nothing for files, nor for what is no URL.

    >>> host_of("https://Example.org:8080/a.jpg"), host_of("file:///a.jpg")
    ('example.org', '')
    """
    try:
        host = urlsplit(url).hostname or ""
        return host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        return ""


def in_turn(urls: Iterable[str]) -> list[str]:
    """Deal URLs by turns, one of each host after the other, each host's in their order.

    >>> in_turn(["http://a/1", "http://a/2", "http://b/1"])
    ['http://a/1', 'http://b/1', 'http://a/2']
    """
    by_host: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        by_host[host_of(url)].append(url)
    rounds = zip_longest(*by_host.values())
    return [url for url in chain.from_iterable(rounds) if url is not None]
