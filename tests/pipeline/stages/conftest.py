"""Files to collect, and a pipeline that collects them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import update

from pipeline.bootstrap import make_toolbox
from pipeline.store.models import Synset
from tests.pipeline.stages.files import encoded, huge_png, photograph


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Good and bad files, by name."""
    deep = np.linspace(0, 65535, 96 * 96, dtype=np.uint16).reshape(96, 96)
    frames = [photograph(n) for n in (20, 21)]
    files = {
        "good.jpg": encoded(photograph(1)),
        "same_bytes.jpg": encoded(photograph(1)),
        "same_photo.jpg": encoded(photograph(1).resize((64, 64), Image.Resampling.LANCZOS), quality=80),
        "page.jpg": b"<!doctype html><title>404</title>",
        "huge.png": huge_png(),
        "cut.jpg": encoded(photograph(2))[:1500],
        "cmyk.jpg": encoded(photograph(3).convert("CMYK")),
        "moves.gif": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "deep.png": encoded(Image.fromarray(deep), "PNG"),
        "empty.jpg": b"",
        "tiny.jpg": encoded(photograph(4, 16)),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.fixture
def collecting(make_world: Callable[..., Any]) -> Callable[..., Any]:
    """Make a pipeline that collects from a list of these lines, with the columns that the header names."""

    def make(url: str, folder: Path, lines: list[str], *knobs: str, header: str = "wnid,url") -> Any:
        listed = folder / "candidates.csv"
        listed.write_text("\n".join([header, *lines]))
        world = make_world(
            url,
            f"collect.sources=['list:{listed}']",
            "collect.contact=curator@example.org",
            "collect.retries=1",
            "collect.processes=1",
            "collect.host_interval_seconds=0.0",
            *knobs,
        )
        with world.store.writing() as session:
            session.execute(update(Synset).values(searched=False))
        folder_of_blobs = replace(world.tools.settings.storage, pictures=str(folder / "pictures"))
        whole = make_toolbox(replace(world.tools.settings, storage=folder_of_blobs))
        parts = ("settings", "blobs", "open_blobs", "fetcher", "sources")
        world.tools = replace(world.tools, **{name: getattr(whole, name) for name in parts})
        whole.store.close()
        return world

    return make
