"""What a HIT page says about its synset: words, definition, what it is easily taken for."""

from __future__ import annotations

from itertools import islice
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.hits.question import Confusable
from pipeline.hits.question import Synset as Card
from pipeline.store.models import Synset
from pipeline.synsets.wordnet import WordNet

MOST_CONFUSABLE = 3
LENDERS = 3
"""Synsets whose images serve as bad examples of another one."""

TOLD_APART = 2
"""Wrong definitions in a quiz."""

NO_SYNSET = Card("", ("the same picture",), "Two copies of one photograph, however cut, scaled or edited.")


class SynsetCards:
    """Makes the cards and remembers them."""

    def __init__(self, wordnet: WordNet) -> None:
        self._wordnet = wordnet
        self._cards: dict[str, Card] = {}
        self._lenders: dict[str, list[str]] = {}

    def card(self, session: Session, wnid: str) -> Card:
        """Give a synset's card; for work on pairs, which have none, a general one."""
        if wnid not in self._cards:
            synset = session.get(Synset, wnid)
            self._cards[wnid] = self._make(session, synset) if synset else NO_SYNSET
        return self._cards[wnid]

    def definition(self, wnid: str) -> str:
        """Give a synset's definition, without example sentences."""
        return self._wordnet.synset(wnid).definition

    def name(self, wnid: str) -> str:
        """Give a synset's first word."""
        return self._wordnet.synset(wnid).words[0]

    def told_apart(self, session: Session, wnid: str) -> list[str]:
        """Give synsets that whoever knows this one can tell from it: its siblings, then those of the run."""
        siblings = [other for other in self._wordnet.siblings(wnid) if self._differ(wnid, other)]
        if len(siblings) < TOLD_APART:
            run = set(session.scalars(select(Synset.wnid))).difference(siblings)
            siblings += [one for one in self._wordnet.look_alikes(wnid, run) if self._differ(wnid, one)]
        return siblings[:TOLD_APART]

    def lenders(self, session: Session, wnid: str) -> list[str]:
        """Give the run's synsets that this one is most easily taken for, and that cannot show it too."""
        if wnid not in self._lenders:
            run = session.scalars(select(Synset.wnid)).all()
            near = (one for one in self._wordnet.look_alikes(wnid, run) if self._differ(wnid, one))
            self._lenders[wnid] = list(islice(near, LENDERS))
        return self._lenders[wnid]

    def _differ(self, wnid: str, other: str) -> bool:
        within = other in self._wordnet.ancestors(wnid) or wnid in self._wordnet.ancestors(other)
        return not within and self.definition(wnid) != self.definition(other)

    def _make(self, session: Session, synset: Synset) -> Card:
        others = session.scalars(select(Synset.wnid).where(Synset.wnid != synset.wnid)).all()
        near = self._wordnet.look_alikes(synset.wnid, others)[:MOST_CONFUSABLE]
        return Card(
            wnid=synset.wnid,
            words=tuple(synset.words),
            gloss=synset.gloss,
            wikipedia="https://en.wikipedia.org/wiki/Special:Search?search=" + quote(synset.words[0]),
            confusable=tuple(self._confusable(other) for other in near),
        )

    def _confusable(self, wnid: str) -> Confusable:
        other = self._wordnet.synset(wnid)
        return Confusable(other.words, other.definition)
