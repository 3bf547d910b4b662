"""The command line on a small pipeline, in whose market nobody is real."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.cli import audit, database, gold, hits, release, status, workers
from pipeline.store.journal import event, record

NOUNS = {
    "audit": audit.audit,
    "database": database.database,
    "gold": gold.gold,
    "hits": hits.hits,
    "release": release.release,
    "status": status.status,
    "workers": workers.workers,
}


@dataclass(frozen=True)
class CommandLine:
    """`synsetter` on a pipeline: gives what was printed, raises what would end the program."""

    world: Any

    def __call__(self, line: str, *more: str) -> str:
        noun, *words = line.split()
        result = CliRunner().invoke(NOUNS[noun], [*words, *more], obj=self.world.tools.settings)
        if result.exception:
            raise result.exception
        return result.stdout

    def json(self, line: str, *more: str) -> list[Any]:
        return [json.loads(row) for row in self(line, *more, "--json").splitlines()]


@pytest.fixture
def labelled(light_world: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Three candidates, each collected with an event, before anybody has voted."""
    for module in (audit, gold, hits, workers):
        monkeypatch.setattr(module, "clock_of_run", lambda: light_world.clock)
    monkeypatch.setattr(hits, "open_crowd", lambda _: light_world.crowd)
    for module in (hits, release):
        monkeypatch.setattr(module, "make_toolbox", lambda _: light_world.tools)
    monkeypatch.setattr(hits, "make_crowd_tools", lambda _: light_world.crowd_tools())
    ids = light_world.add(3)
    with light_world.store.writing() as session:
        collected = [
            event("candidate", one, "collected", {}, light_world.clock(), after="collected") for one in ids
        ]
        record(session, collected)
    return light_world


@pytest.fixture
def synsetter(labelled: Any) -> Callable[..., str]:
    return CommandLine(labelled)


@pytest.fixture(scope="session")
def end() -> dict[str, Any]:
    """What a run that was played to its end has left: the database and the crowd."""
    return {}


@pytest.fixture
def finished(labelled: Any, end: dict[str, Any]) -> Any:
    """The same, once every image is accepted and boxed: played by the first test, copied for the others."""
    file = Path(labelled.store.url.database)
    if not end:
        labelled.play()
        labelled.store.close()
        end |= {"database": file.read_bytes(), "crowd": deepcopy(vars(labelled.crowd))}
    labelled.store.close()
    file.write_bytes(end["database"])
    vars(labelled.crowd).update(deepcopy(end["crowd"]) | {"clock": labelled.clock})
    return labelled
