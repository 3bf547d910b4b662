"""Labels derived once more from the raw votes, by another policy: where they differ from what was decided."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.review.reopening import HELD
from pipeline.states import State
from pipeline.store import ballots as voting
from pipeline.store.models import Candidate, Synset
from quality.arrays import UNKNOWN, tally
from quality.policies import parse
from quality.votes import ACCEPT, UNSURE


@dataclass(frozen=True, slots=True)
class Opinion:
    """A decided candidate: what was decided and claimed, and what the other policy believes of it."""

    candidate: int
    wnid: str
    url: str
    decided: str
    confidence: float | None
    rederived: str
    probability: float
    votes: int


@dataclass(frozen=True, slots=True)
class Rederived:
    """Where the policies differ, the surest first, and of how many decided candidates with votes."""

    compared: int
    differing: list[Opinion]


def rederive(session: Session, spec: str) -> Rederived:
    """Let a policy learn from all votes that count, and call good what it finds likelier good than not.

    Images that were left as unsure are compared with nothing; gold is known and not compared. Nothing is
    changed.

    Raises
    ------
    ValueError
        If there is no such policy.
    """
    policy = parse(spec)
    synsets = session.scalars(select(Synset.wnid).order_by(Synset.wnid)).all()
    numbered = voting.load(session, synsets, voting.voters(session))
    ballots = numbered.ballots
    believed = policy.decide(ballots, policy.fit(ballots)).confidence
    votes = tally(ballots.item, ballots.answer, ballots.n_items).sum(axis=1)
    compared, differing = 0, []
    for n, (identity, state) in enumerate(zip(numbered.ids, numbered.states, strict=True)):
        held = HELD.get(state, UNSURE)
        if held == UNSURE or not votes[n] or ballots.images.gold[n] != UNKNOWN:
            continue
        compared += 1
        if (believed[n] > 0.5) != (held == ACCEPT):
            row = session.get_one(Candidate, identity)
            differing.append(_opinion(row, held == ACCEPT, float(believed[n]), int(votes[n])))
    return Rederived(compared, sorted(differing, key=lambda one: -abs(one.probability - 0.5)))


def _opinion(row: Candidate, accepted: bool, probability: float, votes: int) -> Opinion:
    words = (str(State.REJECTED), str(State.ACCEPTED))
    return Opinion(
        candidate=row.id,
        wnid=row.wnid,
        url=row.url,
        decided=words[accepted],
        confidence=row.confidence,
        rederived=words[not accepted],
        probability=probability,
        votes=votes,
    )
