"""How often the original is kept of two files, the other of which was made from it.

    python benchmarks/kept_copy.py [FOLDER] [--photos 25]

FOLDER has a folder for each collection of photographs. Each photograph and one edit of it stand in a folder
of their own, under names that tell nothing, and `synsetter duplicates search` says which to keep. The peer is
a rule of thumb: keep the file with more pixels, and of equals the one with more bytes.
"""

from __future__ import annotations

import argparse
import shutil
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pictures import edits
from PIL import Image

from pipeline.copies.folder_duplicates import search_folder

SHARED = Path("../shared/data/images")

EDITS: dict[str, tuple[str, dict[str, object]]] = {
    **{f"JPEG {quality}": ("as it is", {"quality": quality}) for quality in (30, 50, 70, 80, 90, 95)},
    "PNG": ("as it is", {"format": "PNG"}),
    **{name: (name, {"quality": 90}) for name in ("scale 0.5", "scale 2")},
    **{
        name: (name, {"quality": 95})
        for name in ("crop 10 %", "grey", "blur", "sharpen", "border 5 % white", "text", "logo")
    },
    **{
        name: (name, {"quality": 90})
        for name in ("brighter 1.3", "contrast 1.4", "gamma 0.7", "autocontrast", "saturation 1.6")
    },
    "GIF": ("as it is", {"format": "GIF"}),
    "GIF dithered": ("256 colours dithered", {"format": "GIF"}),
    "GIF 32 colours": ("32 colours dithered", {"format": "GIF"}),
    "PNG 64 colours": ("64 colours", {"format": "PNG"}),
    **{f"WebP {quality}": ("as it is", {"format": "WEBP", "quality": quality}) for quality in (20, 50, 80)},
    "WebP lossless": ("as it is", {"format": "WEBP", "lossless": True}),
    **{f"AVIF {quality}": ("as it is", {"format": "AVIF", "quality": quality}) for quality in (20, 50, 80)},
}
"""The edit of `pictures.edits` or of here, and how what comes of it is stored."""


def colours(most: int, dither: Image.Dither = Image.Dither.NONE) -> edits.Edit:
    """Keep so many colours, those that fit the picture best."""

    def edit(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        return image.quantize(palette=image.quantize(most), dither=dither)

    return edit


OWN_EDITS = {
    "256 colours dithered": colours(256, Image.Dither.FLOYDSTEINBERG),
    "32 colours dithered": colours(32, Image.Dither.FLOYDSTEINBERG),
    "64 colours": colours(64),
}


def main() -> None:
    """Edit, ask, and print the counts for each collection."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--photos", type=int, default=25, help="of each collection")
    chosen = parser.parse_args()
    dice = np.random.default_rng(0)
    for collection in sorted(path for path in chosen.folder.iterdir() if path.is_dir()):
        files = sorted(path for path in collection.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg"})
        photos = [files[at] for at in dice.choice(len(files), min(chosen.photos, len(files)), replace=False)]
        print(f"{collection.name}: originals kept, of pairs found to be copies; by the rule of thumb")
        for name in EDITS:
            counts = sum((kept(photo, name, dice) for photo in photos), Counter())
            print(f"  {name:<18}{counts['kept']:>4} of {counts['found']:<4}{counts['rule']:>6}", flush=True)


def kept(photo: Path, name: str, dice: np.random.Generator) -> Counter[str]:
    """Tell of one photograph and its edit whether they are found, the original kept, and by the rule too."""
    edit, stored = EDITS[name]
    with TemporaryDirectory() as folder:
        original, copy = (Path(folder, each) for each in dice.permutation(["a.jpg", "b.jpg"]))
        shutil.copy(photo, original)
        edited = (edits.EDITS | OWN_EDITS)[edit](Image.open(photo).convert("RGB"), dice)
        edited.save(copy, **{"format": "JPEG"} | stored)
        groups = search_folder(Path(folder), lambda *_: None).groups
        found = bool(groups)
        largest = max(
            (original, copy), key=lambda path: (np.prod(Image.open(path).size), path.stat().st_size)
        )
    return Counter(
        found=found, kept=found and groups[0][0] == original.name, rule=found and largest == original
    )


if __name__ == "__main__":
    main()
