"""COCO instances, one file a split, written from the manifest line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from pipeline.release.images import Boxed, ReleaseSynset
from pipeline.release.manifest import rows


def write_coco(release: Path, synsets: Sequence[ReleaseSynset], splits: Iterable[str]) -> None:
    """Write ``coco/instances_<split>.json`` for pictures whose every instance is boxed.

    Others would teach a detector that an unboxed object is background; they are left out.
    A COCO box is ``x, y, width, height`` with the width counting both edges.
    """
    category = {synset.wnid: number for number, synset in enumerate(synsets, start=1)}
    (release / "coco").mkdir()
    for split in splits:
        path = release / "coco" / f"instances_{split}.json"
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write('{"categories": ')
            _write_list(file, _categories(synsets))
            file.write(', "images": ')
            _write_list(file, _images(release, split))
            file.write(', "annotations": ')
            _write_list(file, _annotations(release, split, category))
            file.write("}\n")


def _write_list(file: TextIO, items: Iterable[dict[str, Any]]) -> None:
    file.write("[")
    for number, item in enumerate(items):
        file.write(",\n" if number else "\n")
        json.dump(item, file, ensure_ascii=False)
    file.write("]")


def _categories(synsets: Sequence[ReleaseSynset]) -> Iterator[dict[str, Any]]:
    for number, synset in enumerate(synsets, start=1):
        yield {"id": number, "name": synset.wnid, "words": ", ".join(synset.words)}


def _boxed(release: Path, split: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, row in enumerate(rows(release), start=1):
        if row["split"] == split and row["boxed"] == Boxed.COMPLETE.value:
            yield number, row


def _images(release: Path, split: str) -> Iterator[dict[str, Any]]:
    for number, row in _boxed(release, split):
        yield {
            "id": number,
            "file_name": row["file"],
            "width": row["width"],
            "height": row["height"],
            "sha256": row["sha256"],
        }


def _annotations(release: Path, split: str, category: dict[str, int]) -> Iterator[dict[str, Any]]:
    count = 0
    for number, row in _boxed(release, split):
        for xmin, ymin, xmax, ymax in row["boxes"]:
            count += 1
            width, height = xmax - xmin + 1, ymax - ymin + 1
            yield {
                "id": count,
                "image_id": number,
                "category_id": category[row["wnid"]],
                "bbox": [xmin, ymin, width, height],
                "area": width * height,
                "iscrowd": 0,
            }
