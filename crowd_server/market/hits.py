"""HIT types and HITs: how they are made, extended, expired, reviewed and disposed of."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crowd_server.errors import RequestError, missing, wrong_state
from crowd_server.house import fee_percent
from crowd_server.market import ledger, notices, review
from crowd_server.market.moves import resettle, type_of
from crowd_server.market.rules import BIG_HIT, REVIEWABLE, Effect
from crowd_server.store.models.hits import Hit, HitType
from crowd_server.store.models.table import new_id


def find_type(session: Session, requester_id: str, hit_type_id: str) -> HitType:
    """A requester's HIT type."""
    query = select(HitType).where(HitType.hit_type_id == hit_type_id, HitType.requester_id == requester_id)
    hit_type = session.scalars(query).first()
    if hit_type is None:
        raise missing("HITType", hit_type_id)
    return hit_type


def find_hit(session: Session, requester_id: str, hit_id: str, *, lock: bool = False) -> Hit:
    """A requester's HIT that is not disposed of."""
    query = select(Hit).where(
        Hit.hit_id == hit_id, Hit.requester_id == requester_id, Hit.status != "Disposed"
    )
    hit = session.scalars(query.with_for_update() if lock else query).first()
    if hit is None:
        raise missing("HIT", hit_id)
    return hit


def type_for(session: Session, requester_id: str, properties: dict[str, Any], now: datetime) -> HitType:
    """The requester's HIT type with just these properties: reused when there is one, made otherwise."""
    document = json.dumps(properties, sort_keys=True)
    fingerprint = hashlib.sha256(document.encode()).hexdigest()
    same = select(HitType).where(HitType.requester_id == requester_id, HitType.fingerprint == fingerprint)
    if found := session.scalars(same).first():
        return found
    hit_type = HitType(
        hit_type_id=new_id(), group_id=new_id(), requester_id=requester_id, fingerprint=fingerprint,
        created_at=now, **properties,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(hit_type)
    except IntegrityError:  # another connection made it a moment ago
        return session.scalars(same).one()
    return hit_type


def create(
    session: Session,
    hit_type: HitType,
    now: datetime,
    *,
    question: str,
    max_assignments: int,
    lifetime: timedelta,
    **columns: Any,
) -> Hit:
    """Post a HIT and hold what it will cost."""
    hit = Hit(
        hit_id=new_id(),
        hit_type_id=hit_type.hit_type_id,
        requester_id=hit_type.requester_id,
        question=question,
        status="Assignable",
        max_assignments=max_assignments,
        created_with=max_assignments,
        available=max_assignments,
        pending=0,
        submitted=0,
        completed=0,
        held_assignments=0,
        fee_cents=ledger.fee(hit_type.reward_cents, fee_percent(session)),
        created_at=now,
        expires_at=now + lifetime,
        **columns,
    )
    session.add(hit)
    session.flush()
    ledger.settle_hold(session, hit, hit_type, now)
    notices.tell(session, "HITCreated", hit, now)
    return hit


def extend(session: Session, hit: Hit, more: int, now: datetime) -> Hit:
    """More assignments. A HIT made with fewer than 10 never reaches 10."""
    if hit.created_with < BIG_HIT <= hit.max_assignments + more:
        raise RequestError(
            f"This HIT was created with fewer than {BIG_HIT} assignments and cannot be extended to "
            f"{hit.max_assignments + more}. Create another HIT.",
            "InvalidMaximumAssignmentsIncrease",
        )
    return resettle(session, hit, Effect(available=more), now, "HITExtended")


def set_expiration(session: Session, hit: Hit, at: datetime, now: datetime) -> Hit:
    """Move a HIT's end; the past means now. Whoever holds an assignment may still finish it."""
    before, event = hit.status, None
    if at > max(hit.expires_at, now):
        event = "HITExtended"
    elif at <= now and (hit.expires_at > now or before == "Assignable"):
        event = "HITExpired"
    hit.expires_at = max(at, now)
    session.flush()
    hit = resettle(session, hit, Effect(by_clock=True), now, event)
    return _reviewed(session, hit, before, now)


def expire(session: Session, hit: Hit, now: datetime) -> None:
    """A HIT's time is up: what nobody accepted is no longer held."""
    before = hit.status
    _reviewed(session, resettle(session, hit, Effect(by_clock=True), now, "HITExpired"), before, now)


def _reviewed(session: Session, hit: Hit, before: str, now: datetime) -> Hit:
    if hit.status == "Reviewable" and before not in REVIEWABLE:
        review.when_reviewable(session, hit, now)
    return hit


def set_review(session: Session, hit: Hit, revert: bool) -> None:
    """Reviewable to Reviewing, or back."""
    origin, target = ("Reviewing", "Reviewable") if revert else ("Reviewable", "Reviewing")
    if hit.status not in REVIEWABLE:
        raise wrong_state("HIT", hit.status, "Reviewing, Reviewable")
    if hit.status == origin:
        hit.status = target


def retype(session: Session, hit: Hit, hit_type: HitType, now: datetime) -> None:
    """Give an untouched HIT another type."""
    if hit.available != hit.max_assignments or hit.status not in ("Assignable", "Reviewable"):
        raise wrong_state("HIT", hit.status, "Assignable, with no assignment accepted")
    old = type_of(session, hit)
    spendable, held = ledger.requester_account(hit.requester_id), ledger.hold_account(hit.requester_id)
    cents = hit.held_assignments * (old.reward_cents + hit.fee_cents)
    ledger.transfer(session, now, held, spendable, cents=cents, kind="release", about=hit.hit_id)
    hit.held_assignments = 0
    hit.hit_type_id = hit_type.hit_type_id
    hit.fee_cents = ledger.fee(hit_type.reward_cents, fee_percent(session))
    ledger.settle_hold(session, hit, hit_type, now)


def dispose(session: Session, hit: Hit, now: datetime) -> None:
    """Delete a HIT for its requester; what workers earned stays on record."""
    if hit.status not in REVIEWABLE or hit.submitted:
        raise wrong_state(
            "HIT", hit.status, "Reviewing, Reviewable, with every submitted assignment approved or rejected"
        )
    hit.status = "Disposed"
    session.flush()
    ledger.settle_hold(session, hit, type_of(session, hit), now)
    notices.tell(session, "HITDisposed", hit, now)
