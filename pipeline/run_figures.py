"""What the report counts: everything that happened, as a few grouped reads."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from pipeline.collection import searches
from pipeline.hits.entry_test import question_of
from pipeline.hits.kinds import KINDS
from pipeline.release.figures import (
    CrowdFigures,
    DuplicateFigures,
    EntryTestFigures,
    KindFigures,
    RunFigures,
    Share,
    SynsetFigures,
    WorkerSigns,
)
from pipeline.settings import Settings
from pipeline.states import VOTED_GOOD, State
from pipeline.store import ballots, duplicate_findings
from pipeline.store.aliases import alias
from pipeline.store.facts import is_simulated
from pipeline.store.models import Assignment, Box, Candidate, Event, Hit, Pair, Qualification, Synset, Vote
from pipeline.store.worker_signs import signs_of_all
from pipeline.tickets import entry_tests, skills
from pipeline.votes import gold_supply
from quality.agreement import krippendorff_alpha

DECIDED = Candidate.state.in_((*VOTED_GOOD, State.REJECTED, State.UNSURE))
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class KnownTruth:
    """Truth that a rehearsal or an audit knows: its source, and by synset precision and recall."""

    source: str
    precision: Mapping[str, Share] = field(default_factory=dict)
    recall: Mapping[str, Share] = field(default_factory=dict)


NO_TRUTH = KnownTruth("")


def read(
    session: Session, settings: Settings, version: str, truth: KnownTruth | None = None, alias_key: str = ""
) -> RunFigures:
    """Count a run for its report; the key makes the names that stand for workers in it."""
    known = truth or NO_TRUTH
    began, ended = session.execute(select(func.min(Event.at), func.max(Event.at))).one()
    return RunFigures(
        title=settings.run.name,
        version=version,
        began_at=began,
        ended_at=ended,
        policy=settings.label.policy,
        synsets=tuple(_synsets(session, known)),
        crowd=_crowd(session, settings, alias_key),
        duplicates=_duplicates(session),
        truth=known.source or None,
        settings=_deciding(settings),
        warnings=(
            *gold_supply.warnings(session),
            *entry_tests.warnings(session, settings.workers.entry_test),
            *searches.warnings(session),
        ),
    )


def _deciding(settings: Settings) -> dict[str, str]:
    sections = {name: asdict(getattr(settings, name)) for name in ("label", "boxes", "dedup", "release")}
    chosen = {f"{name}.{knob}": value for name, knobs in sections.items() for knob, value in knobs.items()}
    return {"run.seed": str(settings.run.seed)} | {
        name: str(value) for name, value in chosen.items() if name != "release.folder"
    }


def _synsets(session: Session, known: KnownTruth) -> list[SynsetFigures]:
    states = _count_by_synset(session, Candidate.state)
    sources = _count_by_synset(session, Candidate.source, Candidate.state != State.BORROWED)
    refused = _count_by_synset(session, Candidate.reason, Candidate.state == State.REFUSED)
    asked = Candidate.yes + Candidate.no + Candidate.unsure
    votes = _count_by_synset(session, asked, DECIDED, Candidate.gold.is_(None))
    boxes = _boxes(session)
    return [
        SynsetFigures(
            wnid=wnid,
            candidates=sources[wnid],
            refused={str(reason): count for reason, count in refused[wnid].items()},
            duplicates=states[wnid][State.DUPLICATE],
            accepted=sum(states[wnid][state] for state in VOTED_GOOD),
            rejected=states[wnid][State.REJECTED],
            unsure=states[wnid][State.UNSURE],
            open=states[wnid][State.COLLECTED],
            votes_per_image=votes[wnid],
            drawn=boxes[wnid].drawn,
            covered=_share(
                states[wnid][State.BOXED], states[wnid][State.BOXED] + states[wnid][State.UNBOXED]
            ),
            tries=boxes[wnid].tries,
            precision=known.precision.get(wnid),
            recall=known.recall.get(wnid),
        )
        for wnid in session.scalars(select(Synset.wnid).order_by(Synset.wnid))
    ]


def _count_by_synset(session: Session, by: Any, *where: Any) -> defaultdict[str, Counter[Any]]:
    found: defaultdict[str, Counter[Any]] = defaultdict(Counter)
    rows = session.execute(
        select(Candidate.wnid, by, func.count()).where(*where).group_by(Candidate.wnid, by)
    )
    for wnid, value, count in rows:
        found[wnid][value] = count
    return found


@dataclass(slots=True)
class _Boxes:
    drawn: Share | None = None
    tries: Counter[int] = field(default_factory=Counter)


def _boxes(session: Session) -> defaultdict[str, _Boxes]:
    """Replay the drawings of each image in order: how many tries each accepted box took."""
    found: defaultdict[str, _Boxes] = defaultdict(_Boxes)
    passed: Counter[str] = Counter()
    checked: Counter[str] = Counter()
    tries: Counter[int] = Counter()
    rows = session.execute(
        select(Candidate.wnid, Box.candidate_id, Box.state)
        .join(Candidate, Candidate.id == Box.candidate_id)
        .where(Box.state.in_(("accepted", "rejected")))
        .order_by(Box.id)
    )
    for wnid, candidate, state in rows:
        checked[wnid] += 1
        tries[candidate] += 1
        if state == "accepted":
            passed[wnid] += 1
            found[wnid].tries[tries.pop(candidate)] += 1
    for wnid, whole in checked.items():
        found[wnid].drawn = Share(passed[wnid], whole)
    return found


def _share(part: int, whole: int) -> Share | None:
    return Share(part, whole) if whole else None


def _crowd(session: Session, settings: Settings, alias_key: str) -> CrowdFigures:
    workers = session.scalar(select(func.count(Assignment.worker_id.distinct()))) or 0
    wages = _hourly_cents(session)
    return CrowdFigures(
        simulated=is_simulated(session),
        workers=workers,
        kinds=tuple(_kind(session, kind) for kind in KINDS if _has(session, kind)),
        hourly_cents=(int(wages[0]), int(wages[1]), int(wages[2])) if wages is not None else None,
        target_hourly_cents=settings.pay.target_hourly_cents,
        agreement=_agreement(session),
        tests=_tests(session, settings.workers.entry_test),
        signs=tuple(_signs(session, alias_key)),
    )


def _tests(session: Session, pass_mark: int) -> EntryTestFigures | None:
    taken = (Assignment.kind == "entry_test", Assignment.items > 0)
    papers = session.scalar(select(func.count()).where(*taken)) or 0
    passed = (Qualification.name.startswith(skills.passed("")), Qualification.value >= pass_mark)
    best = session.scalar(select(func.count()).select_from(Qualification).where(*passed)) or 0
    return EntryTestFigures(taken=papers, passed=best, pass_mark=pass_mark) if papers else None


def _signs(session: Session, alias_key: str) -> list[WorkerSigns]:
    odd = signs_of_all(session)
    mine = (Vote.kind == "label_images", Vote.worker_id.in_(list(odd)))
    counted = select(Vote.worker_id, func.count()).where(*mine).group_by(Vote.worker_id)
    labels: dict[str, int] = dict(session.execute(counted).all())
    found = [
        WorkerSigns(worker=alias(alias_key, worker), labels=labels.get(worker, 0), signs=tuple(said))
        for worker, said in odd.items()
    ]
    return sorted(found, key=lambda one: (-one.labels, one.worker))


def _has(session: Session, kind: str) -> bool:
    return session.scalar(select(Hit.id).where(Hit.kind == kind).limit(1)) is not None


def _kind(session: Session, kind: str) -> KindFigures:
    of_kind = Assignment.kind == kind
    hits = session.scalar(select(func.count()).where(Hit.kind == kind)) or 0
    counted = select(Assignment.state, func.count()).where(of_kind).group_by(Assignment.state)
    states: dict[str, int] = dict(session.execute(counted).all())
    paid = (of_kind, Assignment.state == "paid")
    reward, fee, bonus = session.execute(
        select(
            func.sum(Hit.reward_cents),
            func.sum(Hit.fee_cents + Assignment.bonus_fee_cents),
            func.sum(Assignment.bonus_cents),
        )
        .join(Assignment, Assignment.hit == Hit.id)
        .where(*paid)
    ).one()
    pace = session.execute(
        select(Assignment.active_seconds, Assignment.items).where(of_kind, Assignment.items > 0)
    ).all()
    return KindFigures(
        kind=kind,
        hits=hits,
        assignments=sum(states.values()),
        paid=states.get("paid", 0),
        refused=states.get("refused", 0) + states.get("rejected", 0),
        held=states.get("held", 0),
        gold=_gold(session, kind),
        items=sum(items for _, items in pace),
        median_seconds=float(np.median([seconds / items for seconds, items in pace if seconds is not None]))
        if pace
        else None,
        reward_cents=int(reward or 0),
        fee_cents=int(fee or 0),
        bonus_cents=int(bonus or 0),
    )


def _gold(session: Session, kind: str) -> Share | None:
    """Count the labels of a kind of HIT on images of known truth, and those that were right."""
    if question_of(kind) != ballots.KIND:
        return None
    truth = case((Candidate.gold == 1, "yes"), else_="no")
    right, answered = session.execute(
        select(func.sum(case((Vote.answer == truth, 1), else_=0)), func.count())
        .join(Candidate, Candidate.id == Vote.subject)
        .where(Vote.kind == kind, Vote.answer.in_(("yes", "no")), Candidate.gold.is_not(None))
    ).one()
    return _share(int(right or 0), answered)


def _agreement(session: Session) -> float | None:
    """Measure how far labels of decided images agree beyond chance, from the votes that count."""
    counts = (Candidate.yes, Candidate.no, Candidate.unsure)
    rows = session.execute(select(*counts, func.count()).where(DECIDED).group_by(*counts)).all()
    table = np.array([tuple(row) for row in rows], np.int64).reshape(-1, 4)
    alpha = krippendorff_alpha(table[:, :3], table[:, 3])
    return None if np.isnan(alpha) else alpha


def _hourly_cents(session: Session) -> np.ndarray[Any, np.dtype[np.floating[Any]]] | None:
    """Give what an active hour earned at the 10th, 50th and 90th percentile of workers."""
    rows = session.execute(
        select(
            func.sum(Hit.reward_cents + func.coalesce(Assignment.bonus_cents, 0)),
            func.sum(Assignment.active_seconds),
        )
        .join(Hit, Hit.id == Assignment.hit)
        .where(Assignment.state == "paid")
        .group_by(Assignment.worker_id)
    )
    wages = [int(cents) / seconds * HOUR for cents, seconds in rows if seconds]
    return np.percentile(wages, [10, 50, 90]) if wages else None


def _duplicates(session: Session) -> DuplicateFigures:
    left, right = aliased(Candidate), aliased(Candidate)
    kinds = (Pair.verdict, Pair.decided_by, (left.wnid == right.wnid).label("within"))
    pairs = session.execute(
        select(*kinds, func.count().label("number"))
        .join(left, left.id == Pair.left)
        .join(right, right.id == Pair.right)
        .group_by(*kinds)
    ).all()
    copies = sum(some.number for some in pairs if some.verdict == "copy")
    within = sum(some.number for some in pairs if some.verdict == "copy" and some.within)
    unpaired = _dropped_without_pair(session)
    dropped = session.scalar(select(func.count()).where(Candidate.state == State.DUPLICATE)) or 0
    sizes = duplicate_findings.group_sizes(session)
    return DuplicateFigures(
        groups=sizes.total(),
        pairs=copies,
        dropped=dropped,
        within_synset=within + unpaired[True],
        across_synsets=copies - within + unpaired[False],
        judged=sum(some.number for some in pairs if some.decided_by == "people"),
        doubtful=sum(some.number for some in pairs if some.verdict == "doubtful"),
        sizes=dict(sizes),
    )


def _dropped_without_pair(session: Session) -> Counter[bool]:
    """Count copies that no confirmed pair joins to the kept one, by whether both are of one synset."""
    copy, kept = aliased(Candidate), aliased(Candidate)
    joined = or_(
        and_(Pair.left == copy.id, Pair.right == kept.id), and_(Pair.left == kept.id, Pair.right == copy.id)
    )
    within = (copy.wnid == kept.wnid).label("within")
    rows = session.execute(
        select(within, func.count())
        .join(kept, kept.id == copy.duplicate_of)
        .where(
            copy.state == State.DUPLICATE, ~select(Pair.left).where(joined, Pair.verdict == "copy").exists()
        )
        .group_by(within)
    )
    return Counter({bool(same): number for same, number in rows})
