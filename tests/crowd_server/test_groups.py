"""The list of HIT types: what is in it, in which order, and that the database walks an index to make it."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from crowd_server.clock import real_time
from crowd_server.market import floor, hits, sweep
from crowd_server.market.groups import ORDERS, Search, groups, open_hits
from crowd_server.people import accounts

PASSWORD = "a whippet is a hound"
NOW = real_time()


@pytest.fixture
def market(database):
    """Three types of two HITs each, and a worker who has done one HIT of each."""
    with database.writing() as session:
        key = accounts.add_requester(session, "Über Lab", 10_000, NOW)
        worker = accounts.add_worker(session, "w@example.org", PASSWORD, NOW, password_hash="x")
        for number, (title, cents, seconds) in enumerate(
            [("Dogs", 5, 600), ("Cats", 9, 60), ("100% wool", 1, 300)], start=1
        ):
            kind = hits.type_for(session, key.requester_id, {
                "title": title, "description": "Look.", "keywords": "", "reward_cents": cents,
                "duration_seconds": seconds, "auto_approval_seconds": 3600, "requirements": [],
            }, NOW)  # fmt: skip
            for _ in range(number):
                hits.create(
                    session, kind, NOW, question="<q/>", max_assignments=2,
                    lifetime=timedelta(days=1), policies={},
                )  # fmt: skip
            session.flush()
            floor.accept(session, worker, kind, NOW)
    return database, worker.worker_id


def titles(market, worker_id=None, limit=10, offset=0, **search):
    with market[0].reading() as session:
        rows = groups(session, worker_id, NOW, Search(**search), limit=limit, offset=offset)
    return [row[0].title for row in rows]


def test_a_type_is_listed_while_the_worker_has_something_left_in_it(market):
    assert titles(market) == ["100% wool", "Cats", "Dogs"]
    assert titles(market, market[1]) == ["100% wool", "Cats"]


def test_orders(market):
    assert titles(market, order="reward") == ["Cats", "Dogs", "100% wool"]
    assert titles(market, order="count") == ["100% wool", "Cats", "Dogs"]
    assert titles(market, order="quick") == ["Cats", "100% wool", "Dogs"]
    with market[0].reading() as session:
        dogs = next(row[0] for row in groups(session, None, NOW, Search(words=["dogs"]), limit=1))
    assert titles(market, order="rate", usual_seconds={dogs.hit_type_id: 60.0}) == [
        "Dogs",
        "100% wool",
        "Cats",
    ]
    assert titles(market, order="no such order") == titles(market)


def test_search(market):
    assert titles(market, words=["dog"]) == ["Dogs"]
    assert titles(market, words=["über", "look", "cat"]) == ["Cats"]
    assert titles(market, words=["0% w"]) == ["100% wool"]
    assert titles(market, words=["%", "s"]) == []
    assert titles(market, least_cents=5) == ["Cats", "Dogs"]


def test_pages_and_counts(market):
    assert titles(market, limit=2) + titles(market, limit=2, offset=2) == titles(market)
    with market[0].reading() as session:
        kinds = [row[0] for row in groups(session, None, NOW, Search(), limit=10)]
        counts = open_hits(session, kinds, NOW)
        assert [counts[kind.hit_type_id] for kind in kinds] == [3, 2, 1]
        assert set(open_hits(session, kinds, NOW + timedelta(days=2)).values()) == {0}


def plan(database, ask):
    """What SQLite says that it does for the statements that `ask` runs."""
    seen = []
    event.listen(database._reader, "before_cursor_execute", lambda *given: seen.append(given[2:4]))
    with database.reading() as session:
        ask(session)
        raw = session.connection().connection.driver_connection
        steps = [row[3] for sql, given in seen for row in raw.execute("EXPLAIN QUERY PLAN " + sql, given)]
    return "\n".join(steps)


@pytest.mark.parametrize("order", ["newest", "reward", "quick"])
def test_the_walk_through_the_types_needs_no_sorting_of_them_all(market, order):
    steps = plan(market[0], lambda session: groups(session, "A", NOW, Search(order=order), limit=100))
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps
    assert "ix_hits_hit_type_id_status_id_expires_at (hit_type_id=? AND status=?)" in steps
    assert set(ORDERS) == {"reward", "count", "quick"}


def test_counting_and_sweeping_read_indexes_only(market):
    database, _ = market
    with database.reading() as session:
        kinds = [row[0] for row in groups(session, None, NOW, Search(), limit=10)]
    assert "USING COVERING INDEX ix_hits_hit_type_id" in plan(
        database, lambda session: open_hits(session, kinds, NOW)
    )
    swept = plan(database, lambda session: sweep.anything_due(session, NOW))
    assert "ix_hits_status_reviewable_at (status=? AND reviewable_at<?)" in swept
    assert "SCAN" not in swept
