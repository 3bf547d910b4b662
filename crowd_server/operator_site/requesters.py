"""Requesters: make, give keys, take deposits, close."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from crowd_server.errors import CrowdError
from crowd_server.market import ledger
from crowd_server.operator_site.act import Act, acting, existing
from crowd_server.operator_site.amounts import AmountError, read_cents
from crowd_server.operator_site.visitor import operators_only
from crowd_server.people import accounts, oversight
from crowd_server.server import the_server
from crowd_server.store.models.accounts import AccessKey, Operator, Requester

requesters = Blueprint(
    "operator_requesters", __name__, template_folder="templates", url_prefix="/operator/requesters"
)


@requesters.get("/")
@operators_only
def index(operator: Operator) -> str:
    """All of them, with their balances."""
    return _index(None)


def _index(error: str | None) -> str:
    with the_server().database.reading() as db:
        return render_template("operator_site/requesters.html", rows=oversight.requesters(db), error=error)


@requesters.post("/")
@operators_only
def add(operator: Operator) -> AnyResponse:
    """A new one, with a first key, shown this once."""
    name = request.form.get("name", "").strip()
    try:
        cents = read_cents(request.form.get("deposit", "") or "0")
    except AmountError as error:
        return Response(_index(str(error)), 400)
    if not 1 <= len(name) <= 128:
        return Response(_index("A requester needs a name of at most 128 characters."), 400)
    with acting(operator) as act:
        key = accounts.add_requester(act.db, name, cents, act.now)
        act.note("requester added", key.requester_id, name=name, deposit_cents=cents)
    return _key_page(key)


def _key_page(key: AccessKey) -> Response:
    with the_server().database.reading() as db:
        requester = existing(db, Requester, key.requester_id)
    return Response(render_template("operator_site/key.html", key=key, requester=requester))


@requesters.get("/<requester_id>")
@operators_only
def one(operator: Operator, requester_id: str) -> str:
    """Keys, balance, HITs and the ledger of one."""
    return _one(requester_id, None)


def _one(requester_id: str, error: str | None) -> str:
    spendable, held = ledger.requester_account(requester_id), ledger.hold_account(requester_id)
    with the_server().database.reading() as db:
        return render_template(
            "operator_site/requester.html",
            requester=existing(db, Requester, requester_id),
            keys=oversight.keys(db, requester_id),
            hits=oversight.hits_by_status(db, requester_id),
            spendable=ledger.balance(db, spendable),
            held=ledger.balance(db, held),
            booked=ledger.booked(db, spendable, ledger.WORLD, requester_id),
            lines=oversight.transfers(db, [spendable, held]),
            error=error,
        )


@requesters.post("/<requester_id>/keys")
@operators_only
def add_key(operator: Operator, requester_id: str) -> AnyResponse:
    """Another key pair, shown this once."""
    with acting(operator) as act:
        existing(act.db, Requester, requester_id)
        key = accounts.add_key(act.db, requester_id, act.now)
        act.note("key added", requester_id, access_key=key.access_key)
    return _key_page(key)


def _back(requester_id: str, message: str) -> AnyResponse:
    flash(message)
    return redirect(url_for("operator_requesters.one", requester_id=requester_id), 303)


@requesters.post("/<requester_id>/keys/<access_key>/revoke")
@operators_only
def revoke_key(operator: Operator, requester_id: str, access_key: str) -> AnyResponse:
    """The key opens nothing any more, at once."""
    with acting(operator) as act:
        key = existing(act.db, AccessKey, access_key)
        if key.requester_id != requester_id:
            raise NotFound
        key.revoked_at = key.revoked_at or act.now
        act.note("key revoked", requester_id, access_key=access_key)
    return _back(requester_id, "The key is revoked.")


@requesters.post("/<requester_id>/money")
@operators_only
def move_money(operator: Operator, requester_id: str) -> AnyResponse:
    """Book what the requester paid in, or was paid back."""
    kind = "refund" if request.form.get("direction") == "back" else "deposit"
    try:
        cents = read_cents(request.form.get("amount", ""))
        with acting(operator) as act:
            existing(act.db, Requester, requester_id)
            _book(act, requester_id, kind, cents, request.form.get("seen", type=int))
    except (AmountError, CrowdError) as error:
        return Response(_one(requester_id, str(error)), 400)
    return _back(requester_id, f"The {kind} is booked.")


def _book(act: Act, requester_id: str, kind: str, cents: int, seen: int | None) -> None:
    account = ledger.requester_account(requester_id)
    ends = (account, ledger.WORLD) if kind == "refund" else (ledger.WORLD, account)
    ledger.transfer_by_hand(act.db, act.now, *ends, cents=cents, kind=kind, about=requester_id, seen=seen)
    act.note(kind, requester_id, cents=cents)


@requesters.post("/<requester_id>/close")
@operators_only
def close(operator: Operator, requester_id: str) -> AnyResponse:
    """Close or open again. Keys of a closed requester open nothing; live HITs run out, and are paid."""
    with acting(operator) as act:
        requester = existing(act.db, Requester, requester_id)
        if request.form["wanted"] == "open":
            requester.closed_at, action = None, "requester opened again"
        else:
            requester.closed_at, action = requester.closed_at or act.now, "requester closed"
        act.note(action, requester_id)
    return _back(requester_id, f"{action.capitalize()}.")
