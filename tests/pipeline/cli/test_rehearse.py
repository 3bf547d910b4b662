"""`synsetter rehearse`: what cannot work is said at once; what is known is printed at the end."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.store.engine import StateStore

CAT = "n02123045"
Rehearse = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def rehearse(tmp_path: Path) -> Rehearse:
    """Rehearse with these candidates and truths, in a folder `out`."""

    def run(candidates: list[str], truths: list[str], *options: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "C.csv").write_text("\n".join(["wnid,url", *candidates]))
        (tmp_path / "T.csv").write_text("\n".join(["url,wnid,xmin,ymin,xmax,ymax", *truths]))
        lists = ("--candidates", str(tmp_path / "C.csv"), "--truth", str(tmp_path / "T.csv"))
        command = (sys.executable, "-m", "pipeline", "rehearse", *lists, "--out", str(tmp_path / "out"))
        return subprocess.run((*command, *options), capture_output=True, text=True, check=False)

    return run


def test_candidates_on_the_web_need_a_contact_and_the_truth_must_know_some(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    web = rehearse([f"{CAT},http://example.org/a.jpg"], [f"http://example.org/a.jpg,{CAT},,,,"])
    assert (web.returncode, web.stdout) == (2, "")
    assert web.stderr.startswith("synsetter: collect.contact is empty")
    strange = rehearse([f"{CAT},a.jpg"], [f"./a.jpg,{CAT},,,,"])
    assert (strange.returncode, strange.stdout) == (2, "")
    assert "knows none of the candidates" in strange.stderr
    assert not (tmp_path / "out").exists()


def test_a_second_rehearsal_in_a_folder_stops_before_it_starts_anything(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    with StateStore(f"sqlite:///{tmp_path}/out/synsetter.sqlite").only_pipeline():
        second = rehearse([f"{CAT},a.jpg"], [f"a.jpg,{CAT},,,,"])
    assert second.returncode == 4
    assert second.stderr.startswith("synsetter: Another pipeline is at work")
    assert not (tmp_path / "out" / "rehearsal.json").exists()


def test_bad_rows_are_counted_and_a_small_budget_ends_with_the_forecast_so_far(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    dice = np.random.default_rng(0)
    for n in range(4):
        coarse = Image.fromarray(dice.integers(0, 256, (8, 8, 3), np.uint8))
        coarse.resize((96, 96)).save(tmp_path / f"{n}.jpg")
    candidates = [*(f"{CAT},{n}.jpg" for n in range(4)), "n99999999,0.jpg", f"{CAT},", f"{CAT},ftp://a/b.jpg"]
    truths = [f"0.jpg,{CAT},5.0,5,60.5,60", f"1.jpg,{CAT},,,,"]
    few = ("--set", "crowd.budget_cents=10", "--set", "rehearsal.workers=2")
    ended = rehearse(candidates, truths, *few, "--json")
    assert ended.returncode == 2, ended.stderr
    assert "The budget of 10 cents is used up" in ended.stderr
    forecast = json.loads(ended.stdout)
    assert forecast["release"] is None
    assert 0 < forecast["cost"]["cents"] <= 10
    assert forecast["all"]["candidates"] == 4
