"""manifest.jsonl: one line a picture and synset, all that is known of it that a repeated run repeats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.release.images import ReleaseImage

MANIFEST = "manifest.jsonl"
PROVENANCE = "provenance.jsonl"


def manifest_line(image: ReleaseImage) -> str:
    """The manifest's line of ``image``; its keys are described in docs/release_format.md."""
    return _line(
        file=image.file,
        sha256=image.sha256,
        wnid=image.wnid,
        split=image.split,
        width=image.width,
        height=image.height,
        votes=image.votes._asdict(),
        selection_frequency=round(image.selection_frequency, 6),
        confidence=round(image.confidence, 6),
        boxes=image.boxes,
        boxed=image.boxed.value,
        duplicate_group=image.duplicate_group,
        phash=image.phash,
        license=image.license,
        creator=image.creator,
        source_url=image.source_url,
        source_page=image.source_page,
        source=image.source,
        query=image.query,
        language=image.language,
    )


def provenance_line(image: ReleaseImage) -> str:
    """When the picture was fetched, kept out of the manifest because no second run can repeat it."""
    return _line(file=image.file, source_url=image.source_url, fetched_at=image.fetched_at)


def rows(release: Path) -> Iterator[dict[str, Any]]:
    """The manifest's lines, one at a time, in ascending (wnid, sha256) order."""
    with (release / MANIFEST).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _line(**fields: object) -> str:
    return json.dumps(fields, allow_nan=False) + "\n"
