"""POST /: the MTurk Requester API, for any AWS SDK."""

import logging
import secrets
import socket
import time
from datetime import datetime, timedelta
from functools import partial

from botocore.utils import parse_to_aware_datetime
from flask import Blueprint, Response, g, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from crowd_server.api import wire
from crowd_server.api.call import Call, Reply
from crowd_server.api.index import READS, WRITES
from crowd_server.api.signatures import verify
from crowd_server.clock import real_time
from crowd_server.errors import CrowdError, ServiceFault, ThrottlingError, TooLargeError
from crowd_server.faults import SLOW_SECONDS, STALE_SECONDS
from crowd_server.people.accounts import key_owner
from crowd_server.server import Server, the_server

api = Blueprint("api", __name__)
log = logging.getLogger(__name__)


@api.post("/")
def answer() -> Response:
    """One request of an SDK."""
    server = the_server()
    now = server.clock()
    try:
        if server.faults.strike("slow"):
            time.sleep(SLOW_SECONDS)
        if server.faults.strike("throttle"):
            raise ThrottlingError("Rate exceeded")
        reply = _perform(server, now)
    except CrowdError as error:
        return _respond(wire.write_error(error, now), error.status)
    except Exception:  # whatever it is, an SDK understands nothing but Amazon's shape
        log.exception("%s failed", g.get("operation", "a request"))
        return _respond(wire.write_error(ServiceFault("The request failed. Try your call again."), now), 500)
    return _respond(wire.write_body(reply), 200)


def _respond(body: bytes, status: int) -> Response:
    response = Response(body, status, content_type=wire.CONTENT_TYPE)
    response.headers["x-amzn-RequestId"] = secrets.token_hex(16)
    return response


def _perform(server: Server, now: datetime) -> Reply:
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise TooLargeError("The request is too large.") from error
    query = request.query_string.decode("ascii", "replace")
    with server.database.reading() as session:
        key = verify(request.headers, query, body, partial(key_owner, session), real_time())
    operation = g.operation = wire.operation_name(request.headers.get("X-Amz-Target", ""))
    params = wire.read_body(body)
    wire.check_input(operation, params)
    if "ExpireAt" in params:
        params["ExpireAt"] = parse_to_aware_datetime(params["ExpireAt"])
    server.sweeper.sweep(now)
    if server.faults.strike("error_before"):
        raise ServiceFault("The request failed before anything was done. Try your call again.")
    with server.database.writing() if operation in WRITES else server.database.reading() as session:
        call = _call(server, session, key.requester_id, now, operation)
        reply = (WRITES.get(operation) or READS[operation])(call, params)
    if server.faults.strike("error_after"):
        raise ServiceFault("The request failed. Try your call again.")
    if server.faults.strike("drop_after"):
        _hang_up()
    return reply


def _call(server: Server, session: Session, requester_id: str, now: datetime, operation: str) -> Call:
    return Call(
        session=session,
        requester_id=requester_id,
        now=now,
        operation=operation,
        secret=server.secret,
        is_local=server.is_local,
        stale_after=now - timedelta(seconds=STALE_SECONDS) if server.faults.strike("stale_list") else None,
        repeat_page=server.faults.strike("repeated_page"),
    )


def _hang_up() -> None:
    connection = request.environ.get("gunicorn.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
