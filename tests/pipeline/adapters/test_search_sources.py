"""Openverse and Wikimedia Commons, against a loopback server that answers in their words."""

import asyncio

import pytest
from aiohttp import web

from pipeline.adapters.commons_source import CommonsSource
from pipeline.adapters.openverse_source import OpenverseSource
from pipeline.adapters.web.exchange import FetchPolicy
from pipeline.adapters.web.fetcher import WebFetcher
from pipeline.ports import FetchFailed, Page
from pipeline.synsets.search_queries import SearchQuery

POLICY = FetchPolicy("mailto:curator@example.org", host_interval_seconds=0.0, retries=0, allow_private=True)
WANTED = {"n02091134": [SearchQuery("whippet"), SearchQuery("小灵狗", "cmn")]}


def search(serve, source_class, handler, per_synset) -> list[Page]:
    async def scenario():
        async with (
            serve({"/api": getattr(handler, "answer", handler)}) as base,
            WebFetcher(POLICY) as fetcher,
        ):
            source = source_class(fetcher, f"{base}/api", per_synset)
            return [page async for page in source.find(WANTED)]

    return asyncio.run(scenario())


class Openverse:
    """Answers as api.openverse.org/v1/images/ does: numbered pages, at most 20 results without a key."""

    def __init__(self, total):
        self.total = total
        self.asked = []

    async def answer(self, request):
        self.asked.append(dict(request.query))
        size, page = int(request.query["page_size"]), int(request.query["page"])
        if size > 20 or size * page > 240:
            return web.json_response({"detail": "Authentication required"}, status=401)
        numbers = range((page - 1) * size, min(page * size, self.total))
        return web.json_response(
            {
                "result_count": self.total,
                "page_count": -(-self.total // size),
                "page_size": size,
                "page": page,
                "results": [self.result(number) for number in numbers],
            }
        )

    def result(self, number):
        return {
            "id": f"0000-{number}",
            "title": "Whippet",
            "foreign_landing_url": f"https://www.flickr.com/photos/1/{number}",
            "url": f"https://live.staticflickr.com/1/{number}.jpg",
            "creator": "Ann",
            "creator_url": "https://www.flickr.com/photos/ann",
            "license": "by-sa",
            "license_version": "2.0",
            "license_url": "https://creativecommons.org/licenses/by-sa/2.0/",
            "provider": "flickr",
            "source": "flickr",
            "filesize": None,
            "tags": [{"name": "dog", "accuracy": None}],
            "height": 683,
            "width": 1024,
        }


def test_openverse_asks_every_query_and_keeps_provenance(serve):
    api = Openverse(total=1)
    pages = search(serve, OpenverseSource, api, per_synset=10)
    assert [(asked["q"], asked["page_size"]) for asked in api.asked] == [("whippet", "5"), ("小灵狗", "5")]
    english, chinese = (page.found[0] for page in pages)
    assert (english.query, english.language) == ("whippet", "eng")
    assert (chinese.query, chinese.language) == ("小灵狗", "cmn")
    assert english.url == english.fetch_url == "https://live.staticflickr.com/1/0.jpg"
    assert (english.license, english.creator) == ("CC BY-SA 2.0", "Ann")
    assert english.source_page == "https://www.flickr.com/photos/1/0"
    assert english.extra["license_url"] == "https://creativecommons.org/licenses/by-sa/2.0/"


def test_openverse_turns_pages_until_its_share_or_the_end(serve):
    api = Openverse(total=45)
    pages = search(serve, OpenverseSource, api, per_synset=60)
    assert [len(page.found) for page in pages] == [20, 20, 20, 20]
    pages = search(serve, OpenverseSource, Openverse(total=45), per_synset=1000)
    assert [len(page.found) for page in pages] == [20, 20, 5] * 2


def test_openverse_stops_where_strangers_are_sent_away(serve):
    pages = search(serve, OpenverseSource, Openverse(total=9000), per_synset=4000)
    assert sum(len(page.found) for page in pages) == 2 * 240


def test_openverse_lets_no_local_file_in(serve):
    api = Openverse(total=1)
    api.result = lambda number: {"id": "x", "url": "file:///etc/passwd"}
    (page, _) = search(serve, OpenverseSource, api, per_synset=2)
    assert not page.found
    assert (page.refused[0].reason, page.refused[0].where) == ("scheme", "openverse x")


def commons_page(number, **info):
    return {
        "pageid": number,
        "ns": 6,
        "title": f"File:Whippet {number}.jpg",
        "index": number,
        "imageinfo": [
            {
                "size": 1,
                "width": 4000,
                "height": 3000,
                "thumburl": f"https://upload.wikimedia.org/thumb/{number}/1280px.jpg",
                "thumbwidth": 1280,
                "url": f"https://upload.wikimedia.org/{number}.jpg",
                "descriptionurl": f"https://commons.wikimedia.org/wiki/File:Whippet_{number}.jpg",
                "mime": "image/jpeg",
                "extmetadata": {
                    "LicenseShortName": {
                        "value": "CC BY-SA 4.0",
                        "source": "commons-desc-page",
                        "hidden": "",
                    },
                    "LicenseUrl": {"value": "https://creativecommons.org/licenses/by-sa/4.0"},
                    "Artist": {"value": '<a href="//commons.wikimedia.org/wiki/User:Ann">Ann &amp; Bo</a>'},
                },
            }
            | info
        ],
    }


class Commons:
    """Answers as commons.wikimedia.org/w/api.php does: with an offset to continue from."""

    def __init__(self, total):
        self.total = total
        self.asked = []

    async def answer(self, request):
        self.asked.append(dict(request.query))
        limit, offset = int(request.query["gsrlimit"]), int(request.query.get("gsroffset", 0))
        end = min(offset + limit, self.total)
        answer = {"batchcomplete": True}
        if end > offset:
            answer["query"] = {"pages": [commons_page(number) for number in reversed(range(offset, end))]}
        if end < self.total:
            answer["continue"] = {"gsroffset": end, "continue": "gsroffset||"}
        return web.json_response(answer)


def test_commons_takes_scaled_copies_and_keeps_provenance(serve):
    api = Commons(total=3)
    english, chinese = search(serve, CommonsSource, api, per_synset=10)
    assert [asked["gsrsearch"] for asked in api.asked] == [
        "whippet filetype:bitmap",
        "小灵狗 filetype:bitmap",
    ]
    assert [entry.url for entry in english.found] == [
        f"https://upload.wikimedia.org/{n}.jpg" for n in range(3)
    ]
    first = english.found[0]
    assert first.fetch_url == "https://upload.wikimedia.org/thumb/0/1280px.jpg"
    assert (first.license, first.creator) == ("CC BY-SA 4.0", "Ann & Bo")
    assert first.source_page == "https://commons.wikimedia.org/wiki/File:Whippet_0.jpg"
    assert chinese.found[0].language == "cmn"


def test_commons_takes_the_original_of_a_small_picture(serve):
    async def small(request):
        return web.json_response({"query": {"pages": [commons_page(1, width=640)]}})

    page, _ = search(serve, CommonsSource, small, per_synset=2)
    assert page.found[0].fetch_url == "https://upload.wikimedia.org/1.jpg"


def test_commons_continues_until_its_share_or_the_end(serve):
    assert [len(page.found) for page in search(serve, CommonsSource, Commons(120), 200)] == [50, 50] * 2
    assert [len(page.found) for page in search(serve, CommonsSource, Commons(120), 9000)] == [50, 50, 20] * 2
    assert [len(page.found) for page in search(serve, CommonsSource, Commons(0), 9000)] == [0, 0]


@pytest.mark.parametrize("source", [OpenverseSource, CommonsSource])
@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        "[]",
        "null",
        '{"results": [1], "page_count": 1, "query": {"pages": [1]}}',
        '{"error": "ratelimited"}',
    ],
)
def test_an_answer_of_another_shape_is_an_outage(serve, source, body):
    async def handler(request):
        return web.Response(text=body, content_type="application/json")

    with pytest.raises(FetchFailed):
        search(serve, source, handler, per_synset=2)


@pytest.mark.parametrize("source", [OpenverseSource, CommonsSource])
def test_a_busy_api_is_an_outage(serve, source):
    async def handler(request):
        return web.Response(status=429)

    with pytest.raises(FetchFailed, match="later"):
        search(serve, source, handler, per_synset=2)
