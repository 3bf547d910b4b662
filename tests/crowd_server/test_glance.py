"""What is read at most once a second."""

from datetime import UTC, datetime, timedelta

from crowd_server.store.engine import Database
from crowd_server.store.glance import Glance

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_a_second_look_is_spared_until_the_clock_has_moved(tmp_path):
    looks = iter(range(9))
    glance = Glance(lambda _session: next(looks))
    database = Database(f"sqlite:///{tmp_path / 'crowd.sqlite3'}")
    times = (0.0, 0.9, 1.0, 1.9, 0.5)  # the clock can be set back, too
    with database.reading() as db:
        assert [glance.read(db, NOON + timedelta(seconds=at)) for at in times] == [0, 0, 1, 1, 2]
        glance.look_again()
        assert glance.read(db, NOON + timedelta(seconds=0.5)) == 3
    database.close()
