"""Lists as the ILSVRC development kit has them, written from the manifest line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from pipeline.release.images import Boxed, ReleaseSynset
from pipeline.release.manifest import rows


@dataclass(slots=True)
class _Lists:
    """The four lists of one split; line i of each but the blacklist speaks of picture i."""

    all: TextIO
    boxed: TextIO
    truth: TextIO
    blacklist: TextIO
    count: int = field(default=0)

    def add(self, name: str, number: int, complete: bool) -> None:
        self.count += 1
        self.all.write(f"{name} {self.count}\n")
        self.truth.write(f"{number}\n")
        if complete:
            self.boxed.write(f"{name} {self.count}\n")
        else:
            self.blacklist.write(f"{self.count}\n")


def write_devkit(release: Path, synsets: Sequence[ReleaseSynset], splits: Iterable[str]) -> None:
    """Write the picture lists under ImageSets/ and the ground truth and blacklists under devkit/.

    The blacklist holds the 1-based numbers of pictures not to be scored for localisation, because no
    coverage check said that every instance is boxed.
    """
    class_number = {synset.wnid: number for number, synset in enumerate(synsets, start=1)}
    image_sets, devkit = release / "ImageSets" / "CLS-LOC", release / "devkit"
    image_sets.mkdir(parents=True)
    devkit.mkdir()
    with ExitStack() as stack:

        def list_file(path: Path) -> TextIO:
            return stack.enter_context(path.open("w", encoding="utf-8", newline="\n"))

        lists = {
            split: _Lists(
                all=list_file(image_sets / f"{split}_cls.txt"),
                boxed=list_file(image_sets / f"{split}_loc.txt"),
                truth=list_file(devkit / f"{split}_ground_truth.txt"),
                blacklist=list_file(devkit / f"{split}_localization_blacklist.txt"),
            )
            for split in splits
        }
        for row in rows(release):
            name = f"{row['wnid']}/{Path(row['file']).stem}"
            lists[row["split"]].add(name, class_number[row["wnid"]], row["boxed"] == Boxed.COMPLETE.value)
