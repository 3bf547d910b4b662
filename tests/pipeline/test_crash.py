"""A whole run over real servers, killed at random moments, ends with the release of an undisturbed one."""

import csv
import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.rehearsal import rehearse as rehearsal
from pipeline.rehearsal.people import perfect
from pipeline.rehearsal.servers import Servers
from pipeline.rehearsal.truth import read_truth
from pipeline.settings import Settings, load
from pipeline.stages.release import release
from pipeline.store.engine import StateStore
from pipeline.tickets.market import NO_CEILING
from tests import forked
from tests.pipeline.rehearsal.forked_servers import ForkedServers

CAT, MUG = "n02123045", "n03063599"
KNOBS = ["label.policy=majority:3", "rehearsal.workers=4", "collect.processes=1"]


def perfect_settings() -> Settings:
    settings = load(None, KNOBS)
    return replace(settings, rehearsal=perfect(settings.rehearsal))


class RunningServers(Servers):
    """Servers that somebody else has started."""

    def _start(self, *_: object) -> None: ...


def go_on(folder: Path) -> None:
    """Be the pipeline, with the simulated workers: begin, or go on, until there is a release."""
    rehearsal.Servers = RunningServers  # type: ignore[misc]
    with rehearsal.stage(perfect_settings(), folder / "run", folder / "candidates.csv") as (tools, servers):
        truth = read_truth(folder / "truth.csv")
        rehearsal.rehearse(tools, servers, truth, lambda *_: print("tick", flush=True))
        print(release(tools, "1.0").digest, flush=True)


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """Run a crowd server and the pages, which outlive the pipeline."""
    settings, candidates, run = perfect_settings(), folder / "candidates.csv", folder / "run"
    with ForkedServers(run, settings.rehearsal.workers, NO_CEILING) as servers:
        own = rehearsal.settings_for(settings, run, candidates, servers)
        store = StateStore(own.database.url)
        store.upgrade()
        rehearsal.prepare(own, store, {CAT, MUG}, simulated=True)
        rehearsal.serve_pages(servers, own)
        yield


def make_inputs(folder: Path) -> None:
    """Five photographs of each synset, some of them false, one of each a copy."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    candidates, truth = [("wnid", "url")], [("url", "wnid", "xmin", "ymin", "xmax", "ymax")]
    for number in range(10):
        coarse = np.random.default_rng(number % 8).integers(0, 256, (8, 8, 3), np.uint8)
        image = Image.fromarray(coarse).resize((96, 80), Image.Resampling.BICUBIC)
        name, wnid = f"pictures/{number}.jpg", (CAT, MUG)[number % 2]
        image.save(folder / name, quality=95 - number)
        candidates.append((wnid, name))
        if number % 3:
            truth.append((name, wnid, "8", "8", "60", "70"))
    for file, rows in (("candidates.csv", candidates), ("truth.csv", truth)):
        with (folder / file).open("w", newline="") as out:
            csv.writer(out).writerows(rows)


def start(folder: Path) -> ForkServerProcess:
    return forked.start(go_on, folder, out=folder / "run.out", err=folder / "run.log")


def finish(folder: Path, process: ForkServerProcess) -> None:
    process.join(100)
    assert process.exitcode == 0, (folder / "run.log").read_text()
    assert (folder / "run/releases/1.0/SHA256SUMS").exists()


def kill_after(folder: Path, process: ForkServerProcess, seconds: float) -> None:
    """Wait for the first tick, then so long, then kill -9."""
    said = folder / "run.out"
    before = said.read_text().count("\n") if said.exists() else 0
    assert forked.heard(process, said, before + 1).count("\n") > before, (folder / "run.log").read_text()
    time.sleep(seconds)
    process.kill()
    process.join()


def rows(folder: Path, database: str, query: str) -> list[Any]:
    with sqlite3.connect(f"file:{folder}/run/{database}?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


TIMES = {"DATASHEET.md", "provenance.jsonl", "report.html", "report.json"}
"""Files that tell when a run was, how long it took and what it cost."""


def checksums(folder: Path) -> dict[str, str]:
    """The checksums of everything else, by file."""
    lines = (folder / "run/releases/1.0/SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}
    return {name: digest for name, digest in sums.items() if name not in TIMES}


def provenance(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "run/releases/1.0/provenance.jsonl").read_text().splitlines()
    return [json.loads(line) | {"fetched_at": ""} for line in lines]


@pytest.mark.timeout(300)
def test_a_run_killed_at_random_moments_ends_with_the_same_release(tmp_path: Path) -> None:
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    for folder in (calm, killed):
        make_inputs(folder)
    with serving(calm), serving(killed):
        calm_run = start(calm)
        moments = random.Random(7)
        for _ in range(3):
            kill_after(killed, start(killed), moments.uniform(0.0, 1.5))
        finish(calm, calm_run)
        finish(killed, start(killed))
    assert len(checksums(calm)) > 10
    assert checksums(killed) == checksums(calm)
    assert provenance(killed) == provenance(calm)
    check_books(killed)


def check_books(folder: Path) -> None:
    """Hold the pipeline's database against the crowd's."""
    annotations = rows(folder, "crowd.sqlite3", "SELECT annotation FROM hits")
    assert set(Counter(annotations).values()) == {1}, annotations
    paid = rows(folder, "synsetter.sqlite", "SELECT assignment_id FROM assignments WHERE state = 'paid'")
    there = rows(folder, "crowd.sqlite3", "SELECT assignment_id FROM assignments WHERE state = 'approved'")
    assert sorted(paid) == sorted(there)
    assert not rows(
        folder,
        "synsetter.sqlite",
        "SELECT kind, subject, worker_id FROM votes WHERE kind = 'label_images' "
        "GROUP BY kind, subject, worker_id HAVING count(*) > 1",
    )
