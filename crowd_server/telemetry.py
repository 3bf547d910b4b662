"""What the operator can see of a running server: Prometheus metrics, and one JSON line a request."""

import json
import logging
import re
import sys
import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from crowd_server.questions.documents import is_loopback
from crowd_server.server import the_server
from crowd_server.store.models.hits import Assignment, Hit
from crowd_server.store.models.money import Account

telemetry = Blueprint("telemetry", __name__)
access = logging.getLogger("crowd_server.access")

REQUESTS = Counter("crowd_requests", "Requests answered", ("route", "operation", "status"))
BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
SECONDS = Histogram("crowd_request_seconds", "Time to answer", ("route",), buckets=BUCKETS)


# PostgreSQL adds the values of the row that it refuses to its errors.
DETAIL = re.compile(r"\nDETAIL:.*?(?=\n\n|\n\[SQL|\Z)", re.DOTALL)


class JsonLines(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {"at": self.formatTime(record), "level": record.levelname, "logger": record.name}
        line |= record.__dict__.get("fields", {}) or {"message": record.getMessage()}
        if record.exc_info:
            line["error"] = DETAIL.sub("", self.formatException(record.exc_info))
        return json.dumps(line)


def log_to_stderr() -> None:
    """One handler for everything."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def watch(app: Flask) -> None:
    """Measure every request. Neither addresses, names, ids nor query strings are kept."""
    app.before_request(_begin)
    app.after_request(_end)
    app.register_blueprint(telemetry)


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    route = request.url_rule.rule if request.url_rule else "(none)"
    operation = g.get("operation", "")
    REQUESTS.labels(route, operation, response.status_code).inc()
    SECONDS.labels(route).observe(seconds)
    fields = {
        "method": request.method,
        "route": route,
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
    }
    access.info("request", extra={"fields": {**fields, "operation": operation} if operation else fields})
    return response


@telemetry.get("/metrics")
def metrics() -> Response:
    """For a Prometheus on this machine only; a proxy's requests are refused."""
    if "X-Forwarded-For" in request.headers or not is_loopback(request.remote_addr or ""):
        raise NotFound
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    with the_server().database.reading() as session:
        registry.register(_Counted(list(_counted(session))))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Counted(Collector):
    """What was counted just now. A `Gauge` would be kept for its process, and be told by all others later."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        """Give what was counted."""
        return self._families


def _counted(session: Session) -> Iterator[Metric]:
    counts = (
        ("crowd_hits", "HITs by status", "status", select(Hit.status, func.count()).group_by(Hit.status)),
        (
            "crowd_assignments",
            "Assignments by state",
            "state",
            select(Assignment.state, func.count()).group_by(Assignment.state),
        ),
    )
    for name, text, label, query in counts:
        family = GaugeMetricFamily(name, text, labels=(label,))
        for value, number in session.execute(query):
            family.add_metric((value,), number)
        yield family
    all_accounts = select(func.sum(Account.balance_cents))
    owed = session.scalar(all_accounts.where(Account.name.startswith("worker:"))) or 0
    yield GaugeMetricFamily("crowd_owed_cents", "Earned by workers and not paid out", value=owed)
    books = session.scalar(all_accounts) or 0
    yield GaugeMetricFamily(
        "crowd_ledger_sum_cents", "Sum over all accounts: zero, or something is wrong", value=books
    )
