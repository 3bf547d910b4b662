"""The same collection on this machine's processes and on a real cluster that loses a worker half-way."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from pipeline import bootstrap, fetching, settings
from pipeline.clock import system_clock
from pipeline.errors import SettingsError
from pipeline.ports import EngineFailed
from pipeline.stages import collect
from pipeline.store.models import Candidate, Picture
from pipeline.synset_choice import add_synsets
from pipeline.toolbox import Toolbox

distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")

from pipeline.adapters.dask_engine import DaskEngine  # noqa: E402

CAT, MUG = "n02123045", "n03063599"
QUIET = {
    "distributed.scheduler.work-stealing": False,
    "distributed.logging": {"distributed": "critical"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("found")
    for wnid in (CAT, MUG):
        (folder / wnid).mkdir()
    for number in range(120):
        dice = np.random.default_rng(number % 110)  # the last ten are copies of the first
        picture = Image.fromarray(dice.integers(0, 256, (8, 8, 3), np.uint8))
        wnid = (CAT, MUG)[number % 2]
        picture.resize((64, 64), Image.Resampling.BICUBIC).save(folder / wnid / f"{number}.png")
    (folder / CAT / "broken.jpg").write_bytes(b"\xff\xd8\xff and no more")
    return folder


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    import dask

    with (
        dask.config.set(QUIET),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
    ):
        yield cluster


def toolbox(url: str, folder: Path, pictures: Path, *knobs: str) -> Toolbox:
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


def collected(tools: Toolbox, pictures: Path) -> tuple[list[Any], list[Any], set[str]]:
    """What the database and the store hold in the end."""
    while collect.tick(tools):
        pass
    with tools.store.reading() as session:
        facts = (Candidate.url, Candidate.state, Candidate.picture, Candidate.reason, Candidate.duplicate_of)
        candidates = [tuple(row) for row in session.execute(select(*facts).order_by(Candidate.url))]
        seen = (Picture.sha256, Picture.phash, Picture.signature, Picture.width, Picture.size)
        described = [tuple(row) for row in session.execute(select(*seen).order_by(Picture.sha256))]
    tools.store.close()
    # Who is killed while writing leaves a hidden file: unfinished, and no blob.
    blobs = {path.name for path in pictures.rglob("*") if path.is_file() and path.name[0] != "."}
    return candidates, described, blobs


@dataclass
class Loses:
    """An engine that kills one of its workers while most shards are still to be done."""

    engine: DaskEngine
    cluster: Any
    killed: list[int] = field(default_factory=list)

    def map(self, work: Callable[[Any], Any], shards: Sequence[Any]) -> Iterator[Any]:
        assert len(shards) > 10
        for result in self.engine.map(work, shards):
            if not self.killed:
                (victim, *_) = (nanny.pid for nanny in self.cluster.workers.values())
                self.killed.append(victim)
                os.kill(victim, signal.SIGKILL)
            yield result


def test_a_cluster_that_loses_a_worker_collects_the_same(
    new_sqlite: Callable[[], str],
    folder: Path,
    cluster: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = toolbox(new_sqlite(), folder, tmp_path / "here")
    assert here.engine is None
    wanted = collected(here, tmp_path / "here")
    states = [state for _, state, *_ in wanted[0]]
    assert {state: states.count(state) for state in set(states)} == {
        "collected": 110,
        "duplicate": 10,
        "refused": 1,
    }

    monkeypatch.setattr(fetching, "SHARD", 6)
    address = cluster.scheduler_address
    there = toolbox(
        new_sqlite(), folder, tmp_path / "there", "collect.engine=dask", f"collect.cluster={address}"
    )
    assert isinstance(there.engine, DaskEngine)
    engine = Loses(there.engine, cluster)
    assert collected(replace(there, engine=engine), tmp_path / "there") == wanted
    assert len(engine.killed) == 1


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import dask

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
