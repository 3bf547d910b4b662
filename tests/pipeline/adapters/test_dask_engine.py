"""The same collection and search on this machine and on a real cluster that loses a worker half-way."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select, update

from pipeline import bootstrap, settings
from pipeline.clock import system_clock
from pipeline.collection import fetching
from pipeline.copies import search
from pipeline.errors import SettingsError
from pipeline.ports import EngineFailed
from pipeline.stages import collect, dedup
from pipeline.states import State
from pipeline.store.models import Candidate, Fact, Pair, Picture
from pipeline.synsets.choice import add_synsets
from pipeline.toolbox import Toolbox

if find_spec("distributed") is None:
    pytest.skip("the extra `dask` is not installed", allow_module_level=True)
if TYPE_CHECKING:
    from pipeline.adapters.dask_engine import DaskEngine

CAT, MUG = "n02123045", "n03063599"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
ENVIRONMENT = {
    name.upper().replace("REGION_NAME", "AWS_DEFAULT_REGION"): value for name, value in KEYS.items()
}
QUIET = {
    "distributed.scheduler.work-stealing": False,
    "distributed.worker.multiprocessing-method": "forkserver",
    "distributed.logging": {"distributed": "critical"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("found")
    for wnid in (CAT, MUG):
        (folder / wnid).mkdir()
    for number in range(120):
        # The last ten are copies of the first, four within a synset and six under the other one.
        dice = np.random.default_rng(number % 110)
        picture = Image.fromarray(dice.integers(0, 256, (8, 8, 3), np.uint8))
        wnid = (CAT, MUG)[(number + (number >= 114)) % 2]
        picture = picture.resize((64, 64), Image.Resampling.BICUBIC)
        if number >= 110:
            picture = picture.resize((80, 80), Image.Resampling.BICUBIC)
        picture.save(folder / wnid / f"{number}.png")
    (folder / CAT / "broken.jpg").write_bytes(b"\xff\xd8\xff and no more")
    return folder


@pytest.fixture(scope="module", autouse=True)
def _keys() -> Iterator[None]:
    """Where boto3 looks for keys."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def cluster(_keys: None) -> Iterator[Any]:
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set(QUIET),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            host="127.0.0.1",
            env=ENVIRONMENT,  # workers are forked from a process that may be older than these
        ) as cluster,
    ):
        yield cluster


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """An S3 server, spoken to through boto3 as any other; its address."""
    moto_server = pytest.importorskip("moto.server")
    server = moto_server.ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client("s3", endpoint_url=address, **KEYS)
    client.create_bucket(Bucket="pictures")
    yield address
    server.stop()


def toolbox(url: str, folder: Path, pictures: str, *knobs: str) -> Toolbox:
    chosen = settings.load(
        None,
        (
            f"database.url={url}",
            f"storage.pictures={pictures}",
            f'collect.sources=["folder:{folder}"]',
            "collect.processes=2",
            *knobs,
        ),
    )
    tools = bootstrap.make_toolbox(chosen)
    with tools.store.writing() as session:
        add_synsets(session, tools.wordnet, [CAT, MUG], now=system_clock())
    return tools


def collected(tools: Toolbox) -> tuple[list[Any], list[Any]]:
    """Collect; what the database holds then, and that the store holds the pictures."""
    while collect.tick(tools):
        pass
    with tools.store.reading() as session:
        facts = (Candidate.url, Candidate.state, Candidate.picture, Candidate.reason, Candidate.duplicate_of)
        candidates = [tuple(row) for row in session.execute(select(*facts).order_by(Candidate.url))]
        seen = (Picture.sha256, Picture.phash, Picture.signature, Picture.width, Picture.size)
        described = [tuple(row) for row in session.execute(select(*seen).order_by(Picture.sha256))]
    for picture, *_, size in described:
        assert len(tools.blobs.get(picture)) == size
    return candidates, described


