"""Stage 3: one box around one instance that has none yet (Su, Deng and Fei-Fei 2012, drawing task).

Who draws nothing gives a judgement, which is kept as a vote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from pipeline.desk.submissions import Answered, take_answers
from pipeline.failed_drawings import Failed, endings
from pipeline.hits.draw_box import NoBox
from pipeline.settings import Settings
from pipeline.states import State
from pipeline.store.insertion import insert_new
from pipeline.store.journal import Move, advance, event, record
from pipeline.store.models import Box, Candidate, Vote
from pipeline.store.queries import accepted_boxes
from pipeline.toolbox import Toolbox

KIND = "draw_box"


def tick(tools: Toolbox) -> int:
    """Take in drawings and send each to its check; give the number of rows moved."""
    with tools.store.writing() as session:
        now = tools.clock()
        answers = take_answers(session, tools.desk, KIND, tools.settings.run.tick_items // 20, now)
        if not answers:
            return 0
        said = [one.vote(KIND) for one in answers if isinstance(one.value, NoBox)]
        insert_new(session, Vote, said, Vote.key)
        waiting = _waiting(session, {one.subject for one in answers})
        first = {one.subject: one for one in reversed(answers) if one.subject in waiting}
        late = [one for one in answers if first.get(one.subject) is not one]
        drawn = [one for one in first.values() if not isinstance(one.value, NoBox)]
        _keep(session, drawn, "drawn")
        boxes = _newest(session, [one.subject for one in drawn])
        _keep(session, [one for one in late if not isinstance(one.value, NoBox)], "surplus")
        moves = [_drawn(one, boxes[one.subject]) for one in drawn]
        empty = [one for one in first.values() if isinstance(one.value, NoBox)]
        return advance(session, moves, now) + _without_box(session, empty, waiting, tools.settings, now)


def _waiting(session: Session, subjects: set[int]) -> dict[int, Any]:
    rows = session.execute(
        select(Candidate.id, Candidate.tries, accepted_boxes().label("boxes")).where(
            Candidate.id.in_(subjects), Candidate.state == State.ACCEPTED
        )
    )
    return {row.id: row for row in rows}


def _keep(session: Session, drawings: Sequence[Answered], state: str) -> None:
    names = ("xmin", "ymin", "xmax", "ymax")
    rows = [
        {
            "candidate_id": one.subject,
            **dict(zip(names, one.value, strict=True)),
            "drawer": one.worker_id,
            "state": state,
            "drawn_at": one.at,
        }
        for one in drawings
    ]
    if rows:
        session.execute(insert(Box), rows)


def _newest(session: Session, candidates: Sequence[int]) -> dict[int, int]:
    # SQLite gives the ids of inserted rows back in order only one by one.
    newest = select(Box.candidate_id, func.max(Box.id)).where(Box.candidate_id.in_(candidates))
    return dict(session.execute(newest.group_by(Box.candidate_id)).all())


def _drawn(one: Answered, box: int) -> Move:
    data = {"box": box, "pixels": list(one.value), "by": one.worker_id}
    return Move(one.subject, State.ACCEPTED, State.DRAWN, "drawn", data, {"box_id": box, "wanted": 1})


def _without_box(
    session: Session, empty: Sequence[Answered], waiting: Mapping[int, Any], settings: Settings, now: datetime
) -> int:
    """Let another judge check "every instance has a box"; count anything else as a failed try."""
    failed = [_failed(one, waiting[one.subject]) for one in empty]
    over = endings(session, failed, settings)
    full = {one.subject for one in empty if one.value is NoBox.ALL_BOXED and waiting[one.subject].boxes}
    full -= over.keys()
    moves = [_all_boxed(one) for one in failed if one.candidate in full]
    again = [one for one in failed if one.candidate not in over.keys() | full]
    if again:
        statement = update(Candidate).where(Candidate.id == bindparam("row")).values(tries=bindparam("spent"))
        session.connection().execute(statement, [{"row": one.candidate, "spent": one.tries} for one in again])
        record(session, [event("candidate", one.candidate, "not drawn", one.data, now) for one in again])
    return advance(session, [*over.values(), *moves], now) + len(again)


def _failed(one: Answered, row: Any) -> Failed:
    data = {"none": str(one.value), "tries": row.tries + 1, "by": one.worker_id}
    return Failed(one.subject, State.ACCEPTED, row.boxes, row.tries + 1, data)


def _all_boxed(one: Failed) -> Move:
    columns = {"tries": one.tries, "wanted": 1}
    return Move(one.candidate, State.ACCEPTED, State.CHECKED, "all boxed", one.data, columns)
