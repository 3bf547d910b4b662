"""A web server on the loopback interface for adapters to talk to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ssl import SSLContext

import pytest
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[..., "asynccontextmanager[str]"]


@pytest.fixture
def serve() -> Callable[..., object]:
    """Return `async with serve({"/path": handler}) as base_url`; other paths answer 404."""
    return _serve


@asynccontextmanager
async def _serve(
    routes: dict[str, Handler], tls: SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[str]:
    app = web.Application()
    for path, handler in routes.items():
        app.router.add_get(path, handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"{'https' if tls else 'http'}://{host}:{port}"
    finally:
        await runner.cleanup()
