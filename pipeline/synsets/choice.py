"""Adding synsets to the dataset, all or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import UserError
from pipeline.store.insertion import insert_new
from pipeline.store.models import Synset
from pipeline.synsets.selection import Objection, check_selection
from pipeline.synsets.wordnet import WordNet


def _told(refusals: Sequence[Objection]) -> Iterator[str]:
    yield from (f"{refusal.text}." for refusal in refusals)
    if any(refusal.reason == "person" for refusal in refusals):
        yield "To allow kinds of people: synsetter synsets add --people"


def add_synsets(
    session: Session,
    wordnet: WordNet,
    wnids: Sequence[str],
    *,
    now: datetime,
    allow_people: bool = False,
    policy: str | None = None,
) -> tuple[int, list[str]]:
    """Add synsets; give how many were new, and what a curator should think about.

    Raises
    ------
    UserError
        If one is unknown, is an ancestor of another, or is a kind of people that was not allowed.
    """
    held = session.scalars(select(Synset.wnid)).all()
    check = check_selection(wordnet, wnids, held=held, allow_people=allow_people)
    if check.refusals:
        raise UserError("\n".join(_told(check.refusals)))
    rows = [
        {
            "wnid": synset.wnid,
            "words": list(synset.words),
            "gloss": synset.gloss,
            "family": wordnet.family(synset.wnid),
            "family_name": wordnet.synset(wordnet.family(synset.wnid)).words[0],
            "policy": policy,
            "searched": False,
            "seeded": False,
            "added_at": now,
        }
        for synset in map(wordnet.synset, wnids)
    ]
    return insert_new(session, Synset, rows, ("wnid",)), [warning.text for warning in check.warnings]
