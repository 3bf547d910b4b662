"""synsetter hits: tickets on the market, and the submissions that wait for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict

import click

from pipeline.bootstrap import clock_of_run, make_crowd_tools, make_toolbox, open_crowd, open_store
from pipeline.cli.columns import columns, echo_lines
from pipeline.closing import Left
from pipeline.closing import close as take_down
from pipeline.errors import AlreadyRunning, SynsetterError
from pipeline.runner import EFFECTS
from pipeline.settings import Settings
from pipeline.store import tickets
from pipeline.store.models import Assignment
from pipeline.tickets.held import decide
from pipeline.tickets.outbox import Sender

SHOWN = 300


@click.group()
def hits() -> None:
    """Look at the tickets on the market, and decide about submissions that are held.

    Whoever hands in work is paid, except where it cannot be what they were given to do: that is held for you.
    """


@hits.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def list_tickets(settings: Settings, as_json: bool) -> None:
    """Count tickets by synset, kind of work and state."""
    with open_store(settings).reading() as session:
        found = tickets.tickets(session)
    if as_json:
        echo_lines(json.dumps(asdict(one)) for one in found)
        return
    states = ("open", "answered", "paid", "rejected", "lapsed")
    headings = ("synset", "kind", *states, "with workers", "cents paid")
    rows = [
        (one.wnid, one.kind, *(one.states.get(name, 0) for name in states), one.with_workers, one.paid_cents)
        for one in found
    ]
    echo_lines(columns(headings, rows))


@hits.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, answers in full.")
@click.pass_obj
def held(settings: Settings, as_json: bool) -> None:
    """List the submissions that wait for you, with the reason and what the worker sent.

    \b
    Then, for each:
      synsetter hits pay ASSIGNMENT
      synsetter hits reject ASSIGNMENT --reason "The page came back empty."
    """
    with open_store(settings).reading() as session:
        found = tickets.held(session)
    for one in found:
        plain = asdict(one) | {"submitted_at": one.submitted_at.isoformat()}
        click.echo(json.dumps(plain) if as_json else "\n".join(_lines(one)))
    if not found and not as_json:
        click.echo("Nothing is held.")


def _lines(one: tickets.Held) -> Iterator[str]:
    when = f"{one.submitted_at:%Y-%m-%d %H:%M} UTC"
    yield f"{click.style(one.assignment_id, bold=True)}  {one.kind} {one.wnid}, {one.cents} cents"
    yield f"  by {one.worker_id}, {when}: {one.reason}"
    yield f"  {one.answer[:SHOWN]}{'…' if len(one.answer) > SHOWN else ''}"


@hits.command()
@click.argument("assignment")
@click.pass_obj
def pay(settings: Settings, assignment: str) -> None:
    """Pay a held ASSIGNMENT. Its answers stay out of the dataset.

    \b
    synsetter hits pay 3TPZPLC3M0CPFJ2RAEA7YRL0HZ1P34
    """
    _carry_out(settings, assignment, "approve", {})


@hits.command()
@click.argument("assignment")
@click.option("--reason", required=True, help="The worker reads this, and can appeal.")
@click.pass_obj
def reject(settings: Settings, assignment: str, reason: str) -> None:
    """Refuse to pay a held ASSIGNMENT. Do so for clear fraud only: rejections cost workers their standing.

    \b
    synsetter hits reject 3TPZPLC3M0CPFJ2RAEA7YRL0HZ1P34 --reason "The answer is another HIT's."
    """
    _carry_out(settings, assignment, "reject", {"reason": reason})


def _carry_out(settings: Settings, assignment: str, action: str, payload: Mapping[str, str]) -> None:
    store, crowd, clock = open_store(settings), open_crowd(settings), clock_of_run()
    with store.writing() as session:
        decide(session, assignment, action, payload, clock())
    try:
        with store.only_pipeline():
            Sender(store, crowd, clock).send(EFFECTS, ["approve", "reject", "delete"])
    except AlreadyRunning:
        click.echo("Decided. The pipeline that is running tells the crowd.")
        return
    with store.reading() as session:
        now = session.get_one(Assignment, assignment)
    if now.state == "held":
        raise SynsetterError(f"The crowd refuses. {now.reason}")
    click.echo(f"{assignment} is {now.state}{f': {now.paid_cents} cents' if now.paid_cents else ''}.")


@hits.command()
@click.pass_obj
def close(settings: Settings) -> None:
    """Take every ticket of this run off the market; take in and pay what has been submitted.

    Workers who have accepted a HIT may finish it. Stop `synsetter run` first: it would put work on the
    market again.
    """
    tools = make_toolbox(settings)
    crowd = make_crowd_tools(tools)
    with tools.store.only_pipeline():
        left = take_down(tools, crowd)
    echo_lines(_told(left))


def _told(left: Left) -> Iterator[str]:
    yield f"Tickets taken off the market: {left.withdrawn:,}."
    if left.with_workers:
        yield f"With workers, who may finish: {left.with_workers:,}. Take that in with: synsetter hits close"
    if left.held:
        yield f"Submissions held: {left.held:,}. Look at them with: synsetter hits held"
    if left.unconfirmed:
        yield f"Effects that the crowd has not confirmed: {left.unconfirmed:,}. Again: synsetter hits close"
    if not (left.with_workers or left.held or left.unconfirmed):
        yield "Nothing is pending."
