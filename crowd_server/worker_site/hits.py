"""The list of HITs: search, sort, and what each group pays and asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import count, islice
from zlib import crc32

from flask import Blueprint, render_template, request
from sqlalchemy import Row
from sqlalchemy.orm import Session

from crowd_server import house
from crowd_server.looks.page import page_number
from crowd_server.market import book
from crowd_server.market.groups import Group, Search, groups, open_hits
from crowd_server.market.pay_record import PayRecord, RequesterRecord
from crowd_server.market.requirements import Standing, standing
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.hits import HitType
from crowd_server.worker_site.needs import Need, names_of, needs
from crowd_server.worker_site.visitor import current_worker

hits = Blueprint("worker_hits", __name__, template_folder="templates")

PAGE = 100
NEW = timedelta(days=1)
MOST_KEYWORDS = 6
TINTS = 6
ORDERS = {
    "newest": "Newest",
    "rate": "Hourly rate",
    "reward": "Reward",
    "count": "Most HITs",
    "quick": "Shortest",
}


@dataclass(frozen=True)
class Offer:
    """A group of HITs as this worker sees it.

    `hourly` is in cents and `usual` the time that it takes in seconds; None while nobody knows.
    """

    group: Group
    hourly: int | None
    usual: float | None
    requester: RequesterRecord
    needs: list[Need]
    may_preview: bool
    now: datetime

    @property
    def may_accept(self) -> bool:
        """Whether nothing is missing."""
        return all(need.met for need in self.needs)

    @property
    def is_new(self) -> bool:
        """Whether nobody can know yet how it pays, as it came only today."""
        return self.now - self.group.hit_type.created_at < NEW

    @property
    def keywords(self) -> list[str]:
        """The first few keywords."""
        words = (word.strip() for word in self.group.hit_type.keywords.split(","))
        return list(dict.fromkeys(word for word in words if word))[:MOST_KEYWORDS]

    @property
    def initials(self) -> str:
        """One or two letters for the requester."""
        return "".join(word[0] for word in self.group.requester.split()[-2:]).upper()

    @property
    def tint(self) -> int:
        """A colour that stays the same for all HITs of a requester."""
        return crc32(self.group.hit_type.requester_id.encode()) % TINTS


@hits.get("/")
def index() -> str:
    """HITs to do, grouped by type."""
    server = the_server()
    now = server.clock()
    server.sweeper.sweep(now)
    page = page_number()
    with server.database.reading() as db:
        worker = current_worker(db)
        offers = _offers(db, worker, now, page)
        queue = book.queue(db, worker.worker_id) if worker else []
        is_open = house.setting(db, "open_sign_up") == "yes"
    return render_template(
        "worker_site/hits.html",
        offers=offers[:PAGE], page=page, more=len(offers) > PAGE,
        queue=queue, orders=ORDERS, asked=request.args, now=now, is_open=is_open,
    )  # fmt: skip


def _offers(db: Session, worker: Worker | None, now: datetime, page: int) -> list[Offer]:
    """The offers of a page, and one more if there is another page."""

    @cache
    def has() -> Standing:
        return standing(db, worker) if worker else Standing(Worker(adult_content=False), {})

    def barred(asks: list[dict[str, object]], action: str) -> bool:
        return bool(asks and has().unmet(asks, action))

    record = the_server().pay.read(db, now)
    first, guards = (page - 1) * PAGE, ["discover", *(["accept"] if request.args.get("mine") else [])]
    found = (
        row
        for row in _found(db, worker, now, _search(record), page * PAGE + 1)
        if not any(barred(row[0].requirements, action) for action in guards)
    )
    shown = list(islice(found, first, first + PAGE + 1))
    available = open_hits(db, [row[0] for row in shown], now)
    names = names_of(db, [row[0].requirements for row in shown])
    return [
        Offer(
            Group(kind, by, available.get(kind.hit_type_id, 0)),
            record.of_type(kind.hit_type_id).hourly_cents(kind.reward_cents),
            record.of_type(kind.hit_type_id).usual_seconds,
            record.of_requester(kind.requester_id),
            needs(has() if worker and kind.requirements else None, kind.requirements, names),
            not barred(kind.requirements, "preview"),
            now,
        )
        for kind, by in shown
    ]


def _found(
    db: Session, worker: Worker | None, now: datetime, search: Search, chunk: int
) -> Iterator[Row[HitType, str]]:
    for offset in count(0, chunk):
        rows = groups(db, worker.worker_id if worker else None, now, search, limit=chunk, offset=offset)
        yield from rows
        if len(rows) < chunk:
            return


def _search(record: PayRecord) -> Search:
    return Search(
        words=request.args.get("q", "").lower().split()[:10],
        least_cents=100 * request.args.get("least", 0.0, type=float),
        order=request.args.get("sort", ""),
        usual_seconds=record.usual_seconds(),
    )
