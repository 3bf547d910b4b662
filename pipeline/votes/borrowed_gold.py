"""Gold that a synset borrows: what is surely accepted for a synset that it is easily taken for is none of it.

The lender's picture becomes a candidate of its own here, of known truth, that rates workers and is nothing
else: it is in the state `borrowed` for ever. Truth that turns out doubtful is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from pipeline.settings import Settings
from pipeline.states import VOTED_GOOD, State
from pipeline.store import queries
from pipeline.store.insertion import insert_new
from pipeline.store.journal import Move, advance, event, record
from pipeline.store.models import Candidate, Pair
from pipeline.synsets.cards import SynsetCards
from pipeline.votes.gold_supply import supplies

SOURCE = "gold"
SURE = 2
"""Votes for yes, and none for no, that a lender's image needs besides its confidence."""

DISPUTED = 3
"""Votes for yes, more than for no, that put a borrowed image in doubt."""

CARRIED = (
    "url", "fetch_url", "query", "language", "license", "creator", "source_page", "extra", "picture",
    "fetched_at",
)  # fmt: skip


def borrow(
    session: Session, cards: SynsetCards, settings: Settings, wnids: Sequence[str], now: datetime
) -> int:
    """Give synsets the bad gold that their pages still need, as far as there is any; give its amount."""
    _forget(session, now)
    is_open = session.scalars(
        select(Candidate.wnid).where(Candidate.state == State.COLLECTED, Candidate.wnid.in_(wnids)).distinct()
    )
    short = {wnid: one.lacking(0) for wnid, one in supplies(session, is_open.all()).items()}
    return sum(_borrow(session, cards, settings, wnid, n, now) for wnid, n in short.items() if n)


def _borrow(
    session: Session, cards: SynsetCards, settings: Settings, wnid: str, short: int, now: datetime
) -> int:
    found: list[Any] = []
    for lender in cards.lenders(session, wnid):
        lent = _lendable(wnid, lender, settings.label.accept).limit(short - len(found))
        found += session.scalars(lent).all()
        if len(found) == short:
            break
    lenders = {one.url: one for one in found}
    rows = [_row(one, wnid, settings.run.seed) for one in lenders.values()]
    insert_new(session, Candidate, rows, ("wnid", "url"))
    mine = (Candidate.wnid == wnid, Candidate.source == SOURCE, Candidate.state == State.FOUND)
    new = session.execute(select(Candidate.id, Candidate.url).where(*mine).order_by(Candidate.id)).all()
    return advance(session, [_move(row.id, lenders[row.url]) for row in new], now)


def _lendable(wnid: str, lender: str, accept: float) -> Select[Candidate]:
    mine = aliased(Candidate)
    return (
        select(Candidate)
        .where(
            Candidate.wnid == lender,
            Candidate.state.in_(VOTED_GOOD),
            Candidate.confidence >= accept,
            Candidate.yes >= SURE,
            Candidate.no == 0,
            ~exists().where(
                mine.wnid == wnid, or_(mine.picture == Candidate.picture, mine.url == Candidate.url)
            ),
            ~exists().where(or_(Pair.left == Candidate.id, Pair.right == Candidate.id)),
        )
        .order_by(Candidate.shuffle)
    )


def _row(lender: Candidate, wnid: str, seed: int) -> dict[str, Any]:
    return {name: getattr(lender, name) for name in CARRIED} | {
        "wnid": wnid,
        "source": SOURCE,
        "state": State.FOUND,
        "shuffle": queries.shuffle(seed, wnid, str(lender.picture)),
        "gold": 0,
        "borrowed_from": lender.id,
    }


def _move(identity: int, lender: Candidate) -> Move:
    why = {"truth": 0, "of": lender.id, "wnid": lender.wnid, "confidence": lender.confidence}
    return Move(identity, State.FOUND, State.BORROWED, "borrowed", why)


def _forget(session: Session, now: datetime) -> None:
    """Doubt what most workers call good here after all, and what its lender no longer calls its own.

    Where somebody has said that a borrowed picture shows this synset too, that stands.
    """
    lender = aliased(Candidate)
    taken_back = exists().where(
        lender.id == Candidate.borrowed_from,
        lender.state.in_((State.COLLECTED, State.REJECTED, State.UNSURE)),
    )
    disputed = and_(Candidate.yes >= DISPUTED, Candidate.yes > Candidate.no)
    known = (Candidate.state == State.BORROWED, Candidate.gold == 0)
    doubtful = session.scalars(select(Candidate.id).where(*known, or_(disputed, taken_back))).all()
    session.execute(update(Candidate).where(Candidate.id.in_(doubtful)).values(gold=None))
    record(session, [event("candidate", one, "gold", {"truth": None, "before": 0}, now) for one in doubtful])