def searched(tools: Toolbox) -> list[Any]:
    """Compare all as if voted on and boxed in one synset; pairs found, copies kept, how worn they are."""
    with tools.store.writing() as session:
        good = Candidate.state == State.COLLECTED
        session.execute(update(Candidate).where(good).values(wnid=CAT, state=State.BOXED, wanted=0))
    dedup.tick(tools)
    with tools.store.reading() as session:
        facts = (Pair.left, Pair.right, Pair.distance, Pair.probability, Pair.measured, Pair.verdict)
        pairs = [tuple(row) for row in session.execute(select(*facts).order_by(Pair.left, Pair.right))]
        states = select(Candidate.id, Candidate.state, Candidate.duplicate_of, Candidate.duplicate_group)
        kept = [tuple(row) for row in session.execute(states.order_by(Candidate.id))]
        lost = select(Picture.sha256, Picture.lost).where(Picture.lost.is_not(None))
        worn = [tuple(row) for row in session.execute(lost.order_by(Picture.sha256))]
        assert not session.scalars(select(Fact.name).where(Fact.name.startswith("shard:"))).all()
    return [pairs, kept, worn]


@dataclass
class Loses:
    """An engine that kills one of its workers while most shards are still to be done, whenever it is told."""

    engine: DaskEngine
    cluster: Any
    armed: bool = False
    killed: list[int] = field(default_factory=list)

    def map(self, work: Callable[[Any], Any], shards: Sequence[Any]) -> Iterator[Any]:
        for result in self.engine.map(work, shards):
            if self.armed:
                assert len(shards) > 10
                (victim, *_) = (nanny.pid for nanny in self.cluster.workers.values())
                self.killed.append(victim)
                os.kill(victim, signal.SIGKILL)
                self.armed = False
            yield result


@pytest.mark.timeout(280)
def test_a_cluster_that_loses_a_worker_collects_and_finds_the_same(
    new_sqlite: Callable[[], str],
    new_postgres: Callable[[], str],
    folder: Path,
    cluster: Any,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Processes, a folder and SQLite on one side; Dask, S3 and PostgreSQL on the other."""
    from pipeline.adapters.dask_engine import DaskEngine

    here = toolbox(new_sqlite(), folder, str(tmp_path / "here"))
    assert here.engine is None
    wanted = collected(here)
    states = [state for _, state, *_ in wanted[0]]
    assert {state: states.count(state) for state in set(states)} == {
        "collected": 116,
        "duplicate": 4,
        "refused": 1,
    }
    pairs, kept, worn = searched(here)
    assert len(pairs) >= 6 and len(worn) >= 8
    assert sum(state == "duplicate" for _, state, *_ in kept) >= 4

    monkeypatch.setattr(fetching, "SHARD", 6)
    monkeypatch.setattr(search, "BLOCK", 25)
    address = cluster.scheduler_address
    there = toolbox(
        new_postgres(),
        folder,
        "s3://pictures/of-a-run",
        f"storage.endpoint={bucket}",
        "collect.engine=dask",
        f"collect.cluster={address}",
    )
    assert isinstance(there.engine, DaskEngine)
    engine = Loses(there.engine, cluster, armed=True)
    there = replace(there, engine=engine)
    assert collected(there) == wanted
    engine.armed = True
    assert searched(there) == [pairs, kept, worn]
    assert len(engine.killed) == 2
    assert blobs_in(bucket) == {row[0] for row in wanted[1]}
    for tools in (here, there):
        tools.store.close()


def blobs_in(bucket: str) -> set[str]:
    listed = boto3.client("s3", endpoint_url=bucket, **KEYS).list_objects_v2(Bucket="pictures")
    return {one["Key"].rpartition("/")[2] for one in listed["Contents"]}


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import dask

    from pipeline.adapters.dask_engine import DaskEngine

    with dask.config.set({"distributed.comm.timeouts.connect": "300ms"}):
        engine = DaskEngine("tcp://127.0.0.1:9")
        with pytest.raises(EngineFailed, match=r"tcp://127\.0\.0\.1:9"):
            list(engine.map(len, ["a"]))


@pytest.mark.parametrize("knobs, word", [(["engine=ray"], "ray"), (["engine=dask"], "cluster")])
def test_an_engine_that_cannot_be_is_refused(
    new_sqlite: Callable[[], str], tmp_path: Path, knobs: list[str], word: str
) -> None:
    chosen = settings.load(None, (f"database.url={new_sqlite()}", *(f"collect.{knob}" for knob in knobs)))
    with pytest.raises(SettingsError, match=word):
        bootstrap.make_toolbox(chosen)
