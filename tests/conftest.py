"""One real browser, for whatever pages are tested; and programs that are started are compiled once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NAMES = ("chromium", "chromium-browser", "google-chrome")

# The suite starts a hundred programs: each would compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


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
