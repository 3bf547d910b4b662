"""The fetcher: many URLs at once, each tried until it gives bytes or a reason why it does not."""

import asyncio
import math
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from types import TracebackType
from typing import Self

from yarl import URL

from pipeline.adapters.web.exchange import Answer, Exchange, FetchPolicy, Permit
from pipeline.adapters.web.politeness import NotYet, Refusal, Robots
from pipeline.errors import SettingsError
from pipeline.ports import Fetched, FetchFailed, HostNote

AT_ONCE = 256
BACK_OFF_SECONDS = 1.0
ROBOTS_BYTES = 500_000


class WebFetcher:
    """A `ports.Fetcher`; use it as `async with WebFetcher(policy) as fetcher`.

    `strikes` are earlier failures in a row of hosts; `tls` replaces the system's trusted authorities.
    """

    def __init__(
        self, policy: FetchPolicy, tls: ssl.SSLContext | None = None, strikes: Mapping[str, int] | None = None
    ) -> None:
        self._policy = policy
        self._tls = tls
        self._strikes = strikes or {}

    async def __aenter__(self) -> Self:
        """Open the session."""
        self._exchange = Exchange(self._policy, self._tls, self._strikes)
        self._robots = Robots(self._read_robots)
        self._until = asyncio.get_running_loop().time() + self._policy.start_within_seconds
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session and its connections."""
        await self._exchange.close()

    async def fetch_all(self, urls: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[Fetched]:
        """Yield one outcome for each URL as they come in; at most AT_ONCE are begun and not taken."""
        outcomes: asyncio.Queue[Fetched | None] = asyncio.Queue()
        window = asyncio.Semaphore(AT_ONCE)

        async def fetch(url: str) -> None:
            outcomes.put_nowait(await self._outcome(url))

        async def fetch_each() -> None:
            try:
                async with asyncio.TaskGroup() as group:
                    async for url in _each(urls):
                        await window.acquire()
                        group.create_task(fetch(url))
            finally:
                outcomes.put_nowait(None)

        feeder = asyncio.create_task(fetch_each())
        try:
            while (outcome := await outcomes.get()) is not None:
                yield outcome
                self._exchange.room.give_back(len(outcome.data or b""))
                window.release()
            await feeder
        except ExceptionGroup as group:
            # The URLs' or the settings' fault: no group for callers to open.
            first, *_ = group.exceptions
            raise first from None
        finally:
            feeder.cancel()
            await asyncio.gather(feeder, return_exceptions=True)

    async def ask(self, url: str) -> bytes:
        """Return what an API answers. Raises FetchFailed."""
        try:
            return self._taken(await self._try_hard(URL(url), self._policy.max_bytes))
        except (Refusal, ValueError) as error:
            raise FetchFailed(f"{url} does not answer as it should: {error}. Try again later.") from error

    def notes(self) -> dict[str, HostNote]:
        """Tell how the hosts are that were asked, by name."""
        return self._exchange.notes()

    def _taken(self, answer: Answer) -> bytes:
        self._exchange.room.give_back(len(answer.data))
        return answer.data

    async def _outcome(self, url: str) -> Fetched:
        try:
            answer = await self._try_hard(URL(url), self._policy.max_bytes, self._permit, self._until)
            return Fetched(url, answer.url, 200, answer.data)
        except NotYet:
            return Fetched(url, url)
        except ValueError as error:
            return Fetched(url, url, refusal="bad_url", text=f"not a usable URL: {error}")
        except Refusal as refusal:
            at = refusal.url or url
            return Fetched(url, at, refusal.status, None, refusal.reason, refusal.text, refusal.retry)

    async def _permit(self, url: URL) -> None:
        host = self._exchange.host(url)
        try:
            host.slow_down(await self._robots.pause_for(url))
        except Refusal as refusal:
            if refusal.retry:  # robots.txt was tried hard already, and is the host's word for all its pages
                host.give_up()
            raise

    async def _try_hard(
        self, url: URL, max_bytes: int, permit: Permit | None = None, until: float = math.inf
    ) -> Answer:
        if not (self._policy.contact or self._policy.allow_private):
            raise SettingsError(
                "Set collect.contact to a URL or mail address: hosts must know whom to turn to."
            )
        host = self._exchange.host(url)
        tries, last = 0, None
        while True:
            try:
                answer = await self._exchange.get(url, max_bytes, permit, until)
            except NotYet as not_yet:
                # A try that failed counts, or a host that is always busy would be asked for ever.
                raise last or not_yet from None
            except Refusal as refusal:
                tries, last = tries + 1, refusal
                host.note(answered=not refusal.retry)
                if not refusal.retry or tries > self._policy.retries or host.is_given_up:
                    raise
                host.keep_quiet(BACK_OFF_SECONDS * 2 ** (tries - 1))
            else:
                host.note(answered=True)
                return answer

    async def _read_robots(self, url: URL) -> bytes:
        return self._taken(await self._try_hard(url, ROBOTS_BYTES, until=self._until))


async def _each(urls: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[str]:
    if isinstance(urls, AsyncIterable):
        async for url in urls:
            yield url
    else:
        for url in urls:
            yield url
