"""synsetter workers: who did the work, how well, and whose votes count."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click

from pipeline.bootstrap import clock_of_run, open_store
from pipeline.cli.columns import columns, echo_lines, share
from pipeline.errors import UserError
from pipeline.review.exclusion import boxes_that_stand
from pipeline.review.exclusion import exclude as take_out
from pipeline.review.exclusion import include as take_back
from pipeline.review.reopening import Rederived
from pipeline.settings import Settings
from pipeline.store import worker_figures
from pipeline.store.aliases import alias, alias_key
from pipeline.store.worker_figures import Agreement, WorkerFigures
from pipeline.store.worker_signs import signs, signs_of_all

HEADINGS = ("worker", "HITs", "votes", "agrees", "gold", "s/image", "cents/h", "")


@click.group()
def workers() -> None:
    """See how well workers do, and decide whose votes count.

    The figures are evidence for you to weigh: nobody is punished by them.
    """


@workers.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def list_workers(settings: Settings, as_json: bool) -> None:
    """List everybody who has handed in work.

    `agrees` compares yes and no with what all votes decided, `gold` with known truths; both with their
    95 % interval. JSON tells signs too (see show), and the alias by which a release's report names a worker.
    """
    store = open_store(settings)
    with store.reading() as session:
        found = worker_figures.read(session)
        odd = signs_of_all(session)
    if as_json:
        key = alias_key(store)
        echo_lines(_json(one, odd.get(one.worker_id, ()), key) for one in found)
    else:
        echo_lines(columns(HEADINGS, [_row(one) for one in found]))


@workers.command()
@click.argument("worker")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(settings: Settings, worker: str, as_json: bool) -> None:
    """Show what is known of WORKER's work, and signs of a program or of not looking.

    Signs are constant answers, agreement by chance and impossible times: evidence on which nothing acts.

    \b
    synsetter workers show A2SUAM7VJ5DQ9K
    """
    store = open_store(settings)
    with store.reading() as session:
        found, odd = worker_figures.read(session, worker), signs(session, worker)
    if not found:
        raise UserError(f"No worker {worker} has handed anything in. See: synsetter workers list")
    if as_json:
        click.echo(_json(found[0], odd, alias_key(store)))
        return
    click.echo("\n".join([*_lines(found[0]), *(f"  a sign           {sign}" for sign in odd)]))


@workers.command()
@click.argument("worker")
@click.option("--reason", required=True, help="Why; kept with the decision.")
@click.pass_obj
def exclude(settings: Settings, worker: str, reason: str) -> None:
    """Count WORKER's votes no more, and give them no more work. What they did stays paid.

    What they voted on is decided again from the other votes; images whose verdict no longer stands go back
    to the voters. From the next tick of a run on, the crowd hides our HITs from them.

    \b
    synsetter workers exclude A2SUAM7VJ5DQ9K --reason "answers before the page has loaded"
    """
    if not reason.strip():
        raise UserError("--reason is empty: say why, for those who ask later.")
    with open_store(settings).writing() as session:
        again = take_out(session, settings.label, worker, reason, clock_of_run()())
        boxes = boxes_that_stand(session, worker)
    click.echo(f"{worker} is excluded. {_told(again)}")
    if boxes:
        click.echo(f"{boxes:,} accepted boxes that they drew or checked stand: others judged these too.")


@workers.command()
@click.argument("worker")
@click.pass_obj
def include(settings: Settings, worker: str) -> None:
    """Count WORKER's votes again, and let them work.

    \b
    synsetter workers include A2SUAM7VJ5DQ9K
    """
    with open_store(settings).writing() as session:
        again = take_back(session, settings.label, worker, clock_of_run()())
    click.echo(f"{worker} is included again. {_told(again)}")


def _json(one: WorkerFigures, odd: Sequence[str], key: str) -> str:
    return json.dumps(asdict(one) | {"signs": list(odd), "alias": alias(key, one.worker_id)})


def _told(again: Rederived) -> str:
    next_step = " Next: synsetter run" if again.reopened else ""
    return f"{again.looked_at:,} decided images looked at again, {again.reopened:,} reopened.{next_step}"


def _row(one: WorkerFigures) -> tuple[object, ...]:
    return (
        one.worker_id,
        one.assignments,
        sum(one.votes.values()),
        _interval(one.labels),
        _interval(one.gold),
        one.median_seconds,
        one.hourly_cents,
        "excluded" if one.excluded else f"{one.held} held" if one.held else "",
    )


def _interval(one: Agreement) -> str:
    return f"{share(one.share)} ({share(one.low)} to {share(one.high)}) of {one.of:,}" if one.of else "-"


def _lines(one: WorkerFigures) -> Iterator[str]:
    said = ", ".join(f"{count:,} {answer}" for answer, count in one.votes.items())
    yield click.style(one.worker_id, bold=True) + (f"  excluded: {one.reason}" if one.excluded else "")
    yield f"  handed in        {one.assignments:,} HITs, {one.held:,} of them held"
    yield f"  voted            {said}"
    yield f"  with the labels  {_interval(one.labels)}"
    yield f"  with gold        {_interval(one.gold)}"
    if one.median_seconds is not None:
        yield f"  seconds an image {one.median_seconds:.1f} (median), {one.fastest_seconds:.1f} (fastest 5 %)"
    wage = "" if one.hourly_cents is None else f", {one.hourly_cents:,} cents an active hour"
    yield f"  earned           {one.paid_cents:,} cents{wage}"
