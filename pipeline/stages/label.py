"""Stage 2: does the image show the synset? Adaptive voting: one more vote only while it can change a verdict.

ImageNet asked until an image passed a threshold in a table of confidences, learnt for each synset on a sample
with many votes (CVPR 2009, section 3.2). The policy in the settings decides; this stage carries votes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from pipeline.desk.submissions import Answered, take_answers
from pipeline.hits.label_images import Look
from pipeline.states import State
from pipeline.store import ballots as voting
from pipeline.store.insertion import insert_new_of
from pipeline.store.journal import Move, advance, event, record
from pipeline.store.models import Candidate, Synset, Vote
from pipeline.toolbox import Toolbox
from pipeline.votes.borrowed_gold import borrow
from pipeline.votes.vote_models import Group, Learnt, groups, keep, lesson, must_learn, newest_version
from quality.arrays import UNKNOWN, FloatArray, SmallArray, tally
from quality.pace import put_off
from quality.votes import ACCEPT, OPEN, REJECT, UNSURE, Decisions

KIND = "label_images"
_coming = select(Candidate.id).where(Candidate.wnid == Synset.wnid, Candidate.state == State.FOUND)
TO_SEED = select(Synset.wnid).where(Synset.searched, ~Synset.seeded, ~_coming.exists()).order_by(Synset.wnid)
VERDICTS = {ACCEPT: State.ACCEPTED, REJECT: State.REJECTED, UNSURE: State.UNSURE}


def tick(tools: Toolbox) -> int:
    """Choose seed samples, count new votes, decide what can be decided; give the number of rows moved.

    Votes that were counted are decided on by this tick or, if it is cut short, by the next.
    """
    with tools.store.writing() as session:
        now = tools.clock()
        opened = _choose_seeds(session, tools)
        answers = take_answers(session, tools.desk, KIND, tools.settings.run.tick_items // 50, now)
        counted = _count(session, answers, now)
        mine = groups(session, tools.settings.label)
    return opened + counted + sum(_decide(tools, group) for group in mine)


def _choose_seeds(session: Session, tools: Toolbox) -> int:
    label = tools.settings.label
    wnids = session.scalars(TO_SEED).all()
    if not wnids:
        return 0
    place = func.row_number().over(partition_by=Candidate.wnid, order_by=(Candidate.shuffle, Candidate.id))
    ranked = (
        select(Candidate.id, place.label("place"))
        .where(Candidate.wnid.in_(wnids), Candidate.state == State.COLLECTED)
        .subquery()
    )
    seeds = select(ranked.c.id).where(ranked.c.place <= label.seed_images)
    session.execute(update(Candidate).where(Candidate.id.in_(seeds)).values(seed=True))
    session.execute(update(Synset).where(Synset.wnid.in_(wnids)).values(seeded=True))
    return len(wnids)


def _count(session: Session, answers: Sequence[Answered], now: datetime) -> int:
    rows = [one.vote(KIND) for one in answers]
    reports = [one for one in answers if one.value is Look.REPORT]
    record(
        session, [event("candidate", one.subject, "reported", {"by": one.worker_id}, now) for one in reports]
    )
    new = insert_new_of(session, Vote, rows, Vote.key, Vote.subject)
    voting.count_in(session, new)
    voting.recount(session, {one.subject for one in answers})
    return len(new)


def _decide(tools: Toolbox, group: Group) -> int:
    """Judge what is undecided, or everything by what is learnt anew, while no transaction is open."""
    with tools.store.reading() as session:
        newest = tools.desk.models.newest(session, group.spec)
        stale = newest is not None and tools.desk.models.is_overtaken(session, newest)
        new = lesson(session, group) if stale or must_learn(session, group, newest) else None
        if new:
            numbered = new.numbered
        elif newest:
            waiting = voting.undecided(session, group.synsets, tools.settings.run.tick_items)
            numbered = voting.load(session, group.synsets, newest.workers, waiting)
    learnt = new.learn() if new else newest
    if learnt is None or not numbered.ids:
        return 0
    decisions = learnt.policy.decide(numbered.ballots, learnt.model)
    decided = replace(decisions, verdict=_standing(numbered, decisions))
    images, asked = numbered.ballots.images, _answers(numbered)
    decisions = put_off(decided, images, asked, learnt.policy.caps(images), learnt=new is not None)
    with tools.store.writing() as session:
        # Who excludes a worker or corrects gold meanwhile lets the policy learn anew, and is not undone.
        if newest_version(session, group.spec) != (newest.version if newest else None):
            return 0
        return _write(session, tools, learnt, numbered, decisions)


def _write(
    session: Session,
    tools: Toolbox,
    learnt: Learnt,
    numbered: voting.NumberedBallots,
    decisions: Decisions,
) -> int:
    now, group, fresh = tools.clock(), learnt.group, not learnt.version
    if fresh:
        learnt = keep(session, learnt, now)
    moved = apply(session, numbered, decisions, learnt.version, group.spec, now)
    if fresh and learnt.policy.uses_gold:
        borrow(session, tools.desk.cards, tools.settings, group.synsets, now)
    return moved


def _standing(numbered: voting.NumberedBallots, decisions: Decisions) -> SmallArray:
    # What is decided already waits for nothing, whatever a newer model makes of it.
    collected = np.array([state is State.COLLECTED for state in numbered.states], np.bool_)
    return np.where(collected | (decisions.verdict != OPEN), decisions.verdict, UNSURE).astype(np.int8)


def _answers(numbered: voting.NumberedBallots) -> FloatArray:
    ballots = numbered.ballots
    votes: FloatArray = tally(ballots.item, ballots.answer, ballots.n_items).sum(axis=1)
    return votes


def apply(
    session: Session,
    numbered: voting.NumberedBallots,
    decisions: Decisions,
    version: int,
    spec: str,
    now: datetime,
) -> int:
    """Write decisions to the open candidates among those numbered; give how many moved on."""
    ballots = numbered.ballots
    counts = tally(ballots.item, ballots.answer, ballots.n_items).astype(int)
    moves, waiting = [], []
    for n, (identity, state) in enumerate(zip(numbered.ids, numbered.states, strict=True)):
        if state is not State.COLLECTED:
            continue
        yes, no, unsure = (int(count) for count in counts[n])
        columns = {"yes": yes, "no": no, "unsure": unsure, "confidence": float(decisions.confidence[n])}
        known = ballots.images.gold[n] != UNKNOWN
        missing = 0 if known else numbered.floors[n] - (yes + no + unsure)
        if decisions.verdict[n] == OPEN or missing > 0:
            wanted = max(int(decisions.wanted[n]), missing)
            waiting.append({"row": identity, "more": wanted, **{f"new_{k}": v for k, v in columns.items()}})
            continue
        after = VERDICTS[int(decisions.verdict[n])]
        data = columns | {"policy": spec, "model": version}
        moves.append(_verdict(identity, after, numbered.settled_as[n], data, columns))
    if waiting:
        values: dict[str, Any] = {
            name: bindparam(f"new_{name}") for name in ("yes", "no", "unsure", "confidence")
        }
        statement = update(Candidate).where(Candidate.id == bindparam("row"))
        session.connection().execute(statement.values(wanted=bindparam("more"), **values), waiting)
    return advance(session, moves, now)


def _verdict(identity: int, after: State, settled_as: str | None, data: Any, columns: dict[str, Any]) -> Move:
    # An image that was boxed before its label was asked about again goes back to where it was.
    if after is State.ACCEPTED and settled_as:
        after = State(settled_as)
    wanted = 1 if after is State.ACCEPTED else 0
    return Move(identity, State.COLLECTED, after, "voted", data, columns | {"wanted": wanted, "tries": 0})
