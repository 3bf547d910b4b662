from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient

from sites.app import create_app
from sites.sample_desk import SampleDesk


@pytest.mark.parametrize(
    "path", ["/hits/label_images/n02121620", "/pictures/none", "/assets/x/page.css", "/no"]
)
def test_every_answer_is_guarded_and_sets_no_cookie(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["form-action"] == "https://crowd.example:8443"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin"
    assert "Set-Cookie" not in headers
    assert "X-Frame-Options" not in headers


def test_tasks_are_never_kept_by_a_cache(client: FlaskClient) -> None:
    assert client.get("/hits/label_images/n02121620").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "origin", ["", "crowd.example", "ftp://crowd.example", "https://", "https://crowd.example/worker"]
)
def test_what_is_no_origin_is_refused_at_the_start(desk: SampleDesk, origin: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        create_app(SimpleNamespace(desk=desk), origin)
