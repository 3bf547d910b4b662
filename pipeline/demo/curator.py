"""The curator of the demo: looks at some of the pictures that were voted on, and says what they show.

Some dozens of images teach a voting policy too little to tell careful workers from careless ones by their
agreement alone. Known images do.
"""

from __future__ import annotations

from sqlalchemy import select

from pipeline.gold import set_gold
from pipeline.rehearsal.truth import Truth
from pipeline.states import State
from pipeline.store.models import Candidate, Vote
from pipeline.toolbox import Toolbox

OF_EACH_TRUTH = 6


def make_gold(tools: Toolbox, truth: Truth) -> bool:
    """Make gold of good and of bad images, once enough of both have votes; tell whether they had."""
    with tools.store.writing() as session:
        voted = select(Vote.subject).where(Vote.kind == "label_images")
        rows = session.execute(
            select(Candidate.id, Candidate.url, Candidate.wnid)
            .where(Candidate.id.in_(voted), Candidate.state != State.BORROWED)
            .order_by(Candidate.shuffle)
        ).all()
        shows = {row.id: int(truth.shows(row.url, row.wnid)) for row in rows}
        known = {
            row: value for value in (1, 0) for row in [n for n in shows if shows[n] == value][:OF_EACH_TRUTH]
        }
        if len(known) < 2 * OF_EACH_TRUTH:
            return False
        set_gold(session, tools.settings.label, dict(known), tools.clock())
        return True
