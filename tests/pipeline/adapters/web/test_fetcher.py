import asyncio
import gzip
import time
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from pipeline.adapters.web import addresses
from pipeline.adapters.web import fetcher as fetcher_module
from pipeline.adapters.web.exchange import FetchPolicy
from pipeline.adapters.web.fetcher import WebFetcher
from pipeline.errors import SettingsError
from pipeline.ports import Fetched, FetchFailed

PICTURE = b"\xff\xd8 a picture"
OURS = FetchPolicy("mailto:curator@example.org", host_interval_seconds=0.0, retries=1, allow_private=True)


@pytest.fixture(autouse=True)
def _short_back_off(monkeypatch):
    monkeypatch.setattr(fetcher_module, "BACK_OFF_SECONDS", 0.01)


def answering(body=PICTURE, status=200, content_type="image/jpeg", **headers):
    seen = []

    async def handler(request):
        seen.append(request)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, status=status, content_type=content_type, headers=named)

    handler.seen = seen
    return handler


def redirecting(to, status=302):
    async def handler(request):
        return web.Response(status=status, headers={"Location": to})

    return handler


async def fetch(*urls, policy=OURS) -> dict[str, Fetched]:
    async with WebFetcher(policy) as fetcher:
        return {fetched.url: fetched async for fetched in fetcher.fetch_all(urls)}


def fetch_one(serve, routes, path="/a.jpg", policy=OURS) -> Fetched:
    async def scenario():
        async with serve(routes) as base:
            url = f"{base}{path}"
            return (await fetch(url, policy=policy))[url]

    return asyncio.run(scenario())


def test_brings_bytes_with_our_own_user_agent(serve):
    page = answering()
    fetched = fetch_one(serve, {"/a.jpg": page})
    assert (fetched.data, fetched.status, fetched.refusal) == (PICTURE, 200, "")
    agent = page.seen[0].headers["User-Agent"]
    assert agent.startswith("Synsetter/")
    assert "mailto:curator@example.org" in agent


def test_follows_redirects_and_says_where_they_ended(serve):
    fetched = fetch_one(serve, {"/a.jpg": redirecting("b.jpg"), "/b.jpg": answering()})
    assert fetched.data == PICTURE
    assert fetched.final_url.endswith("/b.jpg")


def test_leaves_a_circle_of_redirects(serve):
    assert fetch_one(serve, {"/a.jpg": redirecting("/a.jpg")}).refusal == "redirects"


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://example.org/a.jpg", "gopher://x/"])
def test_follows_no_redirect_out_of_the_web(serve, location):
    assert fetch_one(serve, {"/a.jpg": redirecting(location)}).refusal == "scheme"


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({"X_Robots_Tag": "noai, noimageai"}, "noai"),
        ({"X_Robots_Tag": "synsetter: noindex"}, "noai"),
        ({"X_Robots_Tag": "googlebot: noindex"}, ""),
        ({"X_Robots_Tag": "unavailable_after: 25 Jun 2030 15:00:00 PST"}, ""),
    ],
)
def test_honours_x_robots_tag(serve, headers, refusal):
    assert fetch_one(serve, {"/a.jpg": answering(**headers)}).refusal == refusal


def test_obeys_robots_txt_and_reads_it_once(serve):
    rules = answering(b"User-agent: Synsetter\nDisallow: /private/\n", content_type="text/plain")
    routes = {"/robots.txt": rules, "/private/a.jpg": answering(), "/b.jpg": answering()}

    async def scenario():
        async with serve(routes) as base:
            return await fetch(f"{base}/private/a.jpg", f"{base}/b.jpg")

    first, second = asyncio.run(scenario()).values()
    assert {first.refusal, second.refusal} == {"robots", ""}
    assert len(rules.seen) == 1
    assert not routes["/private/a.jpg"].seen


def test_obeys_the_robots_txt_of_a_redirects_target(serve):
    async def scenario():
        target = {"/robots.txt": answering(b"User-agent: *\nDisallow: /\n"), "/b.jpg": answering()}
        async with serve(target) as other, serve({"/a.jpg": redirecting(f"{other}/b.jpg")}) as base:
            return await fetch(f"{base}/a.jpg")

    (fetched,) = asyncio.run(scenario()).values()
    assert fetched.refusal == "robots"


def test_takes_a_broken_robots_txt_as_a_no(serve):
    page = answering()
    fetched = fetch_one(serve, {"/robots.txt": answering(status=500), "/a.jpg": page})
    assert (fetched.refusal, fetched.retry) == ("status", True)
    assert not page.seen


def test_refuses_a_web_page_before_its_body(serve):
    assert fetch_one(serve, {"/a.jpg": answering(content_type="text/html")}).refusal == "not_image"


