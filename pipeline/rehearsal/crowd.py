"""The simulated crowd at work: everybody takes turns, one HIT each, until nothing is left to do.

Turns follow each other, so that the same seed gives the same run: what somebody is asked depends on who came
before. What they answer does not, so it is handed in while the next one takes a turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from pipeline.rehearsal.browser import Browser, Task
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
AT_ONCE = 4
"""How many HITs are being answered and handed in at a time."""


@dataclass
class Worker:
    """A person with a browser, and what they remember of the site."""

    person: Person
    browser: Browser
    turns: int = 0
    barren: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    left_the_last: bool = False
    in_hand: Future[Work] | None = None

    def hand_in(self) -> Work:
        """Wait until the HIT in hand is done, and tell what became of it."""
        done, self.in_hand = self.in_hand, None
        return done.result() if done else NOTHING


def never() -> bool:
    """Stop for nothing."""
    return False


class Crowd:
    """All simulated workers."""

    def __init__(
        self, people: Sequence[Person], browsers: Sequence[Browser], truth: Truth, oracle: Oracle
    ) -> None:
        self._workers = [Worker(*pair) for pair in zip(people, browsers, strict=True)]
        self._truth = truth
        self._oracle = oracle
        # How many HITs of a group are left, as somebody saw on the site; who finds nothing there looks again.
        self._offers: dict[str, int] = {}

    def work(self, until: Callable[[], bool] = never) -> Work:
        """Let everybody do what there is to do now, or as much of it as `until` lets them.

        Workers do not ask a group again that had nothing for them, unless nobody finds anything else.

        Raises
        ------
        WorldError
            If the crowd server or the HIT pages fail.
        """
        self._offers.clear()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            done = self._rounds(until, pool)
            if not done.submitted and any(worker.barren for worker in self._workers):
                for worker in self._workers:
                    worker.barren.clear()
                done += self._rounds(until, pool)
        return done

    def _rounds(self, until: Callable[[], bool], pool: Executor) -> Work:
        done, awake = NOTHING, list(self._workers)
        while awake and not until():
            worker = awake.pop(0)
            done += worker.hand_in()
            if (turn := self._turn(worker, pool)) is not None:
                done += turn
                awake.append(worker)
        return sum((worker.hand_in() for worker in self._workers), done)

    def _turn(self, worker: Worker, pool: Executor) -> Work | None:
        """Give what is done of a HIT so far; None if there was none for this worker."""
        if worker.turns == 0:
            worker.browser.sign_in()
        worker.turns += 1
        done = self._take_one(worker, pool)
        return done if done is not None else self._look_round(worker, pool)

    def _look_round(self, worker: Worker, pool: Executor) -> Work | None:
        board = worker.browser.board()
        if waiting := [assignment for assignment in board.queue if assignment not in worker.left]:
            return self._do(worker, waiting[0], pool)
        self._offers = board.groups
        return self._take_one(worker, pool)

    def _take_one(self, worker: Worker, pool: Executor) -> Work | None:
        luck = chance(worker.person.seed, worker.person.number, worker.turns)
        while groups := self._open_to(worker):
            group = groups[int(luck.integers(len(groups)))]
            self._offers[group] -= 1
            if assignment := worker.browser.accept(group):
                done = self._do(worker, assignment, pool)
                if done.returned:
                    worker.barren.add(group)
                    self._offers[group] += 1
                return done
            self._offers[group] = 0
        return None

    def _open_to(self, worker: Worker) -> list[str]:
        return [group for group, left in self._offers.items() if left > 0 and group not in worker.barren]

    def _do(self, worker: Worker, assignment: str, pool: Executor) -> Work:
        task = worker.browser.open(assignment)
        if task is None:
            worker.browser.give_back(assignment)
            return Work(returned=1)
        if self._walks_out(worker):
            worker.left.add(assignment)
            return Work(abandoned=1)
        worker.in_hand = pool.submit(self._answer, worker, task)
        return NOTHING

    def _answer(self, worker: Worker, task: Task) -> Work:
        document = worker.person.answer(task.question, self._truth, self._oracle)
        if worker.browser.submit(task, document):
            return Work(submitted=1)
        worker.left.add(task.assignment)
        return Work(abandoned=1)

    def _walks_out(self, worker: Worker) -> bool:
        # Nobody leaves twice running: the same items, leased to the same worker again, would never be done.
        stays = worker.left_the_last or not worker.person.abandons(worker.turns)
        worker.left_the_last = not stays
        return not stays
