"""Every effect on the crowd: planned as a row, marked as sent, confirmed by the reply.

What was sent when a crash came is sent again, and the crowd tells that it knows it already: nothing is posted
or paid twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Select, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from pipeline.clock import Clock
from pipeline.crowd import Crowd, CrowdRefused, CrowdUnreachable, Ticket
from pipeline.errors import SynsetterError
from pipeline.store.chunks import chunks
from pipeline.store.engine import StateStore
from pipeline.store.journal import event, record
from pipeline.store.models import Assignment, Hit, Outbox, Qualification
from pipeline.tickets.skills import skill_named

BATCH = 64
AT_ONCE = 4
ACTIONS = ("post", "approve", "reject", "bonus", "expire", "delete", "qualify")
TOKEN_LIFE = timedelta(hours=23)
"""A UniqueRequestToken is forgotten after 24 hours; from then on a repeated call would be a second HIT."""

UNANSWERED: Select[Any] = (
    select(Outbox.id, Outbox.action, Outbox.subject, Outbox.payload, Outbox.tries, Outbox.sent_at)
    .where(Outbox.state.in_(("planned", "sent")), Outbox.action.in_(bindparam("actions", expanding=True)))
    .order_by(Outbox.id)
    .limit(bindparam("most", type_=Integer))
)
SENT = (
    update(Outbox)
    .where(Outbox.id.in_(bindparam("ids", expanding=True)))
    .values(
        state="sent",
        sent_at=func.coalesce(Outbox.sent_at, bindparam("now", type_=Outbox.sent_at.type)),
        tries=Outbox.tries + 1,
    )
)
CONFIRM = (
    update(Outbox)
    .where(Outbox.id == bindparam("row"))
    .values(state=bindparam("outcome"), reply=bindparam("answer"))
)
CONFIRMED = select(Outbox.action, Outbox.subject, Outbox.state, Outbox.reply).where(
    Outbox.id.in_(bindparam("ids", expanding=True))
)


def plan(
    session: Session, action: str, effects: Iterable[tuple[str, Mapping[str, Any]]], now: datetime
) -> None:
    """Write down effects: (subject, payload) each. An effect that is already planned is an error of ours."""
    rows = [
        {
            "action": action,
            "subject": subject,
            "payload": dict(payload),
            "state": "planned",
            "planned_at": now,
        }
        for subject, payload in effects
    ]
    if rows:
        session.execute(insert(Outbox), rows)


def withdraw(session: Session, hit_ids: Sequence[str], now: datetime) -> int:
    """Plan to take open tickets off the market; give their number."""
    plan(session, "expire", [(hit_id, {}) for hit_id in hit_ids], now)
    for part in chunks(hit_ids):
        session.execute(update(Hit).where(Hit.hit_id.in_(part)).values(state="expiring"))
    return len(hit_ids)


@dataclass(frozen=True, slots=True)
class _Outcome:
    id: int
    state: str
    reply: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sender:
    """Carries out what the outbox holds."""

    store: StateStore
    crowd: Crowd
    clock: Clock

    def send(self, limit: int, actions: Sequence[str] = ACTIONS) -> int:
        """Carry out up to `limit` effects of some kinds, oldest first; give how many were answered.

        Raises
        ------
        CrowdUnreachable, CrowdRefused
            If the crowd stopped answering, or refuses a HIT, or has none of our money left. What was
            confirmed until then is recorded.
        """
        done = 0
        while done < limit:
            most = min(BATCH, limit - done)
            rows = self._take(most, actions)
            done += len(rows)
            if rows:
                self._carry_out(rows)
            if len(rows) < most:
                break
        return done

    def _carry_out(self, rows: Sequence[Any]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            results = list(pool.map(self._try, rows))
        self._confirm([result for result in results if isinstance(result, _Outcome)])
        for result in results:
            if not isinstance(result, _Outcome):
                raise result

    def _take(self, count: int, actions: Sequence[str]) -> Sequence[Any]:
        """Mark effects as sent, and give them as they were: the first time, without a try."""
        with self.store.writing() as session:
            rows = session.execute(UNANSWERED, {"actions": list(actions), "most": count}).all()
            if rows:
                taken = {"ids": [row.id for row in rows], "now": self.clock()}
                session.connection().execute(SENT, taken)
            return rows

    def _try(self, row: Any) -> _Outcome | SynsetterError:
        try:
            return _Outcome(row.id, "confirmed", self._act(row))
        except CrowdUnreachable as error:
            return error
        except CrowdRefused as refusal:
            # A refused post would be refused again, and what is owed stays owed: they wait, and stop the run.
            if row.action == "post" or refusal.code.endswith("InsufficientFunds"):
                return refusal
            return _Outcome(row.id, "refused", {"code": refusal.code, "message": str(refusal)})

    def _act(self, row: Any) -> dict[str, Any]:
        effects: dict[str, Callable[[str], None]] = {
            "expire": self.crowd.expire,
            "delete": self.crowd.delete,
        }
        if row.action in effects:
            effects[row.action](row.subject)
            return {}
        if row.action == "approve":
            self.crowd.approve(row.subject, **row.payload)
            return {}
        if row.action == "qualify":
            return self._qualify(row)
        if row.action == "reject":
            self.crowd.reject(row.subject, row.payload["reason"])
            return {}
        if row.action == "bonus":
            self.crowd.bonus(row.subject, **row.payload, token=unique_token(f"bonus:{row.subject}"))
            return {}
        return {"hit_id": self._post(row)}

    def _post(self, row: Any) -> str:
        annotation, ticket = row.payload["annotation"], Ticket.read(row.payload["ticket"])
        if row.tries and row.sent_at and self.clock() - row.sent_at > TOKEN_LIFE:
            posted = self.crowd.find(annotation)
            if posted:
                return posted
        return self.crowd.post(ticket, annotation, unique_token(annotation))

    def _qualify(self, row: Any) -> dict[str, Any]:
        # The crowd is told what holds now: of several changes on their way, the last may not lose to another.
        with self.store.reading() as session:
            one = session.get_one(Qualification, row.payload["qualification"])
            worker_id, value, skill = one.worker_id, one.value, skill_named(session, one.name)
        self.crowd.qualify(skill, worker_id, value)
        return {"qualification": skill.name, "worker": worker_id, "value": value}

    def _confirm(self, outcomes: Sequence[_Outcome]) -> None:
        if not outcomes:
            return
        now = self.clock()
        with self.store.writing() as session:
            session.connection().execute(
                CONFIRM, [{"row": one.id, "outcome": one.state, "answer": one.reply} for one in outcomes]
            )
            rows = session.execute(CONFIRMED, {"ids": [one.id for one in outcomes]}).all()
            _settle_posts(session, [row for row in rows if row.action == "post"])
            paid = [row.subject for row in rows if (row.action, row.state) == ("approve", "confirmed")]
            settle_payments(session, paid)
            done = [row.subject for row in rows if (row.action, row.state) == ("bonus", "confirmed")]
            dispose(session, done, now)
            _settle_rejections(
                session, [row.subject for row in rows if (row.action, row.state) == ("reject", "confirmed")]
            )
            _settle_refusals(session, [row for row in rows if row.state == "refused"])
            record(
                session,
                [
                    event("outbox", row.subject, f"{row.action} {row.state}", row.reply or {}, now)
                    for row in rows
                ],
            )


def _settle_posts(session: Session, rows: Sequence[Any]) -> None:
    changes = [
        {
            "row": int(row.subject),
            "crowd_id": (row.reply or {}).get("hit_id"),
        }
        for row in rows
    ]
    if changes:
        session.connection().execute(
            update(Hit).where(Hit.id == bindparam("row")).values(hit_id=bindparam("crowd_id"), state="open"),
            changes,
        )


def settle_payments(session: Session, assignment_ids: Sequence[str]) -> None:
    """Note that assignments are paid, at the price of their HITs."""
    if not assignment_ids:
        return
    paid = Assignment.assignment_id.in_(assignment_ids)
    price = select(Hit.reward_cents + Hit.fee_cents).where(Hit.id == Assignment.hit).scalar_subquery()
    session.execute(update(Assignment).where(paid).values(state="paid", paid_cents=price))
    done = select(Assignment.hit).where(paid)
    session.execute(update(Hit).where(Hit.id.in_(done)).values(state="paid"))


def dispose(session: Session, assignment_ids: Sequence[str], now: datetime) -> None:
    """Plan to delete the HITs of assignments paid in full; nothing can be paid for them afterwards."""
    if not assignment_ids:
        return
    paid = Assignment.assignment_id.in_(assignment_ids)
    hits = session.scalars(select(Hit.hit_id).join(Assignment, Assignment.hit == Hit.id).where(paid))
    plan(session, "delete", [(str(hit), {}) for hit in hits], now)


def _settle_rejections(session: Session, assignment_ids: Sequence[str]) -> None:
    if not assignment_ids:
        return
    # The HIT stays where it is: until it is deleted, its worker can appeal, and the crowd can overrule us.
    rejected = Assignment.assignment_id.in_(assignment_ids)
    session.execute(update(Assignment).where(rejected).values(state="rejected"))
    of_hits = select(Assignment.hit).where(rejected)
    session.execute(update(Hit).where(Hit.id.in_(of_hits)).values(state="rejected"))


def _settle_refusals(session: Session, rows: Sequence[Any]) -> None:
    """Show a person what could not be paid or rejected; look again at HITs that seemed empty."""
    for row in rows:
        if row.action in ("approve", "reject"):
            reason = f"{row.action}: {row.reply['message']}"
            mine = Assignment.assignment_id == row.subject
            session.execute(update(Assignment).where(mine).values(state="held", reason=reason))
        if row.action == "bonus":
            mine = Assignment.assignment_id == row.subject
            session.execute(update(Assignment).where(mine).values(bonus_cents=0, bonus_fee_cents=0))
        if row.action == "delete":
            _look_again(session, row.subject)


def _look_again(session: Session, hit_id: str) -> None:
    # A list that lagged behind hid a submission; its HIT, which seemed to have lapsed, cannot be deleted.
    lapsed = session.scalar(select(Hit).where(Hit.hit_id == hit_id, Hit.state == "lapsed"))
    if lapsed:
        lapsed.state = "expiring"
        session.execute(delete(Outbox).where(Outbox.action == "delete", Outbox.subject == hit_id))


def unique_token(annotation: str) -> str:
    """Derive the 64 characters by which the crowd knows an effect from what names it in our database."""
    return hashlib.sha256(annotation.encode()).hexdigest()


def waiting(session: Session) -> int:
    """Count the effects that are not yet confirmed."""
    return session.scalar(select(func.count()).where(Outbox.state.in_(("planned", "sent")))) or 0
