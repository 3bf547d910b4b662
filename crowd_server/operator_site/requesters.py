"""Requesters: make, give keys, take deposits, close."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from crowd_server import accounts, audit, ledger, oversight
from crowd_server.errors import CrowdError
from crowd_server.models.accounts import AccessKey, Operator, Requester
from crowd_server.operator_site.amounts import AmountError, read_cents
from crowd_server.operator_site.visitor import operators_only
from crowd_server.server import the_server

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
    server = the_server()
    name = request.form.get("name", "").strip()
    try:
        cents = read_cents(request.form.get("deposit", "") or "0")
    except AmountError as error:
        return Response(_index(str(error)), 400)
    if not 1 <= len(name) <= 128:
        return Response(_index("A requester needs a name of at most 128 characters."), 400)
    with server.database.writing() as db:
        now = server.clock()
        key = accounts.add_requester(db, name, cents, now)
        audit.note(
            db, now, operator.email, "requester added", key.requester_id, name=name, deposit_cents=cents
        )
    return _key_page(key)


def _key_page(key: AccessKey) -> Response:
    with the_server().database.reading() as db:
        requester = _found(db, key.requester_id)
    return Response(render_template("operator_site/key.html", key=key, requester=requester))


def _found(db: Session, requester_id: str) -> Requester:
    requester = db.get(Requester, requester_id)
    if requester is None:
        raise NotFound
    return requester


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
            requester=_found(db, requester_id),
            keys=oversight.keys(db, requester_id),
            hits=oversight.hits_by_status(db, requester_id),
            spendable=ledger.balance(db, spendable),
            held=ledger.balance(db, held),
            lines=oversight.transfers(db, [spendable, held]),
            error=error,
        )


@requesters.post("/<requester_id>/keys")
@operators_only
def add_key(operator: Operator, requester_id: str) -> AnyResponse:
    """Another key pair, shown this once."""
    server = the_server()
    with server.database.writing() as db:
        _found(db, requester_id)
        key = accounts.add_key(db, requester_id, server.clock())
        audit.note(db, server.clock(), operator.email, "key added", requester_id, access_key=key.access_key)
    return _key_page(key)


@requesters.post("/<requester_id>/keys/<access_key>/revoke")
@operators_only
def revoke_key(operator: Operator, requester_id: str, access_key: str) -> AnyResponse:
    """The key opens nothing any more, at once."""
    server = the_server()
    with server.database.writing() as db:
        key = db.get(AccessKey, access_key)
        if key is None or key.requester_id != requester_id:
            raise NotFound
        key.revoked_at = key.revoked_at or server.clock()
        audit.note(db, server.clock(), operator.email, "key revoked", requester_id, access_key=access_key)
    flash("The key is revoked.")
    return redirect(url_for("operator_requesters.one", requester_id=requester_id), 303)


@requesters.post("/<requester_id>/money")
@operators_only
def move_money(operator: Operator, requester_id: str) -> AnyResponse:
    """Book what the requester paid in, or was paid back."""
    server = the_server()
    back = request.form.get("direction") == "back"
    try:
        cents = read_cents(request.form.get("amount", ""))
        with server.database.writing() as db:
            _found(db, requester_id)
            now, account = server.clock(), ledger.requester_account(requester_id)
            if back:
                ledger.transfer(
                    db, now, account, ledger.WORLD, cents=cents, kind="refund", about=requester_id
                )
            else:
                accounts.deposit(db, requester_id, cents, now)
            audit.note(db, now, operator.email, "refund" if back else "deposit", requester_id, cents=cents)
    except (AmountError, CrowdError) as error:
        return Response(_one(requester_id, str(error)), 400)
    flash("The refund is booked." if back else "The deposit is booked.")
    return redirect(url_for("operator_requesters.one", requester_id=requester_id), 303)


@requesters.post("/<requester_id>/close")
@operators_only
def close(operator: Operator, requester_id: str) -> AnyResponse:
    """Close or open again. Keys of a closed requester open nothing; live HITs run out, and are paid."""
    server = the_server()
    with server.database.writing() as db:
        requester = _found(db, requester_id)
        requester.closed_at = None if requester.closed_at else server.clock()
        action = "requester closed" if requester.closed_at else "requester opened again"
        audit.note(db, server.clock(), operator.email, action, requester_id)
    flash(f"{action.capitalize()}.")
    return redirect(url_for("operator_requesters.one", requester_id=requester_id), 303)
