"""What the logs of a running server keep to themselves."""

import json
import logging
import sys

import pytest
from sqlalchemy.exc import IntegrityError

from crowd_server.clock import real_time
from crowd_server.people import accounts
from crowd_server.store import schema
from crowd_server.store.engine import Database
from crowd_server.telemetry import JsonLines

ADA = "ada@example.org"


@pytest.mark.parametrize("kind", ["new_sqlite", "new_postgres"])
def test_an_error_of_the_database_names_nobody(kind, request):
    database = Database(request.getfixturevalue(kind)())
    schema.upgrade(database)
    with pytest.raises(IntegrityError) as caught, database.writing() as session:
        for _ in range(2):
            accounts.add_operator(session, ADA, "a long password", real_time())
    database.close()
    error = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("crowd", logging.ERROR, __file__, 1, "it failed", (), error)
    line = json.loads(JsonLines().format(record))
    assert line["message"] == "it failed"
    assert ADA not in line["error"]
    assert "INSERT INTO operators" in line["error"], "what failed is told"


def test_no_line_of_a_refused_row_is_left():
    try:
        raise ValueError("refused\nDETAIL:  Failing row contains (1, ada\nof the lake).\n[SQL: INSERT]")
    except ValueError:
        record = logging.LogRecord("crowd", logging.ERROR, __file__, 1, "m", (), sys.exc_info())
    assert json.loads(JsonLines().format(record))["error"].endswith("ValueError: refused\n[SQL: INSERT]")