@pytest.mark.parametrize("status", [404, 410, 403])
def test_a_dead_link_is_not_tried_again(serve, status):
    page = answering(status=status)
    fetched = fetch_one(serve, {"/a.jpg": page})
    assert (fetched.refusal, fetched.status, fetched.retry) == ("status", status, False)
    assert len(page.seen) == 1


def test_tries_again_after_a_server_error(serve):
    calls = []

    async def flaky(request):
        calls.append(request)
        return (
            web.Response(status=500)
            if len(calls) == 1
            else web.Response(body=PICTURE, content_type="image/png")
        )

    assert fetch_one(serve, {"/a.jpg": flaky}).data == PICTURE


def test_waits_as_long_as_a_busy_host_asks(serve):
    times = []

    async def busy(request):
        times.append(time.monotonic())
        if len(times) == 1:
            return web.Response(status=429, headers={"Retry-After": "1"})
        return web.Response(body=PICTURE, content_type="image/png")

    assert fetch_one(serve, {"/a.jpg": busy}).data == PICTURE
    assert times[1] - times[0] >= 0.99


def test_gives_a_host_up_that_asks_for_a_day(serve):
    page = answering(status=429, Retry_After="86400")
    fetched = fetch_one(serve, {"/a.jpg": page})
    assert (fetched.refusal, fetched.retry) == ("busy", True)
    assert len(page.seen) == 1


def test_gives_a_host_up_that_never_answers(serve):
    page = answering(status=500)

    async def scenario():
        async with serve({"/{name}.jpg": page}) as base:
            return await fetch(*(f"{base}/{n}.jpg" for n in range(40)), policy=replace(OURS, same_host=1))

    outcomes = asyncio.run(scenario()).values()
    assert len(outcomes) == 40
    assert all(outcome.retry for outcome in outcomes)
    assert len(page.seen) < 20


def test_stops_at_the_byte_limit_with_and_without_a_length(serve):
    async def endless(request):
        response = web.StreamResponse(headers={"Content-Type": "image/jpeg"})
        await response.prepare(request)
        for _ in range(1000):
            await response.write(bytes(1000))
        return response

    small = replace(OURS, max_bytes=10_000)
    assert fetch_one(serve, {"/a.jpg": endless}, policy=small).refusal == "too_large"
    assert fetch_one(serve, {"/a.jpg": answering(bytes(10_001))}, policy=small).refusal == "too_large"
    assert fetch_one(serve, {"/a.jpg": answering(bytes(10_000))}, policy=small).data == bytes(10_000)


def test_stops_at_the_byte_limit_of_what_is_unpacked(serve):
    async def bomb(request):
        packed = gzip.compress(bytes(5_000_000))
        return web.Response(body=packed, content_type="image/jpeg", headers={"Content-Encoding": "gzip"})

    assert fetch_one(serve, {"/a.jpg": bomb}, policy=replace(OURS, max_bytes=100_000)).refusal == "too_large"


def test_stops_a_dripping_host(serve):
    async def dripping(request):
        response = web.StreamResponse(headers={"Content-Type": "image/jpeg"})
        await response.prepare(request)
        for _ in range(100):
            await response.write(b"x")
            await asyncio.sleep(0.05)
        return response

    fetched = fetch_one(serve, {"/a.jpg": dripping}, policy=replace(OURS, timeout_seconds=0.3, retries=0))
    assert (fetched.refusal, fetched.retry) == ("timeout", True)


