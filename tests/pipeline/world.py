"""A whole pipeline without servers: workers who answer, rounds that are gone, and what stands then."""

import itertools
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import func, insert, select, update

from pipeline import runner, settings
from pipeline.adapters.local_blobs import LocalBlobs
from pipeline.collection.examination import Examined
from pipeline.desk.lease_desk import LeaseDesk
from pipeline.hits.desk import NothingToDo
from pipeline.hits.question import Question
from pipeline.rules import parse_rules
from pipeline.sources.rota import Rota
from pipeline.stages.collect import _picture
from pipeline.states import State
from pipeline.store import queries
from pipeline.store.engine import StateStore
from pipeline.store.insertion import insert_new
from pipeline.store.models import Candidate, Event, Hit, Picture, Row, Synset
from pipeline.synsets.cards import SynsetCards
from pipeline.synsets.choice import add_synsets
from pipeline.synsets.wordnet import WordNet
from pipeline.tickets.admission import Admission
from pipeline.tickets.requester import Requester
from pipeline.toolbox import CrowdTools, Toolbox
from tests.pipeline.crowd_in_memory import Clock, FakeCrowd, PostedHit
from tests.pipeline.pictures import examined, jpeg, numbered

CAT, MUG = "n02123045", "n03063599"
ROUNDS = 200

Answer = Callable[[str, int, str], Any]
"""What a worker says: (kind, candidate or, for a pair, its left candidate, worker)."""

GOOD_ANSWERS = {
    "label_images": "yes",
    "entry_test": "yes",
    "draw_box": {"box": [4, 4, 40, 40]},
    "check_box": {"good": True},
    "check_coverage": {"covered": True},
    "check_duplicate": "same",
}


def content(kind: str, _candidate: int, _worker: str) -> Any:
    """Answer as somebody with whom every picture is in order."""
    return GOOD_ANSWERS[kind]


def known(question: Question) -> int | None:
    """The choice in the page's quiz that is right."""
    if question.quiz is None:
        return None
    return [question.synset.gloss.startswith(choice) for choice in question.quiz.choices].index(True)


def document(question: Question, values: Sequence[Any]) -> dict[str, Any]:
    """What the page would send for these answers, in the order of the items."""
    answers = [
        {"key": item.key, "answer": value, "seconds": 1.5}
        for item, value in zip(question.items, values, strict=True)
    ]
    return {
        "schema": 1,
        "kind": question.kind,
        "lease": question.lease,
        "active_seconds": 1.5 * len(answers),
        "quiz": known(question),
        "comment": "",
        "answers": answers,
    }


