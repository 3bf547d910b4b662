"""What a HIT page shows: the synset and its examples, the items under opaque names, the quiz."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from pipeline.desk.instruction import PROMPT, REMINDERS, missed_before
from pipeline.desk.names import NO_LEASE, Names
from pipeline.desk.subjects import BoxesShown, boxes_shown, pictures_shown
from pipeline.hits.entry_test import question_of
from pipeline.hits.kinds import KINDS
from pipeline.hits.question import Item, Question, Quiz
from pipeline.store.leases import Leased
from pipeline.store.models import Lease
from pipeline.synsets.cards import SynsetCards
from pipeline.votes.page_gold import Examples, examples


@dataclass(frozen=True, slots=True)
class Sheet:
    """Fills in pages."""

    names: Names
    cards: SynsetCards

    def question(
        self,
        session: Session,
        kind: str,
        wnid: str,
        items: Sequence[Leased],
        shown: Examples,
        now: datetime,
        lease: Lease | None = None,
    ) -> Question:
        """Write down what a page asks about these items, under names that hold until its time is over."""
        allowed = timedelta(seconds=KINDS[kind].seconds_allowed)
        until = now + allowed
        pictures = pictures_shown(session, kind, [item.subject for item in items])
        boxes = boxes_shown(session, items)
        return Question(
            kind=kind,
            lease=self.names.lease(lease.id) if lease else "",
            synset=replace(
                self.cards.card(session, wnid),
                good=tuple(self.names.picture(NO_LEASE, one, 0, until) for one in shown.good),
                bad=tuple(self.names.picture(NO_LEASE, one, 0, until) for one in shown.bad),
            ),
            items=tuple(self._item(item, kind, pictures[item.subject], boxes, until) for item in items),
            seconds_allowed=KINDS[kind].seconds_allowed,
            quiz=self._quiz(session, lease) if lease and lease.quiz else None,
            reminder=self._reminder(session, lease) if lease else None,
            seconds_left=int((lease.opened_at + allowed - now).total_seconds()) if lease else None,
        )

    def _quiz(self, session: Session, lease: Lease) -> Quiz:
        words = ", ".join(self.cards.card(session, lease.wnid).words)
        choices = lease.quiz or []
        return Quiz(
            PROMPT.format(words=words),
            tuple(map(self.cards.definition, choices)),
            choices.index(lease.wnid),
            tuple(map(self.cards.name, choices)),
        )

    def _reminder(self, session: Session, lease: Lease) -> str | None:
        missed = missed_before(session, lease)
        return REMINDERS[missed].format(definition=self.cards.definition(lease.wnid)) if missed else None

    def _item(
        self, item: Leased, kind: str, sides: Sequence[Any], boxes: BoxesShown, until: datetime
    ) -> Item:
        first, other = sides[0], sides[1] if len(sides) > 1 else None
        return Item(
            key=self.names.item(item.lease_id, item.position),
            picture=self._name(item, 0, until),
            width=first.width,
            height=first.height,
            boxes=boxes.accepted.get(item.subject, ()) if kind in ("draw_box", "check_coverage") else (),
            box=boxes.by_id.get(item.box_id) if kind == "check_box" else None,
            other=self._name(item, 1, until) if other else None,
            other_width=other.width if other else None,
            other_height=other.height if other else None,
        )

    def _name(self, item: Leased, side: int, until: datetime) -> str:
        place = item.subject if item.lease_id == NO_LEASE else item.position
        return self.names.picture(item.lease_id, place, side, until)

    def choices(self, session: Session, lease: Lease) -> list[str] | None:
        """Give the synsets whose definitions a quiz offers, in the order shown; None if there is one only."""
        wnids = [lease.wnid, *self.cards.told_apart(session, lease.wnid)]
        # Places before the first are on no page, so that nothing shown there tells the order.
        keys = {wnid: self.names.item(lease.id, -place) for place, wnid in enumerate(wnids, 1)}
        return sorted(wnids, key=keys.__getitem__) if len(wnids) > 1 else None


def examples_shown(session: Session, kind: str, wnid: str) -> Examples:
    """Choose the examples on a page of this kind: none where boxes or pairs are asked about."""
    return examples(session, wnid) if question_of(kind) == "label_images" else Examples()
