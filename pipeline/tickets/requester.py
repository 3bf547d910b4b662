"""Tickets on the market: how many are needed, what they may cost, and what has come back. Knows no stage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from pipeline.clock import Clock
from pipeline.crowd import Crowd, Requirement, Submitted, Ticket
from pipeline.hits.kinds import KINDS
from pipeline.settings import Crowd as CrowdSettings
from pipeline.settings import Pay
from pipeline.store.engine import StateStore
from pipeline.store.journal import event, record
from pipeline.store.models import Assignment, Hit, Synset
from pipeline.tickets.admission import OPEN_TO_ALL, Admission
from pipeline.tickets.entry_tests import Tests, entry_tests, plan_retries, stale_tickets, tests_needed
from pipeline.tickets.market import Need, Page, idle_tickets, live_tickets, needs, page_size, spending, within
from pipeline.tickets.outbox import AT_ONCE, plan, withdraw
from pipeline.tickets.pay import fee_cents, paces, reward_cents
from pipeline.tickets.qualifications import plan_bars
from pipeline.tickets.top_ups import Terms, TopUps, plan_top_ups

WITHDRAWN = 1000
"""Tickets taken off the market in one round; the others follow."""


OUT = select(Hit.hit_id, Hit.id).where(Hit.state.in_(("open", "expiring")))


@dataclass(frozen=True, slots=True)
class Requester:
    """Puts tickets on the market and takes them off it, within the budget."""

    store: StateStore
    crowd: Crowd
    clock: Clock
    terms: CrowdSettings
    pay: Pay
    pages: str
    run_id: str
    admission: Admission = OPEN_TO_ALL

    def plan(self, top_ups: int) -> tuple[int, bool]:
        """Plan what the crowd shall have: tickets for what is wanted, none that nobody needs, qualifications.

        And, from what these leave of the budget, bonuses for up to `top_ups` assignments. Gives the number of
        effects and settled assignments, and whether the budget cut the tickets short.

        Raises
        ------
        PaysTooLittle
            If the settings fix a reward below the hourly target, and nobody allowed that.
        """
        with self.store.writing() as session:
            now = self.clock()
            tests = entry_tests(session, self.admission.pass_mark)
            wished = self._wished(session, paces(session, now), tests)
            left = spending(session, self.terms.budget_cents).left
            affordable = within(wished, left)
            left -= sum(page.reward_cents + page.fee_cents for page in affordable)
            self._write(session, affordable, tests, now)
            others = withdraw(session, _unneeded(session, tests), now) + plan_bars(session, now)
            others += plan_retries(session, tests, self.admission.pass_mark, now)
            others += plan_top_ups(session, self._wages(left), now, top_ups).settled
            return len(affordable) + others, len(affordable) < len(wished)

    def plan_last_top_ups(self, limit: int) -> TopUps:
        """Plan bonuses for up to `limit` assignments when no more work comes to be added to theirs."""
        with self.store.writing() as session:
            left = spending(session, self.terms.budget_cents).left
            return plan_top_ups(session, self._wages(left), self.clock(), limit, last=True)

    def _wages(self, cents_left: int) -> Terms:
        underpaid = frozenset(self.pay.rewards if self.pay.underpay else ())
        return Terms(self.pay.target_hourly_cents, cents_left, self.terms.fee_rate, underpaid)

    def fetch(self, limit: int) -> int:
        """Record what workers have submitted, of up to `limit` HITs; give the number of new assignments."""
        out = self._out()
        if not out:
            return 0
        # Finished HITs that wait for a person, or are somebody else's, must not hide ours.
        ours = (hit_id for hit_id in self.crowd.reviewable() if hit_id in out)
        # In our order, not in that of their coming, so that a run repeats itself.
        finished = dict(sorted((out[hit_id], hit_id) for hit_id in islice(ours, limit)))
        if not finished:
            return 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            submitted = list(pool.map(self.crowd.submitted, finished.values()))
        with self.store.writing() as session:
            return self._record(session, dict(zip(finished, submitted, strict=True)), self.clock())

    def _out(self) -> dict[str, int]:
        with self.store.reading() as session:
            return {str(hit_id): row for hit_id, row in session.execute(OUT)}

    def _record(self, session: Session, submitted: Mapping[int, Sequence[Submitted]], now: datetime) -> int:
        hits = {hit.id: hit for hit in session.scalars(select(Hit).where(Hit.id.in_(list(submitted))))}
        rows = [_assignment(hits[row], one) for row, ones in submitted.items() for one in ones]
        if rows:
            session.execute(insert(Assignment), rows)
        answered = [row for row, ones in submitted.items() if ones]
        lapsed = [row for row, ones in submitted.items() if not ones and _is_over(hits[row], now)]
        for outcome, these in (("answered", answered), ("lapsed", lapsed)):
            if these:
                session.execute(update(Hit).where(Hit.id.in_(these)).values(state=outcome))
            record(
                session,
                [event("hit", row, outcome, {"assignments": len(submitted[row])}, now) for row in these],
            )
        plan(session, "delete", [(str(hits[row].hit_id), {}) for row in lapsed], now)
        return len(rows)

    def _wished(self, session: Session, paces: Mapping[str, float], tests: Tests) -> list[Page]:
        """List the pages to post: whole ones as they fill, a part of one only when no other is out."""
        live, wanted = live_tickets(session), needs(session)
        # Tests first: without them, nobody may take the tickets that follow.
        wished = [
            self._page(need, KINDS[need.kind].items_per_hit, paces[need.kind])
            for need in tests_needed(tests, wanted, live)
            for _ in range(need.items)
        ]
        for need in wanted:
            kind = KINDS[need.kind]
            page = min(kind.items_per_hit, need.items)
            places, tickets = live.get((need.kind, need.wnid), (0, 0))
            missing = need.answers - places
            whole = missing // kind.items_per_hit if page == kind.items_per_hit else 0
            sizes = [kind.items_per_hit] * whole
            if not tickets and not whole and missing > 0:
                sizes = [page_size(kind, page)] * math.ceil(missing / page)
            room = sizes[: max(0, self.terms.open_hits - tickets)]
            tested = need.kind == "label_images" and tests.covers(need.wnid)
            wished += [self._page(need, size, paces[need.kind], tested) for size in room]
        return wished

    def _page(self, need: Need, items: int, seconds: float, tested: bool = False) -> Page:
        reward = reward_cents(KINDS[need.kind], items, seconds, self.pay)
        return Page(need.kind, need.wnid, items, reward, fee_cents(reward, self.terms.fee_rate), tested)

    def _write(self, session: Session, pages: Sequence[Page], tests: Tests, now: datetime) -> None:
        if not pages:
            return
        words: dict[str, list[str]] = dict(session.execute(select(Synset.wnid, Synset.words)).all())
        rows = [_hit(page, now) for page in pages]
        last = session.scalar(select(func.max(Hit.id))) or 0
        session.execute(insert(Hit), rows)
        ids = session.scalars(select(Hit.id).where(Hit.id > last).order_by(Hit.id)).all()
        asked = {page: self.admission.requirements(session, page, tests) for page in set(pages)}
        effects = [
            (str(row), self._post(row, page, ", ".join(words.get(page.wnid, ["pictures"])[:2]), asked[page]))
            for row, page in zip(ids, pages, strict=True)
        ]
        plan(session, "post", effects, now)

    def _post(
        self, row: int, page: Page, words: str, requirements: tuple[Requirement, ...]
    ) -> dict[str, Any]:
        kind = KINDS[page.kind]
        ticket = Ticket(
            title=kind.titled(words, page.items),
            description=kind.described(words, page.items),
            keywords=kind.keywords,
            reward_cents=page.reward_cents,
            seconds_allowed=kind.seconds_allowed,
            lifetime_seconds=kind.lifetime_seconds,
            auto_approval_seconds=kind.auto_approval_seconds,
            page=f"{self.pages.rstrip('/')}/hits/{page.kind}/{page.wnid}",
            frame_height=kind.frame_height,
            requirements=requirements,
        )
        return {"annotation": f"{self.run_id}:{row}", "ticket": asdict(ticket)}


def _unneeded(session: Session, tests: Tests) -> list[str]:
    """Tickets that no item can need any more."""
    idle = idle_tickets(session, WITHDRAWN)
    return idle + sorted(set(stale_tickets(session, tests)).difference(idle))


def _is_over(hit: Hit, now: datetime) -> bool:
    # Before its time a HIT is only finished by an answer: a list without one lags behind.
    return hit.state == "expiring" or now >= hit.expires_at


def _assignment(hit: Hit, submitted: Submitted) -> dict[str, Any]:
    return {
        "assignment_id": submitted.assignment_id,
        "hit": hit.id,
        "kind": hit.kind,
        "worker_id": submitted.worker_id,
        "answer": submitted.answer,
        "state": "received",
        "accepted_at": submitted.accepted_at,
        "submitted_at": submitted.submitted_at,
    }


def _hit(page: Page, now: datetime) -> dict[str, Any]:
    lifetime = timedelta(seconds=KINDS[page.kind].lifetime_seconds)
    return {**asdict(page), "state": "planned", "planned_at": now, "expires_at": now + lifetime}
