"""`synsetter replay votes` on small files and, where there are any, on real votes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.cli.replay import _accepted, replay
from pipeline.errors import UserError
from quality.replay import Outcome
from quality.votes import ACCEPT, UNSURE

REAL = Path(__file__).resolve().parents[2] / "../shared/data/votes"
KEYS = {"policy", "votes_per_item", "precision", "recall", "f1", "items", "repeats", "calibration"}


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 60)
    votes, known = tmp_path / "votes.csv", tmp_path / "truth.csv"
    lines = [f"{item + 100},{worker * 7},{int(truth[item])}" for item in range(60) for worker in range(9)]
    votes.write_text("item,worker,yes\n" + "\n".join(lines))
    known.write_text("item,truth\n" + "\n".join(f"{item + 100},{t}" for item, t in enumerate(truth)))
    counts = tmp_path / "counts.csv"
    counts.write_text(
        "item,yes,no,truth\n" + "\n".join(f"{i},{9 * t},{9 - 9 * t},{t}" for i, t in enumerate(truth))
    )
    return {"votes": votes, "truth": known, "counts": counts}


def _run(*arguments):
    return CliRunner().invoke(replay, ["votes", *map(str, arguments)], catch_exceptions=False)


def test_a_crowd_that_is_right_is_scored_right(files):
    for source in (["--votes", files["votes"], "--truth", files["truth"]], ["--counts", files["counts"]]):
        report = json.loads(_run(*source, "--policy", "majority:3", "--repeats", 2, "--json").stdout)
        assert set(report) >= KEYS
        assert (report["policy"], report["votes_per_item"], report["items"], report["repeats"]) == (
            "majority:3",
            3,
            60,
            2,
        )
        assert (report["precision"], report["recall"], report["f1"]) == (1, 1, 1)
        assert report["spread"]["f1"] == 0


def test_gold_is_left_out_of_the_score_and_costs_a_seventh(files):
    arguments = ["--votes", files["votes"], "--truth", files["truth"], "--policy", "dawid-skene", "--cap", 7]
    report = json.loads(_run(*arguments, "--gold", 20, "--json").stdout)
    assert report["items"] == 40
    assert report["votes_per_item"] == pytest.approx(8)


def test_the_same_seed_prints_the_same(files):
    arguments = ["--counts", files["counts"], "--seed", 3, "--repeats", 2, "--json"]
    assert _run(*arguments).stdout == _run(*arguments).stdout


def test_people_get_a_table(files):
    text = _run("--counts", files["counts"], "--repeats", 1).stdout
    assert "votes per item" in text
    assert "claimed" in text
    assert "accepted " in text


def test_a_sweep_is_drawn(files, tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "sweep.png"
    _run("--counts", files["counts"], "--repeats", 1, "--cap", 3, "--plot", picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("plot", "complaint"),
    [("no/sweep.png", "There is no folder"), ("sweep.jpgg", "end its name with one of")],
)
def test_a_plot_that_cannot_be_written_is_refused_before_the_work(
    files, tmp_path, monkeypatch, plot, complaint
):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr("pipeline.cli.replay._recorded", None)
    arguments = ["votes", "--counts", str(files["counts"]), "--plot", str(tmp_path / plot)]
    result = CliRunner().invoke(replay, arguments)
    assert complaint in result.output + str(result.exception)


def test_seeds_are_not_negative(files):
    assert _run("--counts", files["counts"], "--seed", -1).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "--votes and --truth, or --counts"),
        (["--counts", "{counts}", "--policy", "fair"], "no voting policy is called 'fair'"),
        (["--counts", "{counts}", "--accept", "0.2", "--reject", "0.3"], "reject < accept"),
        (["--counts", "{counts}", "--cap", "0"], "cap"),
        (["--counts", "{counts}", "--gold", "60"], "leaves nothing to score"),
        (["--counts", "{votes}"], "needs the columns item, yes, no, truth"),
        (["--counts", "/nowhere.csv"], "cannot be read"),
        (["--votes", "{votes}", "--truth", "{counts}"], "no vote is on an image whose truth"),
    ],
)
def test_mistakes_are_named(files, arguments, complaint):
    with pytest.raises(UserError, match=complaint):
        _run(*[argument.format(**files) for argument in arguments])


def test_what_cannot_be_used_is_left_out_and_said(tmp_path):
    votes, truth = tmp_path / "v.csv", tmp_path / "t.csv"
    votes.write_text("item,worker,yes\na,ann,yes\na,ann,no\na,bob,1.0\nb,bob,FALSE\nc,bob,1\n")
    truth.write_text("item,truth\na,true\nb,0.0\nb,0\nd,1\nc,\n")
    arguments = ["--votes", votes, "--truth", truth, "--policy", "majority:2", "--repeats", 1]
    report = json.loads(_run(*arguments, "--json").stdout)
    assert report["items"] == 2
    assert report["votes_per_item"] == 1.5
    assert report["left_out"] == {"votes_without_truth": 1, "repeated_votes": 1, "images_without_votes": 1}
    assert "left out: 1 repeated votes" in _run(*arguments).stdout


def test_nine_votes_are_scored_on_the_images_that_the_policy_with_gold_is_scored_on(files):
    arguments = ["--votes", files["votes"], "--truth", files["truth"], "--policy", "majority:9", "--gold", 20]
    report = json.loads(_run(*arguments, "--json").stdout)
    assert (report["items"], report["votes_per_item"]) == (40, 9)


def test_what_is_really_accepted_is_scored_by_itself(files):
    report = json.loads(_run("--counts", files["counts"], "--json").stdout)
    assert set(report["accepted"]) == {"share_of_items", "precision", "recall", "f1"}


def test_repeats_in_which_nothing_was_accepted_have_no_precision(files, recwarn):
    arguments = ["--counts", files["counts"], "--policy", "majority:99", "--cap", 99, "--repeats", 2]
    report = json.loads(_run(*arguments, "--json").stdout)
    assert report["accepted"] == {"share_of_items": 0, "precision": None, "recall": 0, "f1": 0}
    assert "precision -, recall 0.0000" in _run(*arguments).stdout
    assert not recwarn.list


def test_precision_is_of_the_repeats_in_which_anything_was_accepted():
    right, good = np.array([ACCEPT], np.int8), np.ones(1, np.int8)
    outcomes = [Outcome(verdict, np.ones(1), good, 1.0) for verdict in (right, np.array([UNSURE], np.int8))]
    assert _accepted(outcomes) == {"share_of_items": 0.5, "precision": 1, "recall": 0.5, "f1": 0.5}


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("item,yes,no,truth\n1,1,0,1\n1,2,0,1\n", "line 3: item 1 is there twice"),
        ("item,yes,no,truth\n1,-1,0,1\n", "no number of votes"),
        ("item,yes,no,truth\n1,99999999999,0,1\n", "no number of votes"),
        ("item,yes,no,truth,prior\n1,1,0,1,2\n", "prior 2 is no probability"),
        ("item,yes,no,truth\n1,0,0,1\n", "no image with votes and truth"),
    ],
)
def test_broken_counts_are_refused(tmp_path, rows, complaint):
    broken = tmp_path / "broken.csv"
    broken.write_text(rows)
    with pytest.raises(UserError, match=complaint):
        _run("--counts", broken)


@pytest.mark.parametrize(
    "rows", ["item,truth\n100,2\n", "item,truth\n", "item,truth\n100,x\n", "item,truth\n100,1\n100,0\n"]
)
def test_broken_truth_is_refused(files, tmp_path, rows):
    broken = tmp_path / "broken.csv"
    broken.write_text(rows)
    with pytest.raises(UserError, match=r"broken\.csv"):
        _run("--votes", files["votes"], "--truth", broken)


def _real(name: str) -> list[object]:
    return ["--votes", REAL / f"{name}.votes.csv", "--truth", REAL / f"{name}.truth.csv", "--json"]


@pytest.mark.skipif(not REAL.exists(), reason="the real votes are not here")
@pytest.mark.parametrize(
    ("name", "share", "slack", "repeats"),
    [("bluebirds", 0.7, 0.05, 6), ("dogs_1", 0.55, 0.02, 1), ("rte", 0.55, 0.02, 1)],
)
def test_hard_synsets_reach_nine_votes_for_less_at_the_default(name, share, slack, repeats):
    fixed = json.loads(_run(*_real(name), "--policy", "majority:9", "--repeats", 2).stdout)
    weighted = json.loads(_run(*_real(name), "--repeats", repeats).stdout)
    assert weighted["votes_per_item"] <= share * 9
    assert weighted["f1"] >= fixed["f1"] - slack
    claims = {row["claimed"]: row["good"] for row in weighted["calibration"]}
    assert claims[0.9] is None or claims[0.9] >= 0.9 - 0.1


@pytest.mark.skipif(not REAL.exists(), reason="the real votes are not here")
def test_an_easy_synset_is_clean_for_two_votes_at_the_default():
    counts = REAL / "cifar10h_ship.counts.csv"
    report = json.loads(_run("--counts", counts, "--repeats", 1, "--json").stdout)
    assert report["votes_per_item"] <= 1.6
    assert report["precision"] >= 0.99
    assert report["recall"] >= 0.93
    assert report["accepted"]["recall"] >= 0.93
