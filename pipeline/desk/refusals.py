"""Refusals: since when workers have come for work of a kind on a synset and may do nothing of what waits."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pipeline.store.insertion import insert_new
from pipeline.store.models import TurnedAway


def turn_away(session: Session, kind: str, wnid: str, waiting: Set[int], now: datetime) -> None:
    """Remember that a worker may do nothing of what waits."""
    first = {"since": now, "at": now, "silence": 0.0, "items": sorted(waiting)}
    if insert_new(session, TurnedAway, [{"kind": kind, "wnid": wnid, **first}], ("kind", "wnid")):
        return
    # Gone again, if somebody else has been given work at this moment.
    if refused := session.get(TurnedAway, (kind, wnid), with_for_update=True):
        refuse_again(refused, waiting, now)


def refuse_again(refused: TurnedAway, waiting: Set[int], now: datetime) -> None:
    """Go on from earlier refusals, or begin anew if something waits that nobody had been refused before."""
    if waiting <= set(refused.items):
        refused.silence = max(refused.silence, (now - refused.at).total_seconds())
    else:
        refused.since, refused.silence = now, 0.0
    refused.at, refused.items = now, sorted(waiting)


def waited(refused: TurnedAway) -> timedelta:
    """Give how long workers have come in vain. In the longest silence the crowd may have been asleep."""
    return refused.at - refused.since - timedelta(seconds=refused.silence)


def forget(session: Session, kind: str, wnid: str) -> None:
    """Forget the refusals: somebody has been given such work, or what waited is given up."""
    session.execute(delete(TurnedAway).where(TurnedAway.kind == kind, TurnedAway.wnid == wnid))
