"""An entry test over real servers: simulated workers take it at the crowd, and it decides who labels."""

from pathlib import Path

import pytest
from sqlalchemy import select

from pipeline.rehearsal import rehearse as rehearsal
from pipeline.rehearsal.truth import read_truth
from pipeline.settings import load
from pipeline.store.models import Lease, Outbox, Qualification, Vote
from pipeline.toolbox import Toolbox
from tests.pipeline.rehearsal.forked_servers import ForkedServers

KNOBS = (
    "label.policy=majority:3",
    "workers.rules=[]",
    "rehearsal.workers=5",
    "rehearsal.careless=0",
    "rehearsal.skill=1.0",
    "rehearsal.difficulty=0.0",
    "rehearsal.unsure=0.0",
    "rehearsal.abandon=0.0",
    "rehearsal.adversarial=0.2",
    "rehearsal.spammers=0.0",
)


@pytest.mark.timeout(300)
def test_simulated_workers_take_the_test_and_only_those_who_pass_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images(tmp_path)
    monkeypatch.setattr(rehearsal, "Servers", ForkedServers)
    monkeypatch.setenv(rehearsal.CLOCK_FILE, "")  # so that it is undone
    truth = read_truth(tmp_path / "truth.csv")
    with rehearsal.stage(load(None, KNOBS), tmp_path / "run", tmp_path / "candidates.csv") as (
        tools,
        servers,
    ):
        rehearsal.rehearse(tools, servers, truth, lambda *_: None)
        check(tools)
        tools.store.close()


def check(tools: Toolbox) -> None:
    with tools.store.reading() as session:
        scores = dict(session.execute(select(Qualification.worker_id, Qualification.value)).all())
        voted = set(session.scalars(select(Vote.worker_id).where(Vote.kind == "label_images")))
        tested = set(session.scalars(select(Lease.worker_id).where(Lease.kind == "entry_test")))
        effects = set(session.scalars(select(Outbox.state)))
    lowest, *others = sorted(scores.values())
    assert lowest < 7
    assert others == [10] * 4
    assert len(tested) == 5
    assert tested == set(scores)
    assert voted & {worker for worker, score in scores.items() if score >= 7}
    assert effects == {"confirmed"}


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
