"""One exchange with one host: its turn, its redirects, its headers before its body, its limits."""

import asyncio
import math
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

import aiohttp
from yarl import URL

from pipeline.adapters.web.addresses import PrivateAddress, socket_factory
from pipeline.adapters.web.politeness import (
    AGENT,
    LONGEST_WAIT_SECONDS,
    Host,
    Refusal,
    is_unwanted,
    seconds_to_wait,
)
from pipeline.adapters.web.room import Room
from pipeline.ports import HostNote

REDIRECTS = 5
HELD_BYTES = 256_000_000
"""That bodies may take at once, from before they are read until somebody has taken them."""

Permit = Callable[[URL], Awaitable[None]]

_MOVED = frozenset([301, 302, 303, 307, 308])
_BUSY = frozenset([429, 503])
_NO_IMAGE = ("text/html", "application/xhtml", "application/json", "image/svg", "video/", "audio/")


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """How to behave: whom hosts may turn to, requests at once and seconds between them per host, limits.

    Pictures whose host's turn does not come within `start_within_seconds` are left for another time.
    """

    contact: str
    same_host: int = 2
    host_interval_seconds: float = 0.2
    timeout_seconds: float = 30.0
    retries: int = 3
    max_bytes: int = 30_000_000
    allow_private: bool = False
    start_within_seconds: float = math.inf


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host sent with a status of 200; the bytes take up room until it is given back."""

    url: str
    data: bytes


@cache
def trusted() -> ssl.SSLContext:
    """Read the system's trusted authorities, once in a process: it takes as long as thirty handshakes."""
    return ssl.create_default_context()


class Exchange:
    """A session of our own kind: no cookies, no proxy, no private addresses, one TLS context for all."""

    def __init__(self, policy: FetchPolicy, tls: ssl.SSLContext | None, strikes: Mapping[str, int]) -> None:
        self.room = Room(max(HELD_BYTES, policy.max_bytes + 1))
        self._policy = policy
        self._strikes = strikes
        self._hosts: dict[str, Host] = {}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=tls or trusted(),
                limit=0,
                socket_factory=socket_factory(policy.allow_private),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(),  # ours stands still while a body waits for room
            headers={
                "User-Agent": f"{AGENT}/{version('synsetter')} (image datasets; {policy.contact})",
                "Accept-Encoding": "identity",
            },
        )

    async def close(self) -> None:
        """Close the session and its connections."""
        await self._session.close()

    def host(self, url: URL) -> Host:
        """Return the host of a URL, which must be http or https. Raises Refusal."""
        if url.scheme not in {"http", "https"} or not url.host:
            raise Refusal("scheme", f"{url} is neither http nor https")
        name = str(url.raw_host)
        if name not in self._hosts:
            self._hosts[name] = Host(
                self._policy.same_host, self._policy.host_interval_seconds, self._strikes.get(name, 0)
            )
        return self._hosts[name]

    def notes(self) -> dict[str, HostNote]:
        """Tell how the hosts are that were asked, by name."""
        return {name: host.left() for name, host in self._hosts.items()}

    async def get(
        self, url: URL, max_bytes: int, permit: Permit | None = None, until: float = math.inf
    ) -> Answer:
        """Follow redirects to an answer; `permit` is asked before each hop, and only images are wanted then.

        Raises Refusal, and NotYet when a host's turn does not come by `until` (the loop's time).
        """
        try:
            for _ in range(REDIRECTS + 1):
                if permit:
                    await permit(url)
                host = self.host(url)
                async with host.turn(until):
                    answer = await self._request(url, host, max_bytes, images_only=permit is not None)
                if isinstance(answer, Answer):
                    return answer
                url = answer
            raise Refusal("redirects", f"more than {REDIRECTS} redirects")
        except Refusal as refusal:
            refusal.url = str(url)
            raise

    async def _request(self, url: URL, host: Host, max_bytes: int, *, images_only: bool) -> Answer | URL:
        try:
            async with (
                asyncio.timeout(self._policy.timeout_seconds) as limit,
                self._session.get(url, allow_redirects=False) as response,
            ):
                if response.status in _MOVED and "Location" in response.headers:
                    return url.join(URL(response.headers["Location"]))
                _check_status(response, host)
                if images_only:
                    _check_wanted(response)
                return Answer(str(url), await self._read(response, max_bytes, limit))
        except TimeoutError as error:
            text = f"no complete answer within {self._policy.timeout_seconds} s"
            raise Refusal("timeout", text, retry=True) from error
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, PrivateAddress):
                raise Refusal("private_address", str(PrivateAddress.__doc__)) from error
            raise _unreachable(error) from error
        except aiohttp.ClientError as error:
            raise _unreachable(error) from error

    async def _read(self, response: aiohttp.ClientResponse, max_bytes: int, limit: asyncio.Timeout) -> bytes:
        too_large = Refusal("too_large", f"more than {max_bytes} bytes", status=response.status)
        length = None if "Content-Encoding" in response.headers else response.content_length
        size = max_bytes if length is None else length
        if size > max_bytes:
            raise too_large
        async with _stopped(limit):
            await self.room.take(size)
        data = bytearray()
        try:
            async for chunk in response.content.iter_any():
                data += chunk
                if len(data) > size:
                    raise too_large
        except BaseException:
            self.room.give_back(size)
            raise
        self.room.give_back(size - len(data))
        return bytes(data)


@asynccontextmanager
async def _stopped(limit: asyncio.Timeout) -> AsyncIterator[None]:
    # That we have no room is not the host's fault.
    clock = asyncio.get_running_loop().time
    left = (limit.when() or math.inf) - clock()
    limit.reschedule(None)
    yield
    limit.reschedule(clock() + left)


def _unreachable(error: aiohttp.ClientError) -> Refusal:
    if isinstance(error, aiohttp.InvalidURL):
        return Refusal("bad_url", f"not a usable URL: {error}")
    wrong_certificate = isinstance(error, aiohttp.ClientSSLError)
    return Refusal("unreachable", f"{type(error).__name__}: {error}", retry=not wrong_certificate)


def _check_status(response: aiohttp.ClientResponse, host: Host) -> None:
    status = response.status
    if status in _BUSY:
        wait = seconds_to_wait(response.headers.get("Retry-After", ""))
        if wait > LONGEST_WAIT_SECONDS:
            host.give_up()
        host.keep_quiet(wait)
        raise Refusal(
            "busy", f"the host asks to come back later (status {status})", status=status, retry=True
        )
    if status != 200:
        retry = status >= 500 or status == 408
        raise Refusal("status", f"the host answers with status {status}", status=status, retry=retry)


def _check_wanted(response: aiohttp.ClientResponse) -> None:
    if is_unwanted(response.headers.getall("X-Robots-Tag", [])):
        raise Refusal("noai", "the host's X-Robots-Tag asks not to use this image", status=response.status)
    if response.content_type.startswith(_NO_IMAGE):
        raise Refusal("not_image", f"the host sends {response.content_type}", status=response.status)
