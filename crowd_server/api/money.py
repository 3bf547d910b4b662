"""Balance and bonuses."""

from datetime import timedelta

from sqlalchemy import func, select

from crowd_server.api.assignments import find as find_assignment
from crowd_server.api.call import Call, Params, Reply, listing
from crowd_server.api.hits import find as find_hit
from crowd_server.api.limits import check_written
from crowd_server.api.wire import cents, dollars
from crowd_server.errors import InvalidParameterCombinationError, RequestError, invalid
from crowd_server.house import fee_percent
from crowd_server.market import ledger
from crowd_server.market.rules import SUBMITTED
from crowd_server.store.models.hits import Assignment, Hit
from crowd_server.store.models.money import Bonus

HALF_A_YEAR = timedelta(days=183)


def get_account_balance(call: Call, _: Params) -> Reply:
    """GetAccountBalance: what can be spent, and what live HITs hold."""
    spendable = ledger.balance(call.session, ledger.requester_account(call.requester_id))
    held = ledger.balance(call.session, ledger.hold_account(call.requester_id))
    return {"AvailableBalance": dollars(spendable), "OnHoldBalance": dollars(held)}


def send_bonus(call: Call, params: Params) -> Reply:
    """SendBonus, for an assignment that the worker submitted to the caller."""
    call.first_use(params, _replayed)
    amount = cents(params["BonusAmount"], "BonusAmount")
    if amount == 0:
        raise invalid("BonusAmount", params["BonusAmount"], "It must be at least 0.01.")
    check_written(params, "Reason")
    assignment, hit = find_assignment(call, params["AssignmentId"])
    _check_earned(call, assignment, params["WorkerId"])
    bonus = Bonus(
        requester_id=call.requester_id,
        worker_id=assignment.worker_id,
        assignment_id=assignment.assignment_id,
        hit_id=hit.hit_id,
        cents=amount,
        reason=params["Reason"],
        at=call.now,
    )
    call.session.add(bonus)
    call.session.flush()
    source = ledger.requester_account(call.requester_id)
    fee = ledger.fee(amount, fee_percent(call.session))
    ledger.pay(
        call.session, call.now, source, bonus.worker_id,
        cents=amount, fee_cents=fee, kind="bonus", about=bonus.assignment_id,
    )  # fmt: skip
    call.spend_token(params, str(bonus.id), _replayed)
    return {}


def _check_earned(call: Call, assignment: Assignment, worker_id: str) -> None:
    if assignment.worker_id != worker_id or assignment.state not in SUBMITTED:
        raise RequestError(
            f"Worker {worker_id} has not submitted assignment {assignment.assignment_id}.",
            "InvalidParameterValue",
        )
    latest = call.session.scalar(
        select(func.max(Assignment.submitted_at))
        .join(Hit, Hit.hit_id == Assignment.hit_id)
        .where(Assignment.worker_id == worker_id, Hit.requester_id == call.requester_id)
    )
    if latest is None or latest < call.now - HALF_A_YEAR:
        raise RequestError(
            f"Worker {worker_id} has not worked for you in the last six months.", "PermissionDenied"
        )


def _replayed(_: str) -> RequestError:
    return RequestError(
        "A bonus was already sent with this UniqueRequestToken (idempotency token). No other was sent.",
        "DuplicateRequest",
    )


def list_bonus_payments(call: Call, params: Params) -> Reply:
    """ListBonusPayments, of a HIT or of one assignment."""
    query = select(Bonus).where(Bonus.requester_id == call.requester_id)
    if ("HITId" in params) == ("AssignmentId" in params):
        raise InvalidParameterCombinationError("Give either HITId or AssignmentId.")
    if "HITId" in params:
        query = query.where(Bonus.hit_id == find_hit(call, params).hit_id)
    else:
        find_assignment(call, params["AssignmentId"])
        query = query.where(Bonus.assignment_id == params["AssignmentId"])
    rows, token = call.page(query, Bonus.id, params, _show)
    return listing("BonusPayments", rows, token)


def _show(bonus: Bonus) -> Reply:
    return {
        "WorkerId": bonus.worker_id,
        "BonusAmount": dollars(bonus.cents),
        "AssignmentId": bonus.assignment_id,
        "Reason": bonus.reason,
        "GrantTime": bonus.at,
    }
