"""What the voting policies have learnt: by which synsets and limits, when to learn anew, and kept at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from pipeline.settings import Label
from pipeline.states import State
from pipeline.store import ballots as voting
from pipeline.store.models import Candidate, Synset, VoteModel
from pipeline.synset_terms import limits_of, policy_of
from pipeline.votes.gold_supply import supplies
from quality.gold import cautious
from quality.pace import is_due
from quality.synset_limits import PerSynset
from quality.votes import Thresholds

SEEDED = select(Synset.wnid, Synset.policy).where(Synset.seeded).order_by(Synset.wnid)
NEWEST = (
    select(VoteModel.id).where(VoteModel.policy == bindparam("spec")).order_by(VoteModel.id.desc()).limit(1)
)
_id = func.max(VoteModel.id)
NEWEST_OF_EACH = select(VoteModel.policy, _id).group_by(VoteModel.policy).order_by(_id.desc())


@dataclass(frozen=True, slots=True)
class Group:
    """The synsets that one policy decides, and the limits that the settings give each of them."""

    spec: str
    synsets: list[str]
    limits: list[Thresholds]


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a policy has learnt: from which group, by which limits it judges, whom it knows by which number.

    `version` is the row that keeps it, 0 until it is kept.
    """

    group: Group
    policy: PerSynset
    model: Any
    limits: list[Thresholds]
    workers: Mapping[str, int]
    votes: int
    version: int = 0


def groups(session: Session, label: Label) -> list[Group]:
    """Give each voting policy in use, with the seeded synsets that it decides."""
    chosen: dict[str, Group] = {}
    for wnid, own in session.execute(SEEDED):
        spec = policy_of(label, wnid, own)
        group = chosen.setdefault(spec, Group(spec, [], []))
        group.synsets.append(wnid)
        group.limits.append(limits_of(label, wnid))
    return list(chosen.values())


def must_learn(session: Session, group: Group, newest: Learnt | None) -> bool:
    """Tell whether other synsets, other limits or many more votes call for learning anew."""
    if newest is None or newest.group != group:
        return True
    due = is_due(voting.count_votes(session, group.synsets), newest.votes)
    # Also by no new votes: what images rest for may have been given up.
    return due or _nothing_wanted(session, group.synsets)


def _nothing_wanted(session: Session, synsets: Sequence[str]) -> bool:
    open_ones = select(Candidate.id).where(Candidate.state == State.COLLECTED, Candidate.wnid.in_(synsets))
    moving = or_(Candidate.wanted > 0, Candidate.confidence.is_(None))
    return not session.scalar(open_ones.where(moving).limit(1)) and bool(session.scalar(open_ones.limit(1)))


@dataclass(frozen=True, slots=True)
class Lesson:
    """All that a policy learns from: read in one transaction, learnt from in none."""

    group: Group
    limits: list[Thresholds]
    workers: list[str]
    votes: int
    numbered: voting.NumberedBallots

    def learn(self) -> Learnt:
        """Let the policy learn."""
        policy = PerSynset(self.group.spec, self.limits)
        model = policy.fit(self.numbered.ballots)
        number = {name: n for n, name in enumerate(self.workers)}
        return Learnt(self.group, policy, model, self.limits, number, self.votes)


def lesson(session: Session, group: Group) -> Lesson:
    """Read all votes that count, and how much gold there is: short of it, who needs it is strict."""
    limits = group.limits
    if PerSynset(group.spec, limits).uses_gold:
        gold = supplies(session, group.synsets)
        limits = [
            cautious(own, gold[wnid].held, gold[wnid].enough)
            for wnid, own in zip(group.synsets, limits, strict=True)
        ]
    workers, votes = voting.voters(session), voting.count_votes(session, group.synsets)
    return Lesson(group, limits, workers, votes, voting.load(session, group.synsets, workers))


def keep(session: Session, learnt: Learnt, now: datetime) -> Learnt:
    """Write down what was learnt."""
    document = {
        "synsets": learnt.group.synsets,
        "asked": [astuple(one) for one in learnt.group.limits],
        "limits": [astuple(one) for one in learnt.limits],
        "workers": list(learnt.workers),
        "model": learnt.model.to_json(),
    }
    row = VoteModel(policy=learnt.group.spec, votes=learnt.votes, document=document, fitted_at=now)
    session.add(row)
    session.flush()
    return replace(learnt, version=row.id)


class VoteModels:
    """The newest model of each policy, read once by a process and kept until there is a newer one."""

    def __init__(self) -> None:
        self._kept: dict[str, Learnt] = {}

    def newest(self, session: Session, spec: str) -> Learnt | None:
        """Give what a policy last learnt, if it ever did."""
        version = newest_version(session, spec)
        return None if version is None else self._at(session, spec, version)

    def of_synset(self, session: Session, wnid: str) -> Learnt | None:
        """Give what was last learnt about a synset, by whatever policy, if anything was."""
        versions = session.execute(NEWEST_OF_EACH).all()
        found = (self._at(session, spec, version) for spec, version in versions)
        return next((one for one in found if wnid in one.group.synsets), None)

    def is_overtaken(self, session: Session, learnt: Learnt) -> bool:
        """Tell whether another policy has decided on some of the same synsets since."""
        later = (row for row in session.execute(NEWEST_OF_EACH) if row[1] > learnt.version)
        others = (self._at(session, spec, version).group.synsets for spec, version in later)
        return any(not set(learnt.group.synsets).isdisjoint(other) for other in others)

    def _at(self, session: Session, spec: str, version: int) -> Learnt:
        kept = self._kept.get(spec)
        if kept is None or kept.version != version:
            kept = self._kept[spec] = _read(session.get_one(VoteModel, version))
        return kept


def newest_version(session: Session, spec: str) -> int | None:
    """Give the row of what a policy last learnt."""
    return session.scalar(NEWEST, {"spec": spec})


def _read(row: VoteModel) -> Learnt:
    document = row.document
    asked, limits = ([Thresholds(*one) for one in document[name]] for name in ("asked", "limits"))
    policy = PerSynset(row.policy, limits)
    return Learnt(
        group=Group(row.policy, document["synsets"], asked),
        policy=policy,
        model=policy.read(document["model"]),
        limits=limits,
        workers={name: n for n, name in enumerate(document["workers"])},
        votes=row.votes,
        version=row.id,
    )
