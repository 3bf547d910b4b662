"""The front door behind a proxy: guessers are slowed down, owners are not locked out."""

import re
import sqlite3
from contextlib import closing

import pytest

from crowd_server.app import create_app
from crowd_server.clock import real_time
from crowd_server.people import accounts, membership, sign_in

PASSWORD = "a whippet is a hound"
PASSWORD_HASH = accounts.HASHER.hash(PASSWORD)


class Knocker:
    """Somebody at the door, at an address that a proxy tells of."""

    SITE = "https://crowd.example"

    def __init__(self, app, address):
        self.browser = app.test_client()
        self.headers = {
            "X-Forwarded-Proto": "https", "X-Forwarded-Host": "crowd.example", "X-Forwarded-For": address,
            "Referer": self.SITE + "/signin",
        }  # fmt: skip

    def knock(self, password):
        return self.post("/signin", email="ada@example.org", password=password).status_code

    def post(self, path, **fields):
        page = self.browser.get("/signin", headers=self.headers, base_url=self.SITE)
        form = {"csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1], **fields}
        return self.browser.post(path, data=form, headers=self.headers, base_url=self.SITE)


@pytest.fixture
def house_of_ada(database, monkeypatch):
    waited = []
    monkeypatch.setattr(sign_in.time, "sleep", waited.append)
    with database.writing() as db:
        accounts.add_worker(db, "ada@example.org", PASSWORD, real_time(), password_hash=PASSWORD_HASH)
    app = create_app(database, public_url=Knocker.SITE)
    app.waited = waited
    return app


def test_strangers_do_not_lock_an_owner_out(house_of_ada):
    for stranger in range(2):
        knocker = Knocker(house_of_ada, f"198.51.100.{stranger}")
        assert [knocker.knock("a wrong password") for _ in range(12)] == [403] * 10 + [429] * 2
    assert Knocker(house_of_ada, "203.0.113.7").knock(PASSWORD) == 303
    assert house_of_ada.waited[:11] == [0.0] * 11, "the first failures cost nobody time"
    assert house_of_ada.waited[-1] == 2.0, "many make the answer slower, and no slower than this"


def test_one_home_is_one_address(house_of_ada):
    statuses = [
        Knocker(house_of_ada, f"2001:db8:7:8::{end}").knock("a wrong password") for end in range(1, 12)
    ]
    assert statuses == [403] * 10 + [429]
    assert Knocker(house_of_ada, "2001:db8:7:9::1").knock("a wrong password") == 403, "next door"


@pytest.fixture
def hashed(house_of_ada, database, monkeypatch):
    """Passwords that were hashed, each while anybody else could write."""
    done = []

    class Hasher(accounts.PasswordHasher):
        def hash(self, password):
            with closing(sqlite3.connect(database.engine.url.database, timeout=0)) as other:
                other.execute("BEGIN IMMEDIATE")
            done.append(password)
            return PASSWORD_HASH

    monkeypatch.setattr(accounts, "HASHER", Hasher())
    return done


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_a_made_up_invitation_tells_nothing_and_is_counted(house_of_ada, hashed, email):
    knocker = Knocker(house_of_ada, "198.51.100.1")
    tried = [knocker.post("/signup", email=email, password=PASSWORD, code="MADEUP") for _ in range(12)]
    assert [page.status_code for page in tried] == [403] * 10 + [429] * 2
    assert "does not exist" in tried[0].text
    assert "Too many attempts" in tried[-1].text
    assert hashed == [], "no more time is spent on one address than on the other"


def test_passwords_are_hashed_before_anybody_waits(house_of_ada, hashed, database):
    with database.writing() as db:
        code = membership.invite(db, real_time(), uses=1).code
    knocker = Knocker(house_of_ada, "203.0.113.7")
    new = {"email": "eve@example.org", "password": "another password", "code": code}
    assert knocker.post("/signup", **new).status_code == 303
    assert knocker.post("/signup", **new).status_code == 403, "used up"
    assert knocker.post("/signin", email="ada@example.org", password=PASSWORD).status_code == 303
    changed = knocker.post("/account/password", old=PASSWORD, new="a third password")
    assert changed.status_code == 303
    assert hashed == ["another password", "a third password"]