def test_a_cut_off_body_is_no_picture(serve):
    async def cut(request):
        response = web.StreamResponse(headers={"Content-Type": "image/jpeg", "Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"x" * 10)
        request.transport.close()
        return response

    assert fetch_one(serve, {"/a.jpg": cut}).refusal == "unreachable"


def test_keeps_requests_to_one_host_apart_and_few(serve):
    starts, busy, most = [], 0, 0

    async def page(request):
        nonlocal busy, most
        starts.append(time.monotonic())
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.02)
        busy -= 1
        return web.Response(body=PICTURE, content_type="image/jpeg")

    async def scenario():
        async with serve({"/{name}.jpg": page}) as base:
            policy = replace(OURS, same_host=2, host_interval_seconds=0.05)
            return await fetch(*(f"{base}/{n}.jpg" for n in range(8)), policy=policy)

    assert len(asyncio.run(scenario())) == 8
    assert most <= 2
    assert starts[-1] - starts[0] >= 0.2, "seven waits of 0.05 s, as they arrive; 0.06 s without"


def test_keeps_the_crawl_delay(serve):
    times = []

    async def page(request):
        times.append(time.monotonic())
        return web.Response(body=PICTURE, content_type="image/jpeg")

    async def scenario():
        rules = answering(b"User-agent: *\nCrawl-delay: 0.3\n")
        async with serve({"/robots.txt": rules, "/{name}.jpg": page}) as base:
            return await fetch(*(f"{base}/{n}.jpg" for n in range(4)))

    asyncio.run(scenario())
    assert times[-1] - times[0] >= 0.5, "three waits of 0.3 s, as they arrive, the first perhaps late"


def test_reaches_no_loopback_address_unless_allowed(serve):
    page = answering()
    fetched = fetch_one(serve, {"/a.jpg": page}, policy=replace(OURS, allow_private=False))
    assert (fetched.refusal, fetched.retry) == ("private_address", False)
    assert not page.seen


def test_follows_no_redirect_into_our_own_network(serve, monkeypatch):
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.2")
    secret = answering()

    async def scenario():
        async with serve({"/b.jpg": secret}) as inside:
            to_inside = {"/a.jpg": redirecting("/hop"), "/hop": redirecting(f"{inside}/b.jpg")}
            async with serve(to_inside, host="127.0.0.2") as outside:
                outcomes = await fetch(f"{outside}/a.jpg", policy=replace(OURS, allow_private=False))
                return outcomes, f"{inside}/b.jpg"

    outcomes, inside = asyncio.run(scenario())
    (fetched,) = outcomes.values()
    assert (fetched.refusal, fetched.final_url) == ("private_address", inside)
    assert not secret.seen


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
def test_knows_a_private_host_in_every_spelling(host):
    url = f"http://{host}:9/a.jpg"
    fetched = asyncio.run(fetch(url, policy=replace(OURS, allow_private=False)))[url]
    assert fetched.refusal in {"private_address", "bad_url"}


def test_a_name_is_connected_to_the_address_that_was_checked(serve, monkeypatch):
    """A name that turns from a public to a private address between two look-ups gets nowhere."""
    answers = iter(["93.184.215.14", "127.0.0.1"])
    seen = []

    async def lookup(self, host, port, *args, **kwargs):
        address = next(answers, "127.0.0.1")
        seen.append(address)
        return [(2, 1, 6, "", (address, port))]

    async def connect(self, sock, address):
        seen.append(("connect", address[0]))
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", lookup)
    monkeypatch.setattr(asyncio.selector_events.BaseSelectorEventLoop, "sock_connect", connect)
    url = "http://rebinding.example/a.jpg"
    fetched = asyncio.run(fetch(url, policy=replace(OURS, allow_private=False, retries=2)))[url]
    assert fetched.refusal in {"unreachable", "private_address"}
    assert ("connect", "127.0.0.1") not in seen


@pytest.mark.parametrize(
    "url", ["", "no url", "http://", "http://[::1", "javascript:alert(1)", "http://a b/c"]
)
def test_nonsense_is_an_outcome(url):
    fetched = asyncio.run(fetch(url))[url]
    assert fetched.data is None
    assert fetched.refusal in {"bad_url", "scheme", "unreachable"}


def test_files_of_this_machine_are_not_on_the_web(tmp_path: Path):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(PICTURE)
    assert asyncio.run(fetch(picture.as_uri()))[picture.as_uri()].refusal == "scheme"


def test_yields_one_outcome_for_each_url_of_a_long_stream(serve):
    async def scenario():
        async with serve({"/{name}.jpg": answering()}) as base:

            async def urls():
                for n in range(400):
                    yield f"{base}/{n}.jpg"

            async with WebFetcher(replace(OURS, same_host=16)) as fetcher:
                return [fetched.url async for fetched in fetcher.fetch_all(urls())]

    found = asyncio.run(scenario())
    assert len(found) == len(set(found)) == 400


def test_an_error_in_the_stream_of_urls_comes_through():
    def urls():
        yield "bad"
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="the database went away"):
        asyncio.run(fetch_from(urls()))


async def fetch_from(urls):
    async with WebFetcher(OURS) as fetcher:
        return [fetched async for fetched in fetcher.fetch_all(urls)]


def test_the_web_needs_a_contact():
    with pytest.raises(SettingsError, match=r"collect\.contact"):
        asyncio.run(fetch("http://example.org/a.jpg", policy=FetchPolicy(contact="")))


def test_asks_an_api_whatever_robots_txt_says(serve):
    async def scenario():
        routes = {
            "/robots.txt": answering(b"User-agent: *\nDisallow: /\n"),
            "/api": answering(b"{}", content_type="application/json"),
        }
        async with serve(routes) as base, WebFetcher(OURS) as fetcher:
            assert await fetcher.ask(f"{base}/api?q=x") == b"{}"
            with pytest.raises(FetchFailed, match="404"):
                await fetcher.ask(f"{base}/none")

    asyncio.run(scenario())
