"""The list of HITs: search, sort, and what each group pays and asks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from crowd_server import house
from crowd_server.market import book
from crowd_server.market.requirements import Standing, standing
from crowd_server.people.pay_record import RequesterRecord, pay_record
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Worker
from crowd_server.worker_site.needs import Need, names_of, needs
from crowd_server.worker_site.visitor import current_worker

hits = Blueprint("worker_hits", __name__, template_folder="templates")

PAGE = 100
NEW = timedelta(days=1)
MOST_KEYWORDS = 6
TINTS = 6


@dataclass(frozen=True)
class Offer:
    """A group of HITs as this worker sees it.

    `hourly` is in cents and `usual` the time that it takes in seconds; None while nobody knows.
    """

    group: book.Group
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

    def mentions(self, words: list[str]) -> bool:
        """Whether every word occurs in what the group says of itself."""
        about = self.group.hit_type
        text = f"{about.title} {about.description} {about.keywords} {self.group.requester}".lower()
        return all(word in text for word in words)


ORDERS: dict[str, tuple[str, Callable[[Offer], float]]] = {
    "newest": ("Newest", lambda offer: -offer.group.hit_type.id),
    "rate": ("Hourly rate", lambda offer: -(offer.hourly or 0)),
    "reward": ("Reward", lambda offer: -offer.group.hit_type.reward_cents),
    "count": ("Most HITs", lambda offer: -offer.group.available),
    "quick": ("Shortest", lambda offer: offer.group.hit_type.duration_seconds),
}


@hits.get("/")
def index() -> str:
    """HITs to do, grouped by type."""
    server = the_server()
    now = server.clock()
    server.sweeper.sweep(now)
    with server.database.reading() as db:
        worker = current_worker(db)
        offers = _asked_for(_offers(db, worker, now))
        queue = book.queue(db, worker.worker_id) if worker else []
        is_open = house.setting(db, "open_sign_up") == "yes"
    page = max(1, request.args.get("page", 1, type=int))
    return render_template(
        "worker_site/hits.html",
        offers=offers[(page - 1) * PAGE : page * PAGE],
        found=len(offers), page=page, more=len(offers) > page * PAGE,
        queue=queue, orders=ORDERS, asked=request.args, now=now, is_open=is_open,
    )  # fmt: skip


def _offers(db: Session, worker: Worker | None, now: datetime) -> list[Offer]:
    groups = book.groups(db, worker.worker_id if worker else None, now)
    record, names = pay_record(db), names_of(db, [group.hit_type.requirements for group in groups])
    nobody = Standing(Worker(adult_content=False), {})
    has = standing(db, worker) if worker and names else nobody
    return [
        Offer(
            group,
            record.of_type(group.hit_type.hit_type_id).hourly_cents(group.hit_type.reward_cents),
            record.of_type(group.hit_type.hit_type_id).usual_seconds,
            record.of_requester(group.hit_type.requester_id),
            needs(has if worker else None, group.hit_type.requirements, names),
            not has.unmet(group.hit_type.requirements, "preview"),
            now,
        )
        for group in groups
        if not has.unmet(group.hit_type.requirements, "discover")
    ]


def _asked_for(offers: list[Offer]) -> list[Offer]:
    words = request.args.get("q", "").lower().split()[:10]
    least = request.args.get("least", 0.0, type=float)
    found = [offer for offer in offers if offer.mentions(words)]
    found = [offer for offer in found if offer.group.hit_type.reward_cents >= 100 * least]
    if request.args.get("mine"):
        found = [offer for offer in found if offer.may_accept]
    _, order = ORDERS.get(request.args.get("sort", ""), ORDERS["newest"])
    return sorted(found, key=order)
