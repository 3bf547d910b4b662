"""How much gold there is, how much a synset needs, and what its lack means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.states import IN_VIEW
from pipeline.store.models import Candidate, LeaseItem, Synset
from pipeline.votes.page_gold import EACH, KNOWN, examples, of_each_truth
from quality.gold import hits_left

NAMED = 5
NO_GOLD = "Labelled without gold, so that workers are known by their agreement alone and limits are stricter"
SHORT = "Gold ran short, of good images or of bad ones, so that pages lacked some and limits are stricter"


@dataclass(frozen=True, slots=True)
class Supply:
    """A synset's gold: images of known truth, and those of either truth that one worker could meet."""

    wnid: str
    images: int
    good: int
    bad: int
    needed: int

    @property
    def held(self) -> int:
        """Gold that serves: more than is needed of one truth makes up for none of the other."""
        return min(self.good, self.needed) + min(self.bad, self.needed)

    @property
    def enough(self) -> int:
        """Gold of both truths for one worker to judge all images."""
        return 2 * self.needed

    def lacking(self, truth: int) -> int:
        """Gold of one truth that is missing."""
        return max(self.needed - (self.good if truth else self.bad), 0)


def supplies(session: Session, wnids: Sequence[str] | None = None) -> dict[str, Supply]:
    """Count the gold of some synsets, or of all."""
    these = select(Synset.wnid).order_by(Synset.wnid)
    names = session.scalars(these if wnids is None else these.where(Synset.wnid.in_(wnids))).all()
    shown = select(Candidate.wnid, func.count()).where(Candidate.state.in_(IN_VIEW)).group_by(Candidate.wnid)
    images: dict[str, int] = dict(session.execute(shown).all())
    known = select(Candidate.wnid, Candidate.gold, func.count()).where(*KNOWN)
    held = {
        (wnid, truth): n for wnid, truth, n in session.execute(known.group_by(Candidate.wnid, Candidate.gold))
    }
    return {
        wnid: Supply(
            wnid,
            images.get(wnid, 0),
            held.get((wnid, 1), 0),
            held.get((wnid, 0), 0),
            of_each_truth(images.get(wnid, 0)),
        )
        for wnid in names
    }


@dataclass(frozen=True, slots=True)
class PagesLeft:
    """Pages with gold of both truths that workers can still get: one who is new, and those who are not."""

    new_worker: int
    workers: int
    run_out: int


def pages_left(session: Session, supply: Supply) -> PagesLeft:
    """Tell for how many more pages a synset's gold lasts."""
    shown = examples(session, supply.wnid)
    known = np.array([supply.good - len(shown.good), supply.bad - len(shown.bad)], np.int32)
    had = (
        select(LeaseItem.worker_id, Candidate.gold, func.count(LeaseItem.subject.distinct()))
        .join(Candidate, Candidate.id == LeaseItem.subject)
        .where(LeaseItem.gold, Candidate.wnid == supply.wnid, Candidate.gold.is_not(None))
        .group_by(LeaseItem.worker_id, Candidate.gold)
    )
    seen: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for worker, truth, number in session.execute(had):
        seen[worker][1 - (truth or 0)] = number
    left = hits_left(known, np.array([[0, 0], *seen.values()], np.int32), EACH)
    return PagesLeft(int(left[0]), len(seen), int((left[1:] == 0).sum()))


def warnings(session: Session) -> tuple[str, ...]:
    """Say which synsets were labelled with too little gold, or with none."""
    found = supplies(session).values()
    bare = [one.wnid for one in found if not one.good + one.bad]
    short = [one.wnid for one in found if one.good + one.bad and one.held < one.enough]
    return tuple(
        f"{text}: {len(names):,} of {len(found):,} synsets, {', '.join(names[:NAMED])}"
        + (" and others." if len(names) > NAMED else ".")
        for text, names in ((NO_GOLD, bare), (SHORT, short))
        if names
    )
