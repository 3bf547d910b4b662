"""What all processes of a server agree on."""

import secrets

from crowd_server import house


def test_processes_that_start_at_once_make_one_secret(postgres, monkeypatch):
    def after_another() -> str:
        monkeypatch.setattr(secrets, "token_urlsafe", lambda _: "the other's")
        with postgres.writing() as session:
            house.secret(session)
        return "ours"

    monkeypatch.setattr(secrets, "token_urlsafe", lambda _: after_another())
    with postgres.writing() as session:
        assert house.secret(session) == "the other's"
    with postgres.writing() as session:
        assert house.secret(session) == "the other's"
