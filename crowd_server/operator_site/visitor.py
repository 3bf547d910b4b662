"""Who is at the operator's site."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g, redirect, session, url_for

from crowd_server.people.oversight import waiting
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Operator


def operators_only(page: Callable[..., Any]) -> Callable[..., Any]:
    """Give the page its operator, or send the visitor to sign in."""

    @wraps(page)
    def guarded(**parts: Any) -> Any:
        with the_server().database.reading() as db:
            operator = db.get(Operator, session.get("operator") or 0)
            if operator is None or operator.session_version != session.get("version"):
                return redirect(url_for("operator_door.sign_in_form"), 303)
            g.operator, g.waiting = operator, waiting(db)
        return page(operator=operator, **parts)

    return guarded


def open_session(operator: Operator) -> None:
    """Start a session; nothing of an earlier one stays."""
    session.clear()
    session.permanent = True
    session["operator"] = operator.id
    session["version"] = operator.session_version
