import sqlite3

import pytest
from sqlalchemy import insert, update

from pipeline import verification
from pipeline.errors import SynsetterError, UserError
from pipeline.store.models import Assignment, Box, Candidate


def test_verify_finds_nothing_in_a_finished_run(finished, synsetter):
    told = synsetter("database verify")
    assert "DIFFERS" not in told
    assert [line.split()[0] for line in told.splitlines()] == ["ok"] * len(verification.CHECKS)


TAMPERED = [
    (Candidate, {"yes": 7}, "yes, no and unsure"),
    (Candidate, {"pending": 1}, "pending answers"),
    (Candidate, {"wanted": 2}, "wanted answers"),
    (Candidate, {"state": "rejected"}, "states, from the last move"),
    (Candidate, {"duplicate_group": "made up"}, "duplicate groups"),
    (Assignment, {"paid_cents": 1}, "cents paid"),
    (Assignment, {"bonus_cents": 5}, "bonuses"),
    (Box, {"state": "rejected"}, "states of boxes"),
]


class TakeBack(Exception):
    """Undo what a test has done to the database."""


def test_verify_finds_each_value_that_differs(finished):
    for table, values, check in TAMPERED:
        with pytest.raises(TakeBack), finished.store.writing() as session:
            session.execute(update(table).values(**values))
            wrong = {name: found for name, found in verification.verify(session).items() if found}
            assert [name.startswith(check) for name in wrong] == [True], (check, wrong)
            raise TakeBack


def test_verify_follows_a_box_that_was_carried_over_to_a_copy(finished):
    box = finished.rows(Box)[0]
    names = ("candidate_id", "xmin", "ymin", "xmax", "ymax", "drawer", "checker", "state", "drawn_at")
    carried = {name: getattr(box, name) for name in names} | {"reason": f"carried over from box {box.id}"}
    with finished.store.writing() as session:
        session.execute(insert(Box), [carried])
    with finished.store.reading() as session:
        assert not any(verification.verify(session).values())


def test_verify_tells_and_ends_with_an_error(finished, synsetter):
    with finished.store.writing() as session:
        session.execute(update(Candidate).values(yes=Candidate.yes + 1))
    with pytest.raises(SynsetterError, match="3 derived values differ") as caught:
        synsetter("database verify")
    assert caught.value.exit_code == 1


def test_backup_is_a_whole_database(finished, synsetter, tmp_path):
    copy = tmp_path / "copy.sqlite"
    assert "is copied" in synsetter("database backup", str(copy))
    rows = sqlite3.connect(copy).execute("SELECT count(*), sum(yes) FROM candidates").fetchone()
    assert rows == (3, 9)
    assert copy.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UserError, match="exists"):
        synsetter("database backup", str(copy))
    with pytest.raises(UserError, match="no folder"):
        synsetter("database backup", str(tmp_path / "nowhere/copy.sqlite"))
