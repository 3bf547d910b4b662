"""What a drawing that came to nothing leads to: another try, no box at all, or doubt about the label itself.

Drawers look closer than voters. When one of them finds nothing of the synset in an image without an accepted
box, and a second drawer says so too or a checker finds that what was boxed is something else, the image goes
back to the voters, once. Accepted again and found empty by two more, it ends as unsure: a picture that its
drawers agree shows nothing is never released.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.hits.check_box import Fault
from pipeline.hits.draw_box import NoBox
from pipeline.settings import Settings
from pipeline.states import State
from pipeline.store.ballots import EXCLUDED, counts
from pipeline.store.chunks import chunks
from pipeline.store.journal import Move
from pipeline.store.models import Box, Candidate, Event, Vote

DOUBTED = "doubted"


@dataclass(frozen=True, slots=True)
class Failed:
    """A failed try: the image, its state, its accepted boxes, failures in a row with this one, the facts."""

    candidate: int
    before: State
    boxes: int
    tries: int
    data: Mapping[str, Any]


@dataclass(slots=True)
class Doubters:
    """Workers who found nothing of the synset: who drew nothing, and whose check was `wrong_object`."""

    absent: set[str] = field(default_factory=set)
    wrong_object: set[str] = field(default_factory=set)

    def agree(self, times: int, settings: Settings) -> bool:
        """Tell whether two or, to be heard again, two more said so, at least one of them a drawer."""
        # Where one person does everything, nobody else can agree.
        needed = 2 if settings.boxes.distinct_workers else 1
        return bool(self.absent) and len(self.absent | self.wrong_object) >= needed * times


def endings(session: Session, failed: Sequence[Failed], settings: Settings) -> dict[int, Move]:
    """Give, by image, the move of those that are not to be drawn again now."""
    doubters = doubters_of(session, [one.candidate for one in failed if not one.boxes])
    heard, votes = _times_heard(session, list(doubters)), _votes(session, list(doubters))
    found: dict[int, Move] = {}
    for one in failed:
        mine = doubters.get(one.candidate, Doubters())
        if mine.agree(heard[one.candidate] + 1, settings):
            again = not heard[one.candidate] and settings.label.recheck_votes
            found[one.candidate] = _asked_again(one, mine, votes, settings) if again else _unsure(one, mine)
        elif one.tries >= settings.boxes.tries:
            found[one.candidate] = _unsure(one, mine) if mine.agree(1, settings) else _unboxed(one)
    return found


def doubters_of(session: Session, bare: Collection[int]) -> dict[int, Doubters]:
    """Give the doubters of those among images without an accepted box that have any."""
    found: defaultdict[int, Doubters] = defaultdict(Doubters)
    for part in chunks(bare):
        absent = select(Vote.subject, Vote.worker_id).where(
            Vote.kind == "draw_box", Vote.answer == NoBox.ABSENT, Vote.subject.in_(part), counts()
        )
        for candidate, worker in session.execute(absent):
            found[candidate].absent.add(worker)
        wrong = select(Box.candidate_id, Box.checker).where(
            Box.candidate_id.in_(part), Box.reason == Fault.WRONG_OBJECT, Box.checker.not_in(EXCLUDED)
        )
        for candidate, checker in session.execute(wrong):
            found[candidate].wrong_object.add(str(checker))
    return dict(found)


def _times_heard(session: Session, candidates: Collection[int]) -> Counter[int]:
    subjects = [str(candidate) for candidate in candidates]
    counted = select(Event.subject, func.count()).where(
        Event.kind == "candidate", Event.subject.in_(subjects), Event.name == DOUBTED
    )
    return Counter(
        {int(subject): times for subject, times in session.execute(counted.group_by(Event.subject))}
    )


def _votes(session: Session, candidates: Collection[int]) -> dict[int, int]:
    cast = select(Candidate.id, Candidate.yes + Candidate.no + Candidate.unsure)
    return dict(session.execute(cast.where(Candidate.id.in_(candidates))).all())


def _asked_again(one: Failed, doubters: Doubters, votes: Mapping[int, int], settings: Settings) -> Move:
    more = settings.label.recheck_votes
    columns = {"votes_floor": votes[one.candidate] + more, "wanted": more, "tries": 0, "settled_as": None}
    columns["confidence"] = None  # the label stage looks at it: what is known needs no votes
    data = _told(one, doubters) | {"more_votes": more}
    return Move(one.candidate, one.before, State.COLLECTED, DOUBTED, data, columns)


def _unsure(one: Failed, doubters: Doubters) -> Move:
    columns = {"tries": one.tries, "wanted": 0}
    return Move(one.candidate, one.before, State.UNSURE, "found empty", _told(one, doubters), columns)


def _unboxed(one: Failed) -> Move:
    columns = {"tries": one.tries, "wanted": 0}
    return Move(one.candidate, one.before, State.UNBOXED, "unboxed", dict(one.data), columns)


def _told(one: Failed, doubters: Doubters) -> dict[str, Any]:
    return {**one.data, "absent": sorted(doubters.absent), "wrong_object": sorted(doubters.wrong_object)}
