"""Double-entry book-keeping: every cent that arrives somewhere has left somewhere else.

Accounts: `world` (deposits come from it, payouts go to it), `requester:ID` (can be spent), `hold:ID`
(promised for live HITs), `worker:ID` (earned, not yet paid out), `fees` (the operator's).

Posting a HIT moves reward and fee for each of its assignments to the hold, so work that was offered can
always be paid. What a HIT still needs held is a function of its counters; `settle_hold` makes it so.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd_server.errors import RequestError
from crowd_server.store.models.hits import Hit, HitType
from crowd_server.store.models.money import Account, Transfer

WORLD = "world"
FEES = "fees"


def requester_account(requester_id: str) -> str:
    """What the requester can spend."""
    return f"requester:{requester_id}"


def hold_account(requester_id: str) -> str:
    """What the requester has promised."""
    return f"hold:{requester_id}"


def worker_account(worker_id: str) -> str:
    """What the worker has earned and not been paid yet."""
    return f"worker:{worker_id}"


def open_account(session: Session, name: str) -> None:
    """Make an account with nothing in it, unless it is there."""
    if session.get(Account, name) is None:
        session.add(Account(name=name, balance_cents=0))
        session.flush()


def balance(session: Session, name: str) -> int:
    """An account's cents."""
    return session.scalar(select(Account.balance_cents).where(Account.name == name)) or 0


def lock(session: Session, *names: str) -> dict[str, Account]:
    """Accounts as they are now, which nobody else changes before this transaction ends.

    What locks all that it needs at once never waits in a circle with others that do: rows are locked in the
    order of their names.
    """
    query = select(Account).where(Account.name.in_(names)).order_by(Account.name)
    locked = query.with_for_update().execution_options(populate_existing=True)
    return {account.name: account for account in session.scalars(locked)}


def transfer(
    session: Session, now: datetime, source: str, target: str, *, cents: int, kind: str, about: str
) -> None:
    """Move `cents`; InsufficientFunds when `source` has less."""
    if cents == 0:
        return
    accounts = lock(session, source, target)
    if source != WORLD and accounts[source].balance_cents < cents:
        raise insufficient(cents)
    accounts[source].balance_cents -= cents
    accounts[target].balance_cents += cents
    session.add(Transfer(at=now, source=source, target=target, cents=cents, kind=kind, about=about))
    session.flush()


def booked(session: Session, one: str, other: str, about: str) -> int:
    """How many transfers there were between two accounts, either way, about the same thing."""
    pair = (one, other)
    between = select(func.count()).where(Transfer.source.in_(pair), Transfer.target.in_(pair))
    return session.scalar(between.where(Transfer.about == about)) or 0


def transfer_by_hand(
    session: Session,
    now: datetime,
    source: str,
    target: str,
    *,
    cents: int,
    kind: str,
    about: str,
    seen: int | None,
) -> None:
    """Move `cents` for somebody whose form showed `seen` such transfers.

    RequestError when there are others by now: the form was sent twice, or somebody else was quicker. And
    when there is nothing to move.
    """
    if cents == 0:
        raise RequestError("Nothing was booked: write an amount above zero.")
    lock(session, source, target)
    if booked(session, source, target, about) != seen:
        raise RequestError(
            "This was not booked, since something else was after the page was opened: the same by a second "
            "click, maybe. Look again before you send the form again."
        )
    transfer(session, now, source, target, cents=cents, kind=kind, about=about)


def insufficient(cents: int) -> RequestError:
    """Too little money."""
    return RequestError(
        f"This account does not have sufficient funds: ${cents / 100:.2f} is needed.", "InsufficientFunds"
    )


def fee(cents: int, percent: int) -> int:
    """The operator's fee on a payment: rounded half up, at least one cent, nothing at 0 %."""
    return max(1, (cents * percent + 50) // 100) if percent and cents else 0


def settle_hold(session: Session, hit: Hit, hit_type: HitType, now: datetime) -> None:
    """Hold reward and fee for just the assignments that may still have to be paid."""
    wanted = hit.pending + hit.submitted
    if hit.status != "Disposed" and hit.expires_at > now:
        wanted += hit.available
    cents = (wanted - hit.held_assignments) * (hit_type.reward_cents + hit.fee_cents)
    spendable, held = requester_account(hit.requester_id), hold_account(hit.requester_id)
    if cents > 0:
        transfer(session, now, spendable, held, cents=cents, kind="hold", about=hit.hit_id)
    else:
        transfer(session, now, held, spendable, cents=-cents, kind="release", about=hit.hit_id)
    hit.held_assignments = wanted


def pay(
    session: Session,
    now: datetime,
    source: str,
    worker_id: str,
    *,
    cents: int,
    fee_cents: int,
    kind: str,
    about: str,
) -> None:
    """Pay a worker, and the operator's fee on it."""
    target = worker_account(worker_id)
    if fee_cents:  # two transfers, and between them another could take what the second needs
        lock(session, source, target, FEES)
    transfer(session, now, source, target, cents=cents, kind=kind, about=about)
    transfer(session, now, source, FEES, cents=fee_cents, kind="fee", about=about)


def total(session: Session) -> int:
    """The sum over all accounts: zero, always."""
    return session.scalar(select(func.sum(Account.balance_cents))) or 0
