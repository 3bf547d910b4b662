"""`synsetter replay`: choose a voting policy on votes that were once given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import numpy as np

from pipeline.cli.file_to_write import FileToWrite
from pipeline.errors import UserError
from pipeline.votes.recordings import Recorded, recorded, recorded_counts
from quality.policies import parse
from quality.replay import Outcome, Recording
from quality.replay import replay as play
from quality.votes import ACCEPT, UNSURE, Policy, Thresholds

CLAIMS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
SWEEP = (0.8, 0.9, 0.95, 0.97, 0.99, 0.995)
GOLD = 60
DEFAULT = Thresholds()


@click.group()
def replay() -> None:
    """Play recorded answers again under another way of asking."""


@replay.command()
@click.option("--votes", type=click.Path(path_type=Path), help="Recorded votes: item,worker,yes.")
@click.option("--truth", type=click.Path(path_type=Path), help="What is true of them: item,truth.")
@click.option("--counts", type=click.Path(path_type=Path), help="Counts instead of both: item,yes,no,truth.")
@click.option("--policy", "spec", default="weighted", show_default=True, help="How to ask: majority:K, ...")
@click.option("--gold", type=click.IntRange(0), help="Images whose truth the policy is told; not scored.")
@click.option(
    "--accept",
    type=float,
    default=DEFAULT.accept,
    show_default=True,
    help="P(good) that accepts.",
)
@click.option(
    "--reject",
    type=float,
    default=DEFAULT.reject,
    show_default=True,
    help="P(good) that rejects.",
)
@click.option("--cap", type=int, default=DEFAULT.cap, show_default=True, help="Most votes for an image.")
@click.option(
    "--repeats", type=click.IntRange(1), default=5, show_default=True, help="Plays, each in another order."
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed, other orders."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--plot", type=FileToWrite(), help="Draw cost against quality over a sweep.")
def votes(
    votes: Path | None,
    truth: Path | None,
    counts: Path | None,
    spec: str,
    gold: int | None,
    accept: float,
    reject: float,
    cap: int,
    repeats: int,
    seed: int,
    as_json: bool,
    plot: Path | None,
) -> None:
    """Replay recorded votes under a policy, and score what it decides.

    Precision, recall and F1 are of the best guess: images that stay unsure are put where they more likely
    belong. What is really accepted is scored beside it. Gold images are drawn at random and not scored, the
    same for every policy with the same seed; where a policy uses gold, one gold vote is paid for every seven
    others. Their number, unless given, is 60 or a fifth of all where a policy uses gold and voters are known.

    \b
    synsetter replay votes --votes dogs.votes.csv --truth dogs.truth.csv --policy majority:9
    synsetter replay votes --counts cats.counts.csv --accept 0.999 --reject 0.05 --json
    """
    if plot:
        _check_plot(plot)
    read = _recorded(votes, truth, counts)
    recording = read.recording
    policy = _policy(spec, accept, reject, cap)
    known = _gold(policy, recording, gold, by_worker=counts is None)
    report = _report(policy, _outcomes(policy, recording, known, repeats, seed)) | {"left_out": read.left_out}
    click.echo(json.dumps(report) if as_json else _as_text(report))
    if plot:
        _draw(plot, recording, spec, cap, known, repeats, seed)


def _policy(spec: str, accept: float, reject: float, cap: int) -> Policy[Any]:
    try:
        return parse(spec, Thresholds(accept=accept, reject=reject, cap=cap, least=min(2, cap)))
    except ValueError as error:
        raise UserError(str(error)) from error


def _gold(policy: Policy[Any], recording: Recording, asked: int | None, by_worker: bool) -> int:
    items = len(recording.truth)
    if asked is not None and asked >= items:
        raise UserError(f"--gold {asked} leaves nothing to score: there are {items} images.")
    if asked is not None:
        return asked
    return min(GOLD, items // 5) if policy.uses_gold and by_worker else 0


def _outcomes(policy: Policy[Any], recording: Recording, gold: int, repeats: int, seed: int) -> list[Outcome]:
    streams = np.random.SeedSequence(seed).spawn(repeats)
    return [play(policy, recording, gold, np.random.default_rng(stream)) for stream in streams]


def _report(policy: Policy[Any], outcomes: list[Outcome]) -> dict[str, Any]:
    figures = np.array([(one.votes_per_item, *one.scores) for one in outcomes])
    names = ("votes_per_item", "precision", "recall", "f1")
    return {
        "policy": policy.spec,
        **{name: round(float(value), 5) for name, value in zip(names, figures.mean(axis=0), strict=True)},
        "spread": {
            name: round(float(value), 5) for name, value in zip(names, figures.std(axis=0), strict=True)
        },
        "accepted": _accepted(outcomes),
        "items": len(outcomes[0].truth),
        "repeats": len(outcomes),
        "unsure": round(float(np.mean([(one.verdict == UNSURE).mean() for one in outcomes])), 5),
        "calibration": [_claim(outcomes, claimed) for claimed in CLAIMS],
    }


def _accepted(outcomes: list[Outcome]) -> dict[str, float | None]:
    """Score what was accepted; its precision is of the repeats in which anything was."""
    share = float(np.mean([(one.verdict == ACCEPT).mean() for one in outcomes]))
    precision, recall, f1 = np.array([one.accepted for one in outcomes]).T
    told = precision[~np.isnan(precision)]
    return {
        "share_of_items": round(share, 5),
        "precision": round(float(told.mean()), 5) if told.size else None,
        "recall": round(float(recall.mean()), 5),
        "f1": round(float(f1.mean()), 5),
    }


def _claim(outcomes: list[Outcome], claimed: float) -> dict[str, float | None]:
    """Among images, accepted or unsure, with at least this confidence, how many are good."""
    chosen = [
        (one.confidence >= claimed) & ((one.verdict == ACCEPT) | (one.verdict == UNSURE)) for one in outcomes
    ]
    good = np.concatenate([one.truth[which] for one, which in zip(outcomes, chosen, strict=True)])
    share = float(np.mean([which.mean() for which in chosen]))
    return {
        "claimed": claimed,
        "share_of_items": round(share, 5),
        "good": round(float(good.mean()), 5) if good.size else None,
    }


def _as_text(report: dict[str, Any]) -> str:
    spread = report["spread"]
    lines = [f"{report['policy']}: {report['items']} images, {report['repeats']} repeats"]
    for name in spread:
        lines.append(f"  {name.replace('_', ' '):<15} {report[name]:.4f}  ± {spread[name]:.4f}")
    lines.append(f"  {'unsure':<15} {report['unsure']:.4f}")
    really = report["accepted"]
    precision = "-" if really["precision"] is None else f"{really['precision']:.4f}"
    lines.append(
        f"  {'accepted':<15} {really['share_of_items']:.4f}  precision {precision}, "
        f"recall {really['recall']:.4f}"
    )
    lines += [
        f"  left out: {number:,} {kind.replace('_', ' ')}" for kind, number in report["left_out"].items()
    ]
    lines.append("  claimed         share of images   good")
    for row in report["calibration"]:
        good = "-" if row["good"] is None else f"{row['good']:.4f}"
        lines.append(f"  {row['claimed']:<15} {row['share_of_items']:<17.4f} {good}")
    return "\n".join(lines)


def _check_plot(file: Path) -> None:
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError as error:
        raise UserError("Drawing needs matplotlib: install synsetter[plot].") from error
    kinds = FigureCanvasBase.get_supported_filetypes()
    if file.suffix[1:].lower() not in kinds:
        raise UserError(f"--plot {file}: end its name with one of .{', .'.join(sorted(kinds))}.")


def _draw(file: Path, recording: Recording, spec: str, cap: int, gold: int, repeats: int, seed: int) -> None:
    from matplotlib.figure import Figure

    sweep = [_policy(spec, accept, 1 - accept, cap) for accept in SWEEP]
    fixed = [_policy(f"majority:{votes}", 0.9, 0.1, cap) for votes in range(1, cap + 1, 2)]
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, policies in ((spec, sweep), ("majority", fixed)):
        reports = [_report(policy, _outcomes(policy, recording, gold, repeats, seed)) for policy in policies]
        axes.plot(
            [one["votes_per_item"] for one in reports], [one["f1"] for one in reports], "o-", label=name
        )
    axes.set(xlabel="votes an image, gold included", ylabel="F1")
    axes.legend()
    figure.savefig(file)


def _recorded(votes: Path | None, truth: Path | None, counts: Path | None) -> Recorded:
    if counts and not votes and not truth:
        return recorded_counts(counts)
    if votes and truth and not counts:
        return recorded(votes, truth)
    raise UserError("Give --votes and --truth, or --counts alone.")
