"""Candidates and truth for the demo, made of the photographs in installed packages; nothing is downloaded."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources, util
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.demo.copies import COPIES
from pipeline.demo.framing import Framing, whole
from pipeline.errors import UserError
from pipeline.hits.submission import Box

CANDIDATE_COLUMNS = ("wnid", "url", "license", "creator", "source_page")
TRUTH_COLUMNS = ("url", "wnid", "xmin", "ymin", "xmax", "ymax", "photograph")
BROKEN = ("n02123045", "n04099429")
"""Synsets that are offered a web page and half a file, as real searches do."""


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the two lists are, and what is in them."""

    candidates: Path
    truth: Path
    wnids: tuple[str, ...]
    photographs: int
    pictures: int


@dataclass(frozen=True, slots=True)
class Photograph:
    """One photograph of the album: an installed file, or a part of it that counts as its own photograph."""

    name: str
    file: Path
    license: str
    creator: str
    page: str
    part: Box | None
    enlarge: float
    shows: Mapping[str, tuple[Box, ...]]
    offered: Sequence[str]
    copies: Sequence[str]


@dataclass(frozen=True, slots=True)
class Posted:
    """A picture as somebody posted it, the synsets it was found for, and what it shows."""

    url: str
    photograph: Photograph
    wnids: Sequence[str]
    shows: Mapping[str, tuple[Box, ...]]


def make_photographs(folder: Path) -> Demo:
    """Write pictures, candidates.csv and truth.csv into a folder.

    Raises
    ------
    UserError
        If scikit-image or scikit-learn is not installed.
    """
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    album = list(_album())
    posted = [one for photograph in album for one in _post(photograph, folder)]
    _write(folder / "candidates.csv", CANDIDATE_COLUMNS, [*_candidates(posted), *_broken(album[0], folder)])
    _write(folder / "truth.csv", TRUTH_COLUMNS, _truth(posted))
    return Demo(
        candidates=folder / "candidates.csv",
        truth=folder / "truth.csv",
        wnids=tuple(sorted({wnid for photograph in album for wnid in photograph.shows})),
        photographs=len(album),
        pictures=len(posted),
    )


def _album() -> Iterator[Photograph]:
    text = (resources.files("pipeline.demo") / "album.toml").read_text("utf-8")
    for entry in tomllib.loads(text)["photographs"]:
        regions = entry.get("regions")
        for number, region in enumerate(regions or [None], 1):
            name = f"{entry['name']}-{number}" if regions else entry["name"]
            yield _photograph(entry, name, region and tuple(region))


def _photograph(entry: Mapping[str, Any], name: str, part: Box | None) -> Photograph:
    shows = {wnid: tuple(map(tuple, boxes)) for wnid, boxes in entry.get("shows", {}).items()}
    return Photograph(
        name=name,
        file=_installed(entry["file"]),
        license=entry["license"],
        creator=entry["creator"],
        page=entry["page"],
        part=part,
        enlarge=entry.get("enlarge", 1),
        shows=shows,
        offered=entry.get("offered", ()),
        copies=entry.get("copies", ()),
    )


def _installed(path: str) -> Path:
    package, _, inside = path.partition("/")
    found = util.find_spec(package)
    for place in (found and found.submodule_search_locations) or ():
        if (file := Path(place, inside)).is_file():
            return file
    raise UserError(f"The demo needs the photograph {path}. Run: pip install 'synsetter[demo]'")


def _post(photograph: Photograph, folder: Path) -> Iterator[Posted]:
    """Write the photograph and its copies; the copies are found for the first synset they show."""
    with Image.open(photograph.file) as stored:
        image = stored.convert("RGB")
    framing = Framing(photograph.part or whole(image), photograph.enlarge)
    image, shows = framing.picture(image), _carried(framing, photograph.shows)
    url = f"pictures/{photograph.name}{'.png' if photograph.part else photograph.file.suffix}"
    if photograph.part:
        image.save(folder / url)
    else:
        (folder / url).write_bytes(photograph.file.read_bytes())
    yield Posted(url, photograph, [*shows, *photograph.offered], shows)
    for kind in photograph.copies:
        copy_url = f"pictures/{photograph.name}-{kind}.jpg"
        framing = COPIES[kind](image, folder / copy_url, folder / url)
        yield Posted(copy_url, photograph, list(shows)[:1], _carried(framing, shows))


def _carried(framing: Framing, shows: Mapping[str, tuple[Box, ...]]) -> dict[str, tuple[Box, ...]]:
    return {wnid: framing.boxes(boxes) for wnid, boxes in shows.items()}


def _broken(photograph: Photograph, folder: Path) -> Iterator[Sequence[object]]:
    moved, half = folder / "pictures/moved.jpg", folder / "pictures/half.jpg"
    moved.write_text("<!doctype html><title>Moved</title><p>This picture has moved.</p>", "utf-8")
    data = photograph.file.read_bytes()
    half.write_bytes(data[: len(data) // 2])
    for wnid, file in zip(BROKEN, (moved, half), strict=True):
        yield wnid, f"pictures/{file.name}", "", "", ""


def _candidates(posted: Iterable[Posted]) -> Iterator[Sequence[object]]:
    for one in posted:
        for wnid in one.wnids:
            photograph = one.photograph
            yield wnid, one.url, photograph.license, photograph.creator, photograph.page


def _truth(posted: Iterable[Posted]) -> Iterator[Sequence[object]]:
    for one in posted:
        for wnid, boxes in one.shows.items():
            for box in boxes:
                yield one.url, wnid, *box, one.photograph.name


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
