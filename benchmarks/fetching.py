"""CPU time of the fetcher for each request over HTTPS with new connections, and of one built wrong.

    python benchmarks/fetching.py [REQUESTS]

The server runs in a process of its own on the loopback interface and closes every connection. Compared are
Synsetter's fetcher (robots.txt, guard, limits and all), a bare aiohttp session, and the anti-peer: a client
that builds a TLS context for each request, as img2dataset does. The floor is what the TLS library takes for
connecting alone, with nothing sent: no client that verifies certificates can be below it. All but the
anti-peer get a context made before, as Synsetter's fetcher keeps one for all rounds. The server's processor
time is not counted. Clients take turns, and the median of the turns is given.
"""

import asyncio
import multiprocessing
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

import aiohttp
from aiohttp import web
from yarl import URL

from pipeline.adapters.web.exchange import FetchPolicy
from pipeline.adapters.web.fetcher import WebFetcher

PICTURE = bytes(30_000)

Client = Callable[[list[str], ssl.SSLContext], Coroutine[Any, Any, int]]

TURNS = 5


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate for 127.0.0.1."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return key, cert


def trusting(cert: Path) -> ssl.SSLContext:
    """Build a TLS context that trusts the system's authorities and our server."""
    context = ssl.create_default_context()
    context.load_verify_locations(cert)
    return context


def serve(key: Path, cert: Path, ready: Connection) -> None:
    """Serve the picture until killed, one connection a request."""

    async def picture(request: web.Request) -> web.Response:
        response = web.Response(body=PICTURE, content_type="image/jpeg")
        response.force_close()
        return response

    async def run() -> None:
        app = web.Application()
        app.router.add_get("/{n}.jpg", picture)
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(cert, key)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls, backlog=1024).start()
        ready.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


async def synsetter(urls: list[str], tls: ssl.SSLContext) -> int:
    """Fetch with Synsetter's fetcher, its pauses turned off."""
    policy = FetchPolicy("benchmark", same_host=32, host_interval_seconds=0.0, allow_private=True)
    async with WebFetcher(policy, tls) as fetcher:
        return sum([len(fetched.data or b"") async for fetched in fetcher.fetch_all(urls)])


async def bare(urls: list[str], tls: ssl.SSLContext) -> int:
    """Fetch with nothing but aiohttp and one TLS context."""
    slots = asyncio.Semaphore(32)
    connector = aiohttp.TCPConnector(ssl=tls, limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def fetch(url: str) -> int:
            async with slots, session.get(url) as response:
                return len(await response.read())

        return sum(await asyncio.gather(*map(fetch, urls)))


async def connections_alone(urls: list[str], tls: ssl.SSLContext) -> int:
    """Connect and shake hands, one after the other, by blocking calls."""
    sent = 0
    for url in urls:
        address = (URL(url).host or "", URL(url).port or 0)
        with (
            socket.create_connection(address) as raw,
            tls.wrap_socket(raw, server_hostname=address[0]) as wrapped,
        ):
            sent += len(PICTURE) if wrapped.version() else 0
    return sent


def context_per_request(cert: Path) -> Client:
    """Give a client that builds a TLS context for each request."""

    def fetch(url: str) -> int:
        with urlopen(url, context=trusting(cert)) as response:
            return len(response.read())

    async def fetch_all(urls: list[str], _: ssl.SSLContext) -> int:
        return sum([await asyncio.to_thread(fetch, url) for url in urls])

    return fetch_all


def measure(client: Client, urls: list[str], tls: ssl.SSLContext) -> tuple[float, float]:
    """Give milliseconds of CPU and wall time a request."""
    wall, cpu = time.perf_counter(), time.process_time()
    fetched = asyncio.run(client(urls, tls))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    assert fetched == len(urls) * len(PICTURE), "bytes were lost"
    return 1000 * cpu / len(urls), 1000 * wall / len(urls)


def report(clients: dict[str, Client], urls: list[str], tls: ssl.SSLContext) -> None:
    """Let clients take turns; print what each takes, and how many times the first of them, the floor."""
    shares = [urls[turn::TURNS] for turn in range(TURNS)]
    turns = [{name: measure(client, some, tls) for name, client in clients.items()} for some in shares]
    floor = next(iter(clients))
    for name in clients:
        cpu, wall = (median(turn[name][k] for turn in turns) for k in (0, 1))
        times = median(turn[name][0] / turn[floor][0] for turn in turns)
        print(f"{name:<28} {cpu:6.2f} ms CPU  {wall:6.2f} ms wall a request  {times:6.1f} x the floor")


def main() -> None:
    """Start the server and measure the clients."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as folder:
        key, cert = certificate(Path(folder))
        ours, theirs = multiprocessing.Pipe()
        server = multiprocessing.get_context("spawn").Process(
            target=serve, args=(key, cert, theirs), daemon=True
        )
        server.start()
        port = ours.recv()
        urls = [f"https://127.0.0.1:{port}/{n}.jpg" for n in range(requests)]
        tls = trusting(cert)
        floor: dict[str, Client] = {"connecting alone: the floor": connections_alone}
        report({**floor, "synsetter": synsetter, "bare aiohttp, one context": bare}, urls, tls)
        report({**floor, "a context for each request": context_per_request(cert)}, urls[:100], tls)
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
