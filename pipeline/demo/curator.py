"""The curator of the demo: says of one good and one bad picture of each synset what it shows.

Some dozens of images teach a voting policy too little to tell careful workers from careless ones by their
agreement alone. Known images that they have judged do.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.rehearsal.truth import Truth
from pipeline.review.gold import set_gold
from pipeline.states import State
from pipeline.store.models import Candidate, Synset, Vote
from pipeline.toolbox import Toolbox


def make_gold(tools: Toolbox, truth: Truth) -> bool:
    """Make gold, once every synset has a good and a bad picture with votes; tell whether it was made."""
    with tools.store.writing() as session:
        known = _one_of_each(session, truth)
        if len(known) < 2 * len(session.scalars(select(Synset.wnid)).all()):
            return False
        set_gold(
            session, tools.settings.label, {row: shown for (_, shown), row in known.items()}, tools.clock()
        )
        return True


def _one_of_each(session: Session, truth: Truth) -> dict[tuple[str, int], int]:
    voted = select(Vote.subject).where(Vote.kind == "label_images")
    rows = session.execute(
        select(Candidate.id, Candidate.url, Candidate.wnid)
        .where(Candidate.id.in_(voted), Candidate.state != State.BORROWED)
        .order_by(Candidate.shuffle)
    )
    found: dict[tuple[str, int], int] = {}
    for row in rows:
        found.setdefault((row.wnid, int(truth.shows(row.url, row.wnid))), row.id)
    return found
