"""A running server from the outside: commands, health, metrics, logs, headers, the demonstration."""

import json

import pytest
import requests
from click.testing import CliRunner

from crowd_server.__main__ import main


def command(*arguments, **environment):
    return CliRunner().invoke(main, list(arguments), env=environment)


def test_health_metrics_and_logs(crowd, post_hit):
    lab = crowd.requester()
    crowd.workers()[0].work(post_hit(lab)["HITGroupId"])
    assert requests.get(crowd.url + "/health", timeout=5).json()["status"] == "ok"
    metrics = requests.get(crowd.url + "/metrics", timeout=5).text
    assert 'crowd_hits{status="Reviewable"} 1.0' in metrics
    assert 'crowd_assignments{state="submitted"} 1.0' in metrics
    assert "crowd_ledger_sum_cents 0.0" in metrics
    assert 'operation="CreateHIT"' in metrics
    again = requests.get(crowd.url + "/metrics", timeout=5).text
    for counted in ("crowd_hits", "crowd_assignments", "crowd_owed_cents", "crowd_ledger_sum_cents"):
        assert again.count(f"# TYPE {counted} gauge") == 1
    assert "pid=" not in again, "what another process counted earlier holds no more"
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    assert requests.get(crowd.url + "/metrics", headers=forwarded, timeout=5).status_code == 404
    lines = [json.loads(line) for line in (crowd.folder / "server.log").read_text().splitlines()]
    posted = next(line for line in lines if line.get("operation") == "CreateHIT")
    assert (posted["route"], posted["status"]) == ("/", 200)
    assert not any("@example.org" in json.dumps(line) for line in lines)


def test_headers_of_every_page(crowd):
    for path in ("/", "/signin", "/nosuch", "/health"):
        headers = requests.get(crowd.url + path, timeout=5).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_behind_a_proxy_cookies_are_secure_and_links_public(start_server, post_hit):
    server = start_server("--public-url", "https://crowd.example.org")
    reply = requests.get(server.url + "/signin", headers={"X-Forwarded-Proto": "https"}, timeout=5)
    assert "Secure" in reply.headers["Set-Cookie"]
    assert "HttpOnly" in reply.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in reply.headers
    post_hit(server.requester())
    group = requests.get(server.url + "/", timeout=5).text.split("/groups/")[1].split("/")[0]
    preview = requests.get(f"{server.url}/groups/{group}/preview", timeout=5).text
    assert "turkSubmitTo=https%3A%2F%2Fcrowd.example.org" in preview


def test_a_demonstration_to_walk_through(tmp_path, start_server):
    url = f"sqlite:///{tmp_path / 'demo.sqlite3'}"
    first = start_server("--demo", database=url)
    page = requests.get(first.url + "/", timeout=5).text
    assert "The example laboratory" in page
    assert "Which word in a sentence is the dog?" in page
    again = start_server("--demo", database=url)
    assert requests.get(again.url + "/", timeout=5).text.count("The example laboratory") == page.count(
        "The example laboratory"
    )


def test_commands(tmp_path):
    database = ("--database", f"sqlite:///{tmp_path / 'c.sqlite3'}")
    assert command("database", "upgrade", *database).exit_code == 0
    assert "fee_percent = 0" in command("settings", "show", *database).output
    assert command("settings", "set", "fee_percent", "20", *database).exit_code == 0
    assert "fee_percent = 20" in command("settings", "show", *database).output
    made = command("operators", "add", "o@example.org", *database, SYNSETTER_CROWD_PASSWORD="a long password")
    assert made.exit_code == 0, made.output
    assert len(command("invitations", "add", "--uses", "3", *database).output.strip()) == 24
    kept = tmp_path / "backup.gz"
    assert "rows in" in command("database", "backup", str(kept), *database).output
    elsewhere = ("--database", f"sqlite:///{tmp_path / 'd.sqlite3'}")
    assert "rows restored" in command("database", "restore", str(kept), *elsewhere).output


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve", "--faults", "explode"),
        ("settings", "set", "fee_percent", "lots"),
        ("settings", "set", "colour", "red"),
        ("operators", "add", "nobody", "--password", "short"),
        ("database", "restore", __file__),
        ("database", "upgrade", "--database", "mongodb://x"),
        ("database", "upgrade", "--database", "not a URL"),
        ("database", "upgrade", "--database", "sqlite:////no/such/folder/c.sqlite3"),
        ("database", "upgrade", "--database", "postgresql://nobody@127.0.0.1:1/x"),
        ("requesters", "add", "Lab", "--balance-cents", "-5"),
        ("workers", "add", "--count", "0"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path, arguments):
    done = command(*arguments, SYNSETTER_CROWD_DATABASE=f"sqlite:///{tmp_path / 'c.sqlite3'}")
    assert done.exit_code not in (0, None)
    assert "Error" in done.output.splitlines()[-1]
    assert isinstance(done.exception, SystemExit), "an exception that nobody expected"
