"""Stage 5: copies of one picture, across all synsets, once everything else is settled.

Near hashes make candidates, aligned pixels decide. Of the sure copies within a synset the best is kept,
doubtful pairs go to people, and copies that were accepted under two synsets go back to the voters once.
With `dedup.before_labelling` sure copies under two synsets are found as they arrive: voters see one of them,
and the other only if they do not accept the first.
"""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from pipeline.copies.appraisal import TOGETHER, Appraisal, Beside, Descent, descents
from pipeline.copies.equals import pairs_of_equals
from pipeline.copies.kept_copies import keep_best
from pipeline.copies.search import Searched, search_copies
from pipeline.copies.standing_back import stand_back
from pipeline.desk.submissions import take_answers
from pipeline.hits.check_duplicate import Likeness
from pipeline.settings import Settings
from pipeline.states import IN_VIEW, RELEASABLE, UNSETTLED, State
from pipeline.store import duplicate_groups, duplicates, queries
from pipeline.store.ballots import counts
from pipeline.store.chunks import chunks
from pipeline.store.insertion import insert_new
from pipeline.store.journal import Move, advance, event, record
from pipeline.store.models import Candidate, Pair, Vote
from pipeline.toolbox import Toolbox
from quality.copies import other_way_round
from quality.duplicate_groups import joined_rows

T = TypeVar("T")

KIND = "check_duplicate"
SOME_UNSETTLED = select(Candidate.id).where(Candidate.state.in_(UNSETTLED)).limit(1)


def tick(tools: Toolbox) -> int:
    """Count judgements of pairs, compare what is new when its time has come, decide; give rows moved."""
    early = tools.settings.dedup.before_labelling
    with tools.store.writing() as session:
        moved = _judge(session, tools, tools.clock())
        settled = session.scalar(SOME_UNSETTLED) is None
    if early:
        moved += _compare(tools, IN_VIEW)
    if settled:
        moved += _compare(tools, RELEASABLE)
        _appraise(tools)
    with tools.store.writing() as session:
        now = tools.clock()
        if early:
            moved += stand_back(session, tools.settings, now)
        if settled:
            duplicates.ask_about_waiting(session, tools.settings.dedup.votes)
            moved += _resolve(session, tools, now)
        if moved:
            duplicate_groups.refresh(session)
    return moved


def _compare(tools: Toolbox, states: Collection[State]) -> int:
    """Compare what is new in some states with everything in them, and remember the pairs.

    Pages and crowd need the database meanwhile: it is read first, then nothing is open while shards are
    worked on, and each leaves its pairs. A search that is broken off goes on where it was.
    """
    began, measured, pairs = time.perf_counter(), 0, 0
    with TemporaryFile() as file:
        with tools.store.reading() as session:
            if not duplicates.anything_to_compare(session, states):
                return 0
            shown = duplicates.gallery(session, states, file)
            done = duplicates.searched_shards(session)
        for found in _search(tools, shown, done):
            with tools.store.writing() as session:
                pairs += insert_new(session, Pair, _pairs(found, tools.settings), ("left", "right"))
                duplicates.note_shard(session, found.shard)
            measured += found.measured
    new = shown.ids[shown.old :].tolist()
    for some in chunks(new):
        with tools.store.writing() as session:
            followed = pairs_of_equals(session, some, tools.settings.run.seed)
            pairs += insert_new(session, Pair, followed, ("left", "right"))
            duplicates.mark_compared(session, some)
    numbers = {"old": shown.old, "new": len(new), "measured": measured, "pairs": pairs}
    _note_end(tools, numbers, time.perf_counter() - began)
    return len(new)


def _appraise(tools: Toolbox) -> None:
    """Measure how worn the copies are of which one will be kept, and which was made from which.

    Again with no database open.
    """
    with tools.store.reading() as session:
        names = duplicates.unappraised(session)
        pairs = duplicates.copies_within(session)
    for lost in _run(tools)(Appraisal(tools.open_blobs), _parts(names)):
        with tools.store.writing() as session:
            duplicates.note_lost(session, lost)
    known = {(pair.left, pair.right): pair for pair in pairs}
    told = {pair.id: pair.descent for pair in pairs if pair.descent is not None}

    def beside(ends: list[tuple[int, int]]) -> list[int]:
        chosen = [known.get((min(pair), max(pair))) for pair in ends]
        shown = [
            Beside(pair.id, pair.left_picture, pair.right_picture)
            for pair in chosen
            if pair and pair.id not in told
        ]
        for found in _run(tools)(Descent(tools.open_blobs), _parts(shown)):
            with tools.store.writing() as session:
                duplicates.note_descent(session, found)
            told.update(found)
        way_round = [1 if left < right else -1 for left, right in ends]
        return [way * told[pair.id] if pair else 0 for way, pair in zip(way_round, chosen, strict=True)]

    descents(_joined(known), beside)


def _joined(pairs: Collection[tuple[int, int]]) -> list[list[int]]:
    """Give the candidates that pairs join, group by group."""
    ids, ends = np.unique(np.array([*pairs], np.int64).reshape(-1, 2), return_inverse=True)
    return [ids[rows].tolist() for rows in joined_rows(len(ids), *ends.reshape(-1, 2).T)]