@dataclass
class World:
    """A whole pipeline, without servers."""

    tools: Toolbox
    crowd: FakeCrowd
    clock: Clock
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    workers: tuple[str, ...] = tuple(f"WORKER{n}" for n in range(12))
    on_question: Callable[[Question], object] = bool

    @property
    def store(self) -> StateStore:
        return self.tools.store

    def crowd_tools(self, crowd: Any = None) -> CrowdTools:
        market, knobs = crowd or self.crowd, self.tools.settings
        requester = Requester(
            self.store,
            market,
            self.clock,
            knobs.crowd,
            knobs.pay,
            knobs.sites.url,
            "run",
            Admission(
                knobs.workers.entry_test, any(rule.per_family for rule in parse_rules(knobs.workers.rules))
            ),
        )
        return CrowdTools(market, requester)

    def tick(self, crowd: Any = None) -> runner.Tick:
        return runner.tick(self.tools, self.crowd_tools(crowd))

    def set(self, section: str, **knobs: Any) -> None:
        """Turn knobs, as a new start with other settings would."""
        turned = replace(getattr(self.tools.settings, section), **knobs)
        self.tools = replace(self.tools, settings=replace(self.tools.settings, **{section: turned}))

    def add(
        self,
        images: int | Sequence[Image.Image | bytes],
        wnid: str = CAT,
        state: State = State.COLLECTED,
        **more: Any,
    ) -> list[int]:
        """Put candidates with pictures of their own in a synset, as if they had been collected."""
        if isinstance(images, int):
            encoded = [numbered(next(self.numbers)) for _ in range(images)]
        else:
            encoded = [image if isinstance(image, bytes) else jpeg(image) for image in images]
        stored, seen = zip(*map(examined, encoded), strict=True) if encoded else ((), ())
        for data in stored:
            self.tools.blobs.put(data)
        rows = [self._row(one, wnid, state) | more for one in seen]
        with self.store.writing() as session:
            insert_new(session, Picture, [_picture(one, self.clock()) for one in seen], ("sha256",))
            statement = insert(Candidate).returning(Candidate.id, sort_by_parameter_order=True)
            return list(session.scalars(statement, rows))

    def _row(self, one: Examined, wnid: str, state: State) -> dict[str, Any]:
        url = f"file:///pictures/{next(self.numbers)}.jpg"
        blank = dict.fromkeys(("query", "language", "license", "creator", "source_page"), "")
        return blank | {
            "wnid": wnid,
            "url": url,
            "fetch_url": url,
            "source": "test",
            "extra": {},
            "state": state,
            "picture": one.sha256,
            "fetched_at": self.clock(),
            "shuffle": queries.shuffle(0, wnid, one.sha256),
            "wanted": int(state is not State.COLLECTED),
        }

    def ask(self, hit: PostedHit, worker: str) -> Question:
        """Accept a HIT and open its page."""
        assignment = self.crowd.accept(hit, worker)
        try:
            return self.tools.desk.open(*hit.task, hit.hit_id, assignment, worker)
        except NothingToDo:
            self.crowd.give_back(hit)
            raise

    def answers(self, question: Question, worker: str, answer: Answer) -> dict[str, Any]:
        """Answer every item of a question."""
        with self.store.reading() as session:
            names = [item.picture.rpartition("/")[2] for item in question.items]
            shown = self.tools.desk.candidates_behind(session, names)
        return document(question, [answer(question.kind, candidate, worker) for candidate in shown])

    def work(self, answer: Answer = content, kinds: Collection[str] = GOOD_ANSWERS) -> int:
        """Let everybody do whatever of these kinds is on the market; give how many HITs were handed in."""
        done = 0
        for worker in self.workers:
            refused = set()  # a task that has nothing for somebody has nothing at the next HIT either
            for hit in self.crowd.open_hits():
                if hit.task[0] not in kinds or hit.task in refused:
                    continue
                if not self.crowd.admits(hit, worker):
                    continue
                try:
                    question = self.ask(hit, worker)
                except NothingToDo:
                    refused.add(hit.task)
                    continue
                self.on_question(question)
                self.crowd.submit(hit, json.dumps(self.answers(question, worker, answer)))
                done += 1
        return done

    def play(self, answer: Answer = content, kinds: Collection[str] = GOOD_ANSWERS) -> None:
        """Tick and work by turns until nothing moves."""
        for _ in range(ROUNDS):
            still = self.tick().still
            if not self.work(answer, kinds) and still:
                return
        raise AssertionError(f"still moving after {ROUNDS} rounds")

    def scalars(self, statement: Any) -> list[Any]:
        with self.store.reading() as session:
            return list(session.scalars(statement))

    def rows(self, table: type[Row], *where: Any) -> list[Any]:
        """Detached rows of a table, in order of their keys."""
        with self.store.reading() as session:
            found = list(session.scalars(select(table).where(*where).order_by(*table.__table__.primary_key)))
            session.expunge_all()
            return found

    def count(self, table: type[Row], *where: Any) -> int:
        with self.store.reading() as session:
            return session.scalar(select(func.count()).select_from(table).where(*where)) or 0

    def states(self) -> dict[str, int]:
        """How many candidates stand where."""
        with self.store.reading() as session:
            counted = select(Candidate.state, func.count()).group_by(Candidate.state)
            return dict(session.execute(counted).all())

    def events(self, name: str) -> list[Any]:
        return self.rows(Event, Event.name == name)

    def rows_of_events(self, candidate: int) -> list[Any]:
        """A candidate's history."""
        return self.rows(Event, Event.kind == "candidate", Event.subject == str(candidate))

    def hit_states(self) -> dict[str, int]:
        with self.store.reading() as session:
            counted = select(Hit.state, func.count()).group_by(Hit.state)
            return dict(session.execute(counted).all())


def build_world(store: StateStore, folder: Path, wordnet: WordNet, *knobs: str) -> World:
    """Make a pipeline with two synsets and no candidate."""
    chosen = settings.load(
        None,
        (
            "label.policy=majority:3",
            "crowd.budget_cents=1000000",
            "pay.target_hourly_cents=1",
            f"database.url={store.url.render_as_string(hide_password=False)}",
            f"release.folder={folder / 'releases'}",
            *knobs,
        ),
    )
    clock, blobs = Clock(), LocalBlobs(folder / "pictures")
    with store.writing() as session:
        add_synsets(session, wordnet, [CAT, MUG], now=clock())
        session.execute(update(Synset).values(searched=True))
    desk = LeaseDesk(
        store,
        blobs,
        SynsetCards(wordnet),
        clock,
        "secret",
        chosen.boxes.distinct_workers,
        chosen.workers.entry_test,
    )
    tools = Toolbox(
        settings=chosen,
        store=store,
        clock=clock,
        blobs=blobs,
        open_blobs=lambda: blobs,
        wordnet=wordnet,
        translations=(),
        desk=desk,
        fetcher=nullcontext,
        sources=lambda _: (),
        rota=Rota(0.0),
    )
    return World(tools, FakeCrowd(clock), clock)
