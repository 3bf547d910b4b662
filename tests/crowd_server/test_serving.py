"""A running server from the outside: commands, health, metrics, logs, headers, the demonstration."""

import json
import os
import subprocess
import sys

import pytest
import requests

CROWD = [sys.executable, "-m", "crowd_server"]


def command(*arguments, **environment):
    return subprocess.run(
        [*CROWD, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )


def test_health_metrics_and_logs(crowd, post_hit):
    lab = crowd.requester()
    crowd.workers()[0].work(post_hit(lab)["HITGroupId"])
    assert requests.get(crowd.url + "/health", timeout=5).json()["status"] == "ok"
    metrics = requests.get(crowd.url + "/metrics", timeout=5).text
    assert 'crowd_hits{status="Reviewable"} 1.0' in metrics
    assert 'crowd_assignments{state="submitted"} 1.0' in metrics
    assert "crowd_ledger_sum_cents 0.0" in metrics
    assert 'operation="CreateHIT"' in metrics
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
    assert command("database", "upgrade", *database).returncode == 0
    assert "fee_percent = 0" in command("settings", "show", *database).stdout
    assert command("settings", "set", "fee_percent", "20", *database).returncode == 0
    assert "fee_percent = 20" in command("settings", "show", *database).stdout
    made = command("operators", "add", "o@example.org", *database, SYNSETTER_CROWD_PASSWORD="a long password")
    assert made.returncode == 0, made.stderr
    assert len(command("invitations", "add", "--uses", "3", *database).stdout.strip()) == 24
    kept = tmp_path / "backup.gz"
    assert "rows in" in command("database", "backup", str(kept), *database).stdout
    elsewhere = ("--database", f"sqlite:///{tmp_path / 'd.sqlite3'}")
    assert "rows restored" in command("database", "restore", str(kept), *elsewhere).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve", "--faults", "explode"),
        ("settings", "set", "fee_percent", "lots"),
        ("settings", "set", "colour", "red"),
        ("operators", "add", "nobody", "--password", "short"),
        ("database", "restore", __file__),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path, arguments):
    done = command(*arguments, "--database", f"sqlite:///{tmp_path / 'c.sqlite3'}")
    assert done.returncode != 0
    assert "Error" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
