"""Stage 4: is the box good, and has every instance one? Two tasks for two more people (Su et al. 2012).

A good box goes on to the judge of coverage; a bad one sends its image back to be drawn, a missing instance
too. Who cannot tell counts as "no": the next drawing or the next judge settles it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from pipeline.desk.submissions import Answered, take_answers
from pipeline.failed_drawings import Failed, endings
from pipeline.states import WORK, State
from pipeline.store.insertion import insert_new
from pipeline.store.journal import Move, advance
from pipeline.store.models import Box, Candidate, Vote
from pipeline.store.queries import accepted_boxes
from pipeline.toolbox import Toolbox

BOX = "check_box"
COVERAGE = "check_coverage"


def tick(tools: Toolbox) -> int:
    """Take in checks of boxes and of coverage; give the number of rows moved."""
    return _check_boxes(tools) + _check_coverage(tools)


def _check_boxes(tools: Toolbox) -> int:
    with tools.store.writing() as session:
        now = tools.clock()
        answers, waiting = _take(session, tools, BOX, now)
        if not answers:
            return 0
        checks = [
            {
                "row": one.box_id,
                "outcome": "accepted" if one.value.good else "rejected",
                "why": str(one.value.fault) if one.value.fault else None,
                "by": one.worker_id,
            }
            for one in answers
        ]
        values: dict[str, Any] = {
            "state": bindparam("outcome"),
            "reason": bindparam("why"),
            "checker": bindparam("by"),
        }
        session.connection().execute(update(Box).where(Box.id == bindparam("row")).values(**values), checks)
        failed = [_failed(one, waiting[one.subject]) for one in answers if not one.value.good]
        over = endings(session, failed, tools.settings)
        moves = [_accepted(one) for one in answers if one.value.good]
        moves += [over.get(one.candidate) or _rejected(one) for one in failed]
        return advance(session, moves, now)


def _accepted(one: Answered) -> Move:
    data = {"box": one.box_id, "good": True, "by": one.worker_id}
    return Move(one.subject, State.DRAWN, State.CHECKED, "box accepted", data, {"wanted": 1, "tries": 0})


def _failed(one: Answered, row: Any) -> Failed:
    fault = str(one.value.fault) if one.value.fault else None
    data = {"box": one.box_id, "good": one.value.good, "by": one.worker_id, "reason": fault}
    return Failed(one.subject, State.DRAWN, row.boxes, row.tries + 1, data | {"tries": row.tries + 1})


def _rejected(one: Failed) -> Move:
    columns = {"wanted": 1, "tries": one.tries}
    return Move(one.candidate, State.DRAWN, State.ACCEPTED, "box rejected", one.data, columns)


def _check_coverage(tools: Toolbox) -> int:
    with tools.store.writing() as session:
        now = tools.clock()
        answers, waiting = _take(session, tools, COVERAGE, now)
        most = tools.settings.boxes.instances
        return advance(session, [_covered(one, waiting[one.subject].boxes, most) for one in answers], now)


def _covered(one: Answered, boxes: int, most: int) -> Move:
    data = {"covered": one.value, "boxes": boxes, "by": one.worker_id}
    if one.value or boxes >= most:
        return Move(one.subject, State.CHECKED, State.BOXED, "covered", data, {"wanted": 0})
    return Move(one.subject, State.CHECKED, State.ACCEPTED, "not covered", data, {"wanted": 1})


def _take(
    session: Session, tools: Toolbox, kind: str, now: datetime
) -> tuple[Sequence[Answered], Mapping[int, Any]]:
    """Keep every answer as a vote; give those that an image still waits for, one an image."""
    answers = take_answers(session, tools.desk, kind, tools.settings.run.tick_items // 20, now)
    if not answers:
        return [], {}
    insert_new(session, Vote, [_vote(kind, one) for one in answers], Vote.key)
    rows = session.execute(
        select(Candidate.id, Candidate.box_id, Candidate.tries, accepted_boxes().label("boxes")).where(
            Candidate.id.in_({one.subject for one in answers}), Candidate.state == WORK[kind]
        )
    )
    waiting = {row.id: row for row in rows}
    fitting = [
        one for one in answers if one.subject in waiting and one.box_id == (waiting[one.subject].box_id or 0)
    ]
    return list({one.subject: one for one in reversed(fitting)}.values()), waiting


def _vote(kind: str, one: Answered) -> dict[str, Any]:
    good = one.value.good if kind == BOX else one.value
    answer = {True: "yes", False: "no", None: "unsure"}[good]
    return one.vote(kind) | {"box_id": one.box_id, "answer": answer}
