"""Stage 2: does the image show the synset? Adaptive voting: one more vote only while it can change a verdict.

ImageNet asked until an image passed a threshold in a table of confidences, learnt for each synset on a sample
with many votes (CVPR 2009, section 3.2). The policy in the settings decides; this stage carries votes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from pipeline.borrowed_gold import borrow
from pipeline.hits.label_images import Look
from pipeline.rules import parse_rules
from pipeline.screening import screen
from pipeline.settings import Label
from pipeline.states import State
from pipeline.store import ballots as voting
from pipeline.store.insertion import insert_new
from pipeline.store.journal import Move, advance, event, record
from pipeline.store.models import Candidate, Synset, Vote, VoteModel
from pipeline.submissions import Answered, take_answers
from pipeline.toolbox import Toolbox
from quality.arrays import FloatArray, tally
from quality.policies import parse
from quality.votes import ACCEPT, OPEN, REJECT, UNSURE, Decisions, Policy, Thresholds

KIND = "label_images"
GROWTH = 1.2
"""A policy learns anew when votes have grown by this factor, so that all the learning costs linear time."""

VERDICTS = {ACCEPT: State.ACCEPTED, REJECT: State.REJECTED, UNSURE: State.UNSURE}


def tick(tools: Toolbox) -> int:
    """Choose seed samples, count new votes, decide what can be decided; give the number of rows moved."""
    with tools.store.writing() as session:
        now = tools.clock()
        opened = _choose_seeds(session, tools)
        answers = take_answers(session, tools.desk, KIND, tools.settings.run.tick_items // 50, now)
        moved = opened + _count(session, answers, now)
        for policy, synsets in by_policy(session, tools.settings.label):
            moved += _decide(session, policy, synsets, {one.subject for one in answers}, opened > 0, tools)
        return moved


def _choose_seeds(session: Session, tools: Toolbox) -> int:
    label = tools.settings.label
    coming = select(Candidate.id).where(Candidate.wnid == Synset.wnid, Candidate.state == State.FOUND)
    ready = select(Synset.wnid).where(Synset.searched, ~Synset.seeded, ~coming.exists())
    wnids = session.scalars(ready.order_by(Synset.wnid)).all()
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
    rows = [
        {
            "kind": KIND,
            "subject": one.subject,
            "worker_id": one.worker_id,
            "assignment_id": one.assignment_id,
            "answer": str(one.value),
            "seconds": one.seconds,
            "voted_at": one.at,
        }
        for one in answers
    ]
    reports = [one for one in answers if one.value is Look.REPORT]
    record(
        session, [event("candidate", one.subject, "reported", {"by": one.worker_id}, now) for one in reports]
    )
    counted = insert_new(session, Vote, rows, ("kind", "subject", "box_id", "worker_id"))
    voting.recount(session, sorted({one.subject for one in answers}))
    return counted


def by_policy(session: Session, label: Label) -> list[tuple[Policy[Any], list[str]]]:
    """Pair each voting policy in use with the synsets that it decides."""
    limits = Thresholds(label.accept, label.reject, label.cap, label.least, label.seed_votes)
    chosen: dict[str, list[str]] = {}
    for wnid, own in session.execute(
        select(Synset.wnid, Synset.policy).where(Synset.seeded).order_by(Synset.wnid)
    ):
        chosen.setdefault(own or label.policy, []).append(wnid)
    return [(parse(spec, limits), synsets) for spec, synsets in chosen.items()]


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a policy has learnt: its model, the model's row, the workers' numbers, and whether it is new."""

    model: Any
    version: int
    workers: list[str]
    fresh: bool


def _decide(
    session: Session, policy: Policy[Any], synsets: list[str], touched: set[int], opened: bool, tools: Toolbox
) -> int:
    now = tools.clock()
    learnt = learn(session, policy, synsets, opened, now)
    touched = touched | _newcomers(session, synsets)
    if not (learnt.fresh or touched):
        return 0
    only = None if learnt.fresh else sorted(touched)
    numbered = voting.load(session, synsets, learnt.workers, only)
    decisions = policy.decide(numbered.ballots, learnt.model)
    if not (learnt.fresh and _none_open(numbered, decisions)):
        decisions = _put_off(decisions, _answers(numbered), policy.thresholds.cap)
    moved = apply(session, numbered, decisions, learnt.version, policy.spec, now)
    if learnt.fresh:
        screen(session, parse_rules(tools.settings.workers.rules), now)
    if learnt.fresh and policy.uses_gold:
        borrow(session, tools.desk.cards, tools.settings, synsets, now)
    return moved


def _newcomers(session: Session, synsets: list[str]) -> set[int]:
    # Collected after the policy last looked at everything: nobody has asked for votes on them yet.
    unasked = (Candidate.state == State.COLLECTED, Candidate.confidence.is_(None))
    return set(session.scalars(select(Candidate.id).where(*unasked, Candidate.wnid.in_(synsets))))


def _none_open(numbered: voting.NumberedBallots, decisions: Decisions) -> bool:
    collected = np.array([state is State.COLLECTED for state in numbered.states], np.bool_)
    return not bool((collected & (decisions.verdict == OPEN)).any())


def _put_off(decisions: Decisions, votes: FloatArray, cap: int) -> Decisions:
    # Short of the cap, a policy gives an image up by what it knows so far. The votes on other images teach it
    # more, so the last word is said when nothing else is open; until then such an image rests.
    resting = (decisions.verdict == UNSURE) & (votes < cap)
    verdict = np.where(resting, OPEN, decisions.verdict).astype(np.int8)
    return Decisions(verdict, decisions.confidence, np.where(resting, 0, decisions.wanted).astype(np.int32))


def _answers(numbered: voting.NumberedBallots) -> FloatArray:
    ballots = numbered.ballots
    votes: FloatArray = tally(ballots.item, ballots.answer, ballots.n_items).sum(axis=1)
    return votes


def learn(session: Session, policy: Policy[Any], synsets: list[str], anew: bool, now: datetime) -> Learnt:
    """Give what a policy last learnt from these synsets, or let it learn from all votes that count."""
    newest = session.scalar(
        select(VoteModel).where(VoteModel.policy == policy.spec).order_by(VoteModel.id.desc()).limit(1)
    )
    votes = voting.count_votes(session, synsets)
    if newest and newest.document["synsets"] == synsets and not anew:
        starved = votes > newest.votes and _nothing_wanted(session, synsets)
        if votes < GROWTH * newest.votes + 1 and not starved:
            return Learnt(policy.read(newest.document["model"]), newest.id, newest.document["workers"], False)
    workers = voting.voters(session)
    model = policy.fit(voting.load(session, synsets, workers).ballots)
    document = {"synsets": synsets, "workers": workers, "model": model.to_json()}
    row = VoteModel(policy=policy.spec, votes=votes, document=document, fitted_at=now)
    session.add(row)
    session.flush()
    return Learnt(model, row.id, workers, True)


def _nothing_wanted(session: Session, synsets: list[str]) -> bool:
    open_ones = (Candidate.state == State.COLLECTED, Candidate.wnid.in_(synsets))
    return not session.scalar(select(Candidate.id).where(*open_ones, Candidate.wanted > 0).limit(1)) and bool(
        session.scalar(select(Candidate.id).where(*open_ones).limit(1))
    )


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
        missing = numbered.floors[n] - (yes + no + unsure)
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
