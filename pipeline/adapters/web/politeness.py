"""What hosts may expect of us: few requests at a time, pauses, and their written wishes respected."""

import asyncio
import math
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from protego import Protego
from yarl import URL

from pipeline.ports import HostNote

AGENT = "Synsetter"
STRIKES = 10
LONGEST_WAIT_SECONDS = 120.0
GIVEN_UP_SECONDS = 60.0

_NOT_WANTED = frozenset(["noai", "noimageai", "noindex", "noimageindex", "none"])
_WITH_VALUE = frozenset(["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"])


class Refusal(Exception):
    """A URL gave no bytes; the attributes are those of `ports.Fetched`, and `url` is where it ended."""

    def __init__(self, reason: str, text: str, *, status: int | None = None, retry: bool = False) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.status = status
        self.retry = retry
        self.url = ""


class NotYet(Refusal):
    """The host's turn comes later than anybody waits."""

    def __init__(self) -> None:
        super().__init__("not_yet", "the host's turn comes later")


class Host:
    """One host's turns: `at_once` requests, starting `interval` seconds apart, none while it wants quiet."""

    def __init__(self, at_once: int, interval: float, strikes: int = 0) -> None:
        self._interval = interval
        self._slots = asyncio.Semaphore(at_once)
        self._door = asyncio.Lock()
        self._next_start = 0.0
        self._strikes = strikes

    @asynccontextmanager
    async def turn(self, until: float = math.inf) -> AsyncIterator[None]:
        """Wait for a turn that comes by `until` (the loop's time) and hold it.

        Raises Refusal when the host was given up, and NotYet.
        """
        async with self._slots:
            async with self._door:
                await self._pause(until)
            yield

    async def _pause(self, until: float) -> None:
        clock = asyncio.get_running_loop().time
        while not self.is_given_up and (wait := self._next_start - clock()) > 0:
            if self._next_start > until:
                raise NotYet
            await asyncio.sleep(wait)
        if self.is_given_up:
            raise Refusal("unreachable", "the host was given up for a while after it failed", retry=True)
        if clock() > until:
            raise NotYet
        self._next_start = clock() + self._interval

    def keep_quiet(self, seconds: float) -> None:
        """Start nothing for some seconds."""
        self._next_start = max(self._next_start, asyncio.get_running_loop().time() + seconds)

    def slow_down(self, interval: float) -> None:
        """Keep at least this many seconds between starts."""
        self._interval = max(self._interval, interval)

    def note(self, *, answered: bool) -> None:
        """Note how a request ended; after STRIKES in a row without an answer the host is given up."""
        self._strikes = 0 if answered else self._strikes + 1

    def give_up(self) -> None:
        """Send nothing more."""
        self._strikes = STRIKES

    @property
    def is_given_up(self) -> bool:
        """Whether nothing more is sent."""
        return self._strikes >= STRIKES

    def left(self) -> HostNote:
        """Tell how the host is left: one that was given up gets one more chance, after a rest."""
        rest = max(0.0, self._next_start - asyncio.get_running_loop().time())
        return HostNote(GIVEN_UP_SECONDS, STRIKES - 1) if self.is_given_up else HostNote(rest, self._strikes)


class Robots:
    """The robots.txt of every origin (scheme, host and port), read once, obeyed as RFC 9309 says."""

    def __init__(self, read: Callable[[URL], Awaitable[bytes]]) -> None:
        self._read = read
        self._rules: dict[URL, asyncio.Task[Protego]] = {}

    async def pause_for(self, url: URL) -> float:
        """Return the seconds between requests that the origin wants. Raises Refusal for a forbidden URL."""
        origin = url.origin()
        if origin not in self._rules:
            self._rules[origin] = asyncio.create_task(self._load(origin))
        rules = await asyncio.shield(self._rules[origin])
        if not rules.can_fetch(str(url), AGENT):
            raise Refusal("robots", "the site's robots.txt asks programs not to fetch this")
        pause = float(rules.crawl_delay(AGENT) or 0)
        if pause > LONGEST_WAIT_SECONDS:
            raise Refusal("robots", f"the site's robots.txt asks for a pause of {pause:g} s between requests")
        return pause

    async def _load(self, origin: URL) -> Protego:
        try:
            text = (await self._read(origin / "robots.txt")).decode("utf-8", "replace")
        except Refusal as refusal:
            if refusal.reason != "status" or refusal.retry:
                raise
            text = ""  # a plain "not found" or "not for you" sets no rules
        return Protego.parse(text)


def is_unwanted(headers: Iterable[str]) -> bool:
    """Tell whether X-Robots-Tag headers ask not to use an image, for everybody or for us."""
    return any(_NOT_WANTED & _directives(header.lower()) for header in headers)


def _directives(header: str) -> set[str]:
    addressed = re.match(r"\s*([\w-]+)\s*:(.*)", header)
    if addressed and addressed[1] not in _WITH_VALUE:
        header = addressed[2] if addressed[1] == AGENT.lower() else ""
    return {directive.strip() for directive in header.split(",")}


def seconds_to_wait(retry_after: str) -> float:
    """Read a Retry-After header, seconds or a date; 0 if it says nothing that can be read."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