def _parts(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + TOGETHER] for start in range(0, len(items), TOGETHER)]


def _search(tools: Toolbox, shown: duplicates.Gallery, done: Collection[str]) -> Iterator[Searched]:
    return search_copies(
        shown.ids,
        shown.hashes,
        shown.signatures,
        turns=tools.settings.dedup.turns,
        old=shown.old,
        least=tools.settings.dedup.doubtful,
        open_blobs=tools.open_blobs,
        run=_run(tools),
        done=done,
    )


def _run(tools: Toolbox) -> Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]:
    """Give what works on shards: the engine of the settings, or this process."""
    return tools.engine.map if tools.engine else map


def _note_end(tools: Toolbox, numbers: Mapping[str, int], seconds: float) -> None:
    # The peak is of the whole program so far; Linux counts it in KiB.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    took = {"seconds": seconds, "peak_mb": peak}
    with tools.store.writing() as session:
        duplicates.forget_shards(session)
        record(session, [event("run", "dedup", "compared", {**numbers, **took}, tools.clock())])


def _pairs(found: Searched, settings: Settings) -> list[dict[str, Any]]:
    return [_pair(found, at, settings) for at in range(len(found.distance))]


def _pair(found: Searched, at: int, settings: Settings) -> dict[str, Any]:
    left, right = int(found.copies.left[at]), int(found.copies.right[at])
    measured = found.copies.numbers(at)
    if left > right:
        left, right, measured = right, left, other_way_round(measured)
    certain = measured["probability"] >= settings.dedup.sure
    return {
        "left": left,
        "right": right,
        "distance": int(found.distance[at]),
        "probability": measured["probability"],
        "measured": measured,
        # People are asked about the others once both pictures are accepted.
        "verdict": "copy" if certain else "waiting",
        "decided_by": "pixels" if certain else "",
        "shuffle": queries.shuffle(settings.run.seed, str(left), str(right)),
    }


def _judge(session: Session, tools: Toolbox, now: datetime) -> int:
    answers = take_answers(session, tools.desk, KIND, tools.settings.run.tick_items // 10, now)
    if not answers:
        return 0
    insert_new(session, Vote, [one.vote(KIND) for one in answers], Vote.key)
    # What was acted on stays: a copy that was dropped does not come back by an answer that is late.
    unresolved = select(Pair.id).where(Pair.id.in_({one.subject for one in answers}), ~Pair.resolved)
    judged = set(session.scalars(unresolved))
    cast: dict[object, Counter[str]] = {pair: Counter() for pair in judged}
    for pair, answer in session.execute(
        select(Vote.subject, Vote.answer).where(Vote.kind == KIND, counts(), Vote.subject.in_(judged))
    ):
        cast[pair][answer] += 1
    votes = tools.settings.dedup.votes
    verdicts = [
        {"row": pair, "outcome": _majority(said), "by": "people", "more": 0}
        for pair, said in cast.items()
        if said.total() >= votes
    ]
    lacking = [
        {"row": pair, "more": votes - said.total()} for pair, said in cast.items() if said.total() < votes
    ]
    if lacking:
        fewer = update(Pair).where(Pair.id == bindparam("row"), Pair.verdict == "doubtful")
        session.connection().execute(fewer.values(wanted=bindparam("more")), lacking)
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


def _resolve(session: Session, tools: Toolbox, now: datetime) -> int:
    """Keep the best copy within each synset; send those kept under two synsets back to the voters, once."""
    pairs = duplicates.copies_between(session)
    if not pairs:
        return 0
    within = [pair for pair in pairs if pair.left_wnid == pair.right_wnid]
    kept = keep_best(session, within, tools.settings.dedup, now)
    across = [pair for pair in pairs if pair.left_wnid != pair.right_wnid]
    again = _recheck(session, tools, across, kept.stands_for)
    duplicates.mark_resolved(session, [pair.id for pair in pairs])
    return kept.moved + advance(session, again, now)


def _recheck(
    session: Session, tools: Toolbox, pairs: Sequence[Any], stands_for: Mapping[int, int]
) -> list[Move]:
    """Ask again about the pictures of pairs, or the copies kept instead of them."""
    moves: dict[int, Move] = {}
    sides = {stands_for.get(side, side) for pair in pairs for side in (pair.left, pair.right)}
    members = duplicates.facts(session, sides)
    for pair in pairs:
        left, right = (members[stands_for.get(side, side)] for side in (pair.left, pair.right))
        for one, other in ((left, right), (right, left)):
            moves.setdefault(one.id, _asked_again(one, other, pair, tools.settings.label.recheck_votes))
    return list(moves.values())


def _asked_again(one: Any, other: Any, pair: Any, more: int) -> Move:
    data = {
        "other": other.id,
        "other_wnid": other.wnid,
        "pair": pair.id,
        "probability": pair.probability,
        "measured": pair.measured,
        "more_votes": more,
    }
    columns = {
        "votes_floor": one.yes + one.no + one.unsure + more,
        "wanted": more,
        "settled_as": one.state,
        "confidence": None,  # the label stage looks at it: what is known needs no votes
    }
    return Move(one.id, State(one.state), State.COLLECTED, "two synsets", data, columns)
