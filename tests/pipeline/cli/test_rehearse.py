"""`synsetter rehearse`: what cannot work is said at once; what is known is printed at the end."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.__main__ import main
from pipeline.rehearsal import rehearse as rehearsal
from pipeline.store.engine import StateStore
from tests.pipeline.rehearsal.forked_servers import ForkedServers

CAT = "n02123045"
Rehearse = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lists(tmp_path: Path) -> Callable[[list[str], list[str]], list[str]]:
    """The command to rehearse with these candidates and truths, in a folder `out`."""

    def write(candidates: list[str], truths: list[str]) -> list[str]:
        (tmp_path / "C.csv").write_text("\n".join(["wnid,url", *candidates]))
        (tmp_path / "T.csv").write_text("\n".join(["url,wnid,xmin,ymin,xmax,ymax", *truths]))
        files = ["--candidates", str(tmp_path / "C.csv"), "--truth", str(tmp_path / "T.csv")]
        return ["rehearse", *files, "--out", str(tmp_path / "out")]

    return write


@pytest.fixture
def rehearse(
    lists: Callable[..., list[str]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Rehearse:
    """Rehearse in this process: its exit code, and what it printed on both outputs."""

    def run(candidates: list[str], truths: list[str], *more: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["synsetter", *lists(candidates, truths), *more])
        monkeypatch.setattr(rehearsal, "Servers", ForkedServers)
        monkeypatch.setenv(rehearsal.CLOCK_FILE, "")  # so that it is undone
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


def test_candidates_on_the_web_need_a_contact_and_the_truth_must_know_some(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    code, out, said = rehearse([f"{CAT},http://example.org/a.jpg"], [f"http://example.org/a.jpg,{CAT},,,,"])
    assert (code, out) == (2, "")
    assert said.startswith("synsetter: collect.contact is empty")
    code, out, said = rehearse([f"{CAT},a.jpg"], [f"./a.jpg,{CAT},,,,"])
    assert (code, out) == (2, "")
    assert "knows none of the candidates" in said
    assert not (tmp_path / "out").exists()


def test_a_second_rehearsal_in_a_folder_stops_before_it_starts_anything(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    with StateStore(f"sqlite:///{tmp_path}/out/synsetter.sqlite").only_pipeline():
        code, _, said = rehearse([f"{CAT},a.jpg"], [f"a.jpg,{CAT},,,,"])
    assert code == 4
    assert said.startswith("synsetter: Another pipeline is at work")
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
    code, out, said = rehearse(candidates, truths, *few, "--json")
    assert code == 2, said
    assert "The budget of 10 cents is used up" in said
    forecast = json.loads(out)
    assert forecast["release"] is None
    assert 0 < forecast["cost"]["cents"] <= 10
    assert forecast["all"]["candidates"] == 4
    for lists in ((candidates[:3], truths), (candidates, truths[:1]), (candidates, truths, "--seed", "5")):
        code, out, said = rehearse(*lists, *few)
        assert (code, out) == (2, "")
        assert "out holds another rehearsal, of other lists or with another seed" in said
