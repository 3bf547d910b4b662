"""The manifest's lines, and the page that describes them."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from pipeline.release.images import ReleaseImage
from pipeline.release.manifest import MANIFEST, manifest_line, provenance_line, rows

DOCS = Path(__file__).resolve().parents[3] / "docs" / "release_format.md"


def test_every_field_has_its_key(make_image):
    keys = set(json.loads(manifest_line(make_image())))
    assert keys == {"file"} | {field.name for field in fields(ReleaseImage)} - {"fetched_at"}


def test_every_key_is_described(make_image):
    table = DOCS.read_text(encoding="utf-8").split("## manifest.jsonl")[1].split("## Boxes")[0]
    described = re.findall(
        r"`(\w+)`", "\n".join(line.split("|")[1] for line in table.splitlines() if "|" in line)
    )
    assert described == list(json.loads(manifest_line(make_image())))


def test_lines_are_read_back(tmp_path, images):
    (tmp_path / MANIFEST).write_text("".join(map(manifest_line, images)), encoding="utf-8")
    assert [(row["sha256"], len(row["boxes"])) for row in rows(tmp_path)] == [
        (image.sha256, len(image.boxes)) for image in images
    ]


@pytest.mark.parametrize("creator", ["Žofie", "a\nb", "\u2028", '"'])
def test_one_image_is_one_line(make_image, creator):
    line = manifest_line(make_image(creator=creator))
    assert line.count("\n") == 1
    assert json.loads(line)["creator"] == creator


def test_the_line_of_provenance(make_image):
    image = make_image(7)
    assert json.loads(provenance_line(image)) == {
        "file": image.file,
        "source_url": "https://example.org/7.jpg",
        "fetched_at": "2026-01-02T03:04:05+00:00",
    }
