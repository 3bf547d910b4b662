"""Stage 5: copies of one picture, across all synsets, once everything else is settled.

Near hashes make candidates, aligned pixels decide. Sure copies within a synset are dropped, doubtful pairs go
to people, and copies that were accepted under two synsets go back to the voters once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from pipeline.hits.check_duplicate import Likeness
from pipeline.settings import Settings
from pipeline.states import RELEASABLE, SETTLED, State
from pipeline.store import duplicate_groups, queries
from pipeline.store.insertion import insert_new
from pipeline.store.journal import Move, advance, event, record
from pipeline.store.models import Candidate, Pair, Vote
from pipeline.submissions import Answered, take_answers
from pipeline.toolbox import Toolbox
from quality.copies import Copies, find_copies

KIND = "check_duplicate"


def tick(tools: Toolbox) -> int:
    """Count judgements of pairs, and compare what is new when nothing else is under way; give rows moved."""
    with tools.store.writing() as session:
        now = tools.clock()
        moved = _judge(session, tools, now)
        if _all_settled(session):
            moved += _compare(session, tools, now) + _resolve(session, tools, now)
        if moved:
            duplicate_groups.refresh(session)
        return moved


def _all_settled(session: Session) -> bool:
    return session.scalar(select(Candidate.id).where(Candidate.state.not_in(SETTLED)).limit(1)) is None


def _compare(session: Session, tools: Toolbox, now: datetime) -> int:
    old, new = queries.pictures_to_compare(session)
    if not new.ids:
        return 0
    dedup, shown = tools.settings.dedup, old.and_then(new)
    found = find_copies(shown.hashes, shown.signatures, turns=dedup.turns, old=len(old.ids))
    pairs = np.flatnonzero(found.measured.probability >= dedup.doubtful)
    insert_new(
        session, Pair, [_pair(shown, found, int(at), tools.settings) for at in pairs], ("left", "right")
    )
    session.execute(update(Candidate).where(Candidate.id.in_(new.ids)).values(compared=True))
    counts = {"old": len(old.ids), "new": len(new.ids), "measured": len(found.left), "pairs": len(pairs)}
    record(session, [event("run", "dedup", "compared", counts, now)])
    return len(new.ids)


def _pair(shown: queries.ShownPictures, found: Copies, at: int, settings: Settings) -> dict[str, Any]:
    rows = int(found.left[at]), int(found.right[at])
    left, right = sorted(shown.ids[row] for row in rows)
    measured = {name: float(column[at]) for name, column in found.measured._asdict().items()}
    certain = measured["probability"] >= settings.dedup.sure
    return {
        "left": left,
        "right": right,
        "distance": int(np.bitwise_count(shown.hashes[rows[0]] ^ shown.hashes[rows[1]])),
        "probability": measured["probability"],
        "measured": measured | {"turn": int(found.turn[at])},
        "verdict": "copy" if certain else "doubtful",
        "decided_by": "pixels" if certain else "",
        "shuffle": queries.shuffle(settings.run.seed, str(left), str(right)),
        "wanted": 0 if certain else settings.dedup.votes,
    }


def _judge(session: Session, tools: Toolbox, now: datetime) -> int:
    answers = take_answers(session, tools.desk, KIND, tools.settings.run.tick_items // 10, now)
    if not answers:
        return 0
    insert_new(session, Vote, [_vote(one) for one in answers], ("kind", "subject", "box_id", "worker_id"))
    judged = {one.subject for one in answers}
    cast: dict[object, Counter[str]] = {pair: Counter() for pair in judged}
    for pair, answer in session.execute(
        select(Vote.subject, Vote.answer).where(Vote.kind == KIND, Vote.subject.in_(judged))
    ):
        cast[pair][answer] += 1
    votes = tools.settings.dedup.votes
    verdicts = [
        {"row": pair, "outcome": _majority(counts), "by": "people", "more": 0}
        for pair, counts in cast.items()
        if counts.total() >= votes
    ]
    if verdicts:
        values: dict[str, Any] = {
            "verdict": bindparam("outcome"),
            "decided_by": bindparam("by"),
            "wanted": bindparam("more"),
        }
        session.connection().execute(
            update(Pair).where(Pair.id == bindparam("row")).values(**values), verdicts
        )
        record(
            session,
            [event("pair", one["row"], str(one["outcome"]), dict(cast[one["row"]]), now) for one in verdicts],
        )
    return len(answers)


def _majority(counts: Mapping[str, int]) -> str:
    same = counts.get(Likeness.SAME, 0)
    return "copy" if 2 * same > sum(counts.values()) else "different"


def _vote(one: Answered) -> dict[str, Any]:
    return {
        "kind": KIND,
        "subject": one.subject,
        "worker_id": one.worker_id,
        "assignment_id": one.assignment_id,
        "answer": str(one.value),
        "seconds": one.seconds,
        "voted_at": one.at,
    }


def _resolve(session: Session, tools: Toolbox, now: datetime) -> int:
    """Drop copies within a synset; send those under two synsets back to the voters, once."""
    pairs = queries.unresolved_copies(session)
    members = queries.copy_members(session, {side for pair in pairs for side in (pair.left, pair.right)})
    copies: dict[int, Move] = {}
    again: dict[int, Move] = {}
    for pair in pairs:
        left, right = members[pair.left], members[pair.right]
        if {left.state, right.state} <= RELEASABLE and pair.left not in copies and pair.right not in copies:
            if left.wnid == right.wnid:
                kept, dropped = sorted((left, right), key=_merit)
                copies[dropped.id] = _dropped(dropped, kept, pair)
            else:
                again |= {
                    one.id: _recheck(one, other, pair, tools) for one, other in ((left, right), (right, left))
                }
    session.execute(update(Pair).where(Pair.id.in_([pair.id for pair in pairs])).values(resolved=True))
    moves = [*copies.values(), *(move for row, move in again.items() if row not in copies)]
    return advance(session, moves, now)


def _merit(one: Any) -> tuple[Any, ...]:
    """Sort the copy to keep first: most pixels, least edited, a known licence, found first."""
    return (-one.width * one.height, len(one.changes), not one.license, one.id)


def _dropped(one: Any, kept: Any, pair: Any) -> Move:
    data = {"of": kept.id, "pair": pair.id, "probability": pair.probability, "by": pair.decided_by}
    columns = {"duplicate_of": kept.id, "wanted": 0}
    return Move(one.id, State(one.state), State.DUPLICATE, "copy", data, columns)


def _recheck(one: Any, other: Any, pair: Any, tools: Toolbox) -> Move:
    more = tools.settings.label.recheck_votes
    data = {"other": other.id, "other_wnid": other.wnid, "pair": pair.id, "more_votes": more}
    columns = {
        "votes_floor": one.yes + one.no + one.unsure + more,
        "wanted": more,
        "settled_as": one.state,
    }
    return Move(one.id, State(one.state), State.COLLECTED, "two synsets", data, columns)
