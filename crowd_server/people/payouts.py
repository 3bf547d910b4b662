"""Payouts: earnings that the operator pays outside this server, by payroll or bank, and strikes off here."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd_server.market import ledger
from crowd_server.people import audit
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.money import Account, Payout
from crowd_server.store.models.table import new_id


@dataclass(frozen=True)
class Owed:
    """What a worker has earned and not been paid."""

    worker_id: str
    email: str | None
    display_name: str
    cents: int


def owed(session: Session) -> list[Owed]:
    """Everyone to whom something is owed, the largest sum first."""
    query = (
        select(Worker.worker_id, Worker.email, Worker.display_name, Account.balance_cents)
        .join(Account, Account.name == ledger.worker_account("") + Worker.worker_id)
        .where(Account.balance_cents > 0)
        .order_by(Account.balance_cents.desc(), Worker.worker_id)
    )
    return [Owed(*row) for row in session.execute(query)]


def pay_out(session: Session, worker_ids: Sequence[str], operator: str, now: datetime) -> list[Payout]:
    """Strike off all that is owed to these workers: the operator has paid, or is about to."""
    batch, chosen = new_id("P", 16), set(worker_ids)
    ledger.lock(session, ledger.WORLD)  # another payout waits here, and then sees what is still owed
    payouts = [_pay_out(session, entry, batch, now) for entry in owed(session) if entry.worker_id in chosen]
    if payouts:
        total = sum(payout.cents for payout in payouts)
        audit.note(session, now, operator, "payout", batch, workers=len(payouts), cents=total)
    return payouts


def _pay_out(session: Session, entry: Owed, batch: str, now: datetime) -> Payout:
    source = ledger.worker_account(entry.worker_id)
    ledger.transfer(session, now, source, ledger.WORLD, cents=entry.cents, kind="payout", about=batch)
    payout = Payout(batch=batch, worker_id=entry.worker_id, cents=entry.cents, at=now)
    session.add(payout)
    return payout


def payroll(entries: Sequence[Owed]) -> str:
    """The CSV for payroll; cells that a spreadsheet would take for a formula are quoted."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("worker_id", "email", "name", "amount_usd"))
    for entry in entries:
        amount = f"{entry.cents // 100}.{entry.cents % 100:02d}"
        table.writerow((entry.worker_id, _harmless(entry.email or ""), _harmless(entry.display_name), amount))
    return text.getvalue()


def _harmless(cell: str) -> str:
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
