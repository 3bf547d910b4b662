"""A whole run over real servers, killed at random moments, ends with the release of an undisturbed one."""

import csv
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

CAT, MUG = "n02123045", "n03063599"
RUN = """
import sys
from dataclasses import replace
from pathlib import Path
from pipeline.rehearsal.people import perfect
from pipeline.rehearsal.rehearse import rehearse, stage
from pipeline.rehearsal.truth import read_truth
from pipeline.settings import load
from pipeline.stages.release import release

folder = Path(sys.argv[1])
settings = load(None, ["label.policy=majority:3", "rehearsal.workers=4", "collect.processes=1"])
settings = replace(settings, rehearsal=perfect(settings.rehearsal))
with stage(settings, folder / "run", folder / "candidates.csv") as (tools, servers):
    rehearse(tools, servers, read_truth(folder / "truth.csv"), lambda tools, tick: print("tick", flush=True))
    print(release(tools, "1.0").digest, flush=True)
"""


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


def start(folder: Path) -> subprocess.Popen[str]:
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with (folder / "run.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-c", RUN, str(folder)], stdout=subprocess.PIPE, stderr=log, text=True, env=quiet
        )


def finish(folder: Path, process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=100)
    assert process.returncode == 0, (folder / "run.log").read_text()
    assert (folder / "run/releases/1.0/SHA256SUMS").exists()
    return out.split()[-1]


def kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    """Wait for the first tick, then so long, then kill -9."""
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


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
    calm_run = start(calm)
    moments = random.Random(7)
    for _ in range(3):
        kill_after(start(killed), moments.uniform(0.0, 1.5))
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
