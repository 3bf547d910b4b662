import os
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import UserError, WorldError
from pipeline.rehearsal.browser import Browser
from pipeline.rehearsal.servers import Servers
from tests import forked


def serve_for_a_minute(folder: Path) -> None:
    with Servers(folder, workers=1, balance_cents=0) as servers:
        servers.skip(100)
        print(servers.crowd_url, flush=True)
        time.sleep(60)


def test_a_killed_rehearsal_takes_its_servers_along_and_goes_on(tmp_path: Path) -> None:
    said = tmp_path / "said"
    first = forked.start(serve_for_a_minute, tmp_path, out=said, err=tmp_path / "complaints")
    url = forked.heard(first, said).strip()
    children = Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split()
    first.kill()
    first.join()
    assert children
    deadline = time.monotonic() + 20
    while any(is_running(child) for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(is_running(child) for child in children)
    with Servers(tmp_path, workers=1, balance_cents=0) as servers:
        assert servers.crowd_url == url
        assert float(servers.clock_file.read_text()) == 100
        Browser(servers.crowd_url, servers.arrangement.accounts[0]).sign_in()
    with (
        pytest.raises(UserError, match="holds a rehearsal with 1 workers, not 2"),
        Servers(tmp_path, workers=2, balance_cents=0),
    ):
        pass


def is_running(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    servers = Servers(tmp_path, workers=1, balance_cents=0)
    with pytest.raises(WorldError, match="no such port"):
        servers.serve_pages([sys.executable, "-c", "import sys; sys.exit('no such port')"])
