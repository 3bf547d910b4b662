"""synsets.json: what the class numbers mean, and how much of each class there is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pipeline.release.images import ReleaseSynset
from pipeline.release.tally import Tally


def write_synsets(release: Path, synsets: Sequence[ReleaseSynset], tally: Tally) -> None:
    """Write the synsets in class order: ``id`` is the class number in coco/ and devkit/."""
    entries = [
        {
            "id": number,
            "wnid": synset.wnid,
            "words": synset.words,
            "gloss": synset.gloss,
            "parents": synset.parents,
            "images": dict(sorted(tally.of(synset.wnid).splits.items())),
            "boxes": tally.of(synset.wnid).boxes,
        }
        for number, synset in enumerate(synsets, start=1)
    ]
    text = json.dumps(entries, ensure_ascii=False, indent=1) + "\n"
    (release / "synsets.json").write_text(text, encoding="utf-8", newline="\n")
