"""The simulated crowd at work: everybody takes turns, one HIT each, until nothing is left to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipeline.rehearsal.browser import Browser
from pipeline.rehearsal.chance import chance
from pipeline.rehearsal.people import Person
from pipeline.rehearsal.truth import Oracle, Truth


@dataclass(frozen=True, slots=True)
class Work:
    """HITs handed in; returned because they asked nothing; left unfinished, or handed in too late."""

    submitted: int = 0
    returned: int = 0
    abandoned: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(
            self.submitted + other.submitted,
            self.returned + other.returned,
            self.abandoned + other.abandoned,
        )


NOTHING = Work()


@dataclass
class Worker:
    """A person with a browser, and what they remember of the site."""

    person: Person
    browser: Browser
    turns: int = 0
    barren: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    left_the_last: bool = False


def never() -> bool:
    """Stop for nothing."""
    return False


class Crowd:
    """All simulated workers. They act one after the other, so that the same seed gives the same run."""

    def __init__(
        self, people: Sequence[Person], browsers: Sequence[Browser], truth: Truth, oracle: Oracle
    ) -> None:
        self._workers = [Worker(*pair) for pair in zip(people, browsers, strict=True)]
        self._truth = truth
        self._oracle = oracle
        self._offers: list[str] = []  # what somebody saw on the site; who has seen all of it looks again

    def work(self, until: Callable[[], bool] = never) -> Work:
        """Let everybody do what there is to do now, or as much of it as `until` lets them.

        Workers do not ask a group again that had nothing for them, unless nobody finds anything else.

        Raises
        ------
        WorldError
            If the crowd server or the HIT pages fail.
        """
        self._offers.clear()
        done = self._rounds(until)
        if not done.submitted and any(worker.barren for worker in self._workers):
            for worker in self._workers:
                worker.barren.clear()
            done += self._rounds(until)
        return done

    def _rounds(self, until: Callable[[], bool]) -> Work:
        done, awake = NOTHING, list(self._workers)
        while awake:
            for worker in tuple(awake):
                if until():
                    return done
                work = self._turn(worker)
                if work == NOTHING:
                    awake.remove(worker)
                done += work
        return done

    def _turn(self, worker: Worker) -> Work:
        if worker.turns == 0:
            worker.browser.sign_in()
        worker.turns += 1
        done = self._take_one(worker)
        return done if done != NOTHING else self._look_round(worker)

    def _look_round(self, worker: Worker) -> Work:
        board = worker.browser.board()
        if waiting := [assignment for assignment in board.queue if assignment not in worker.left]:
            return self._do(worker, waiting[0])
        self._offers = list(board.groups)
        return self._take_one(worker)

    def _take_one(self, worker: Worker) -> Work:
        luck = chance(worker.person.seed, worker.person.number, worker.turns)
        while groups := self._open_to(worker):
            group = groups[int(luck.integers(len(groups)))]
            if assignment := worker.browser.accept(group):
                done = self._do(worker, assignment)
                if done.returned:
                    worker.barren.add(group)
                return done
            self._offers.remove(group)
        return NOTHING

    def _open_to(self, worker: Worker) -> list[str]:
        return [group for group in self._offers if group not in worker.barren]

    def _do(self, worker: Worker, assignment: str) -> Work:
        task = worker.browser.open(assignment)
        if task is None:
            worker.browser.give_back(assignment)
            return Work(returned=1)
        if not self._walks_out(worker):
            document = worker.person.answer(task.question, self._truth, self._oracle)
            if worker.browser.submit(task, document):
                return Work(submitted=1)
        worker.left.add(assignment)
        return Work(abandoned=1)

    def _walks_out(self, worker: Worker) -> bool:
        # Nobody leaves twice running: the same items, leased to the same worker again, would never be done.
        stays = worker.left_the_last or not worker.person.abandons(worker.turns)
        worker.left_the_last = not stays
        return not stays
