"""An entry test over real servers: simulated workers take it at the crowd, and it decides who labels."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import json, sys
from pathlib import Path
from sqlalchemy import select
from pipeline.rehearsal.rehearse import rehearse, stage
from pipeline.rehearsal.truth import read_truth
from pipeline.settings import load
from pipeline.store.models import Lease, Outbox, Qualification, Vote

folder = Path(sys.argv[1])
knobs = ["label.policy=majority:3", "rehearsal.workers=5", "collect.processes=1", "rehearsal.careless=0",
         "rehearsal.skill=1.0", "rehearsal.difficulty=0.0", "rehearsal.unsure=0.0", "rehearsal.abandon=0.0",
         "rehearsal.adversarial=0.2", "rehearsal.spammers=0.0", "workers.rules=[]"]
settings = load(None, knobs)
truth = read_truth(folder / "truth.csv")
with stage(settings, folder / "run", folder / "candidates.csv") as (tools, servers):
    rehearse(tools, servers, truth, lambda *_: None)
    with tools.store.reading() as session:
        scores = session.execute(select(Qualification.worker_id, Qualification.value)).all()
        voted = session.execute(select(Vote.worker_id).where(Vote.kind == "label_images").distinct()).all()
        tested = set(session.scalars(select(Lease.worker_id).where(Lease.kind == "entry_test")))
        outbox = set(session.scalars(select(Outbox.state)))
    print(json.dumps({"scores": {w: v for w, v in scores}, "voted": [w for (w,) in voted],
                      "tested": len(tested), "outbox": sorted(outbox)}))
"""


@pytest.mark.timeout(300)
def test_simulated_workers_take_the_test_and_only_those_who_pass_label(tmp_path: Path) -> None:
    images(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    scores = found["scores"]
    lowest, *others = sorted(scores.values())
    assert lowest < 7
    assert others == [10] * 4
    assert found["tested"] == 5
    assert set(found["voted"]) & {worker for worker, score in scores.items() if score >= 7}
    assert found["outbox"] == ["confirmed"]


def images(folder: Path) -> None:
    """Photographs of two kinds, all different; of the first six of each, the list knows the truth."""
    import csv

    import numpy as np
    from PIL import Image

    cat = "n02123045"
    (folder / "pictures").mkdir()
    candidates, truth = [("wnid", "url", "gold")], [("url", "wnid", "xmin", "ymin", "xmax", "ymax")]
    for number in range(16):
        coarse = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        name = f"pictures/{number}.jpg"
        Image.fromarray(coarse).resize((96, 80), Image.Resampling.BICUBIC).save(folder / name)
        candidates.append((cat, name, ("no", "yes")[number % 2] if number < 12 else ""))
        if number % 2:
            truth.append((name, cat, "8", "8", "60", "70"))
    for file, rows in (("candidates.csv", candidates), ("truth.csv", truth)):
        with (folder / file).open("w", newline="") as out:
            csv.writer(out).writerows(rows)
