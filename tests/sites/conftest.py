from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from PIL import Image

from sites.app import create_app
from sites.sample_desk import SampleDesk

CROWD = "https://crowd.example:8443"


@pytest.fixture
def desk(tmp_path: Path) -> SampleDesk:
    Image.new("RGB", (8, 8), "teal").save(tmp_path / "chelsea.png")
    return SampleDesk(tmp_path)


@pytest.fixture
def client(desk: SampleDesk) -> FlaskClient:
    return create_app(SimpleNamespace(desk=desk), CROWD + "/").test_client()
