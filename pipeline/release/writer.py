"""Write a version of the dataset: all of it or nothing, once, and the same bytes each time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pipeline.errors import WorldError
from pipeline.ports import BlobStore
from pipeline.release.checksums import SUMS, first_fault, write_checksums
from pipeline.release.coco import write_coco
from pipeline.release.croissant import write_croissant
from pipeline.release.datasheet import write_datasheet
from pipeline.release.devkit import write_devkit
from pipeline.release.figures import RunFigures
from pipeline.release.images import ReleaseImage, ReleaseSynset, check
from pipeline.release.manifest import MANIFEST, PROVENANCE, manifest_line, provenance_line
from pipeline.release.refusals import ReleaseRefused, VersionTaken
from pipeline.release.report import Report
from pipeline.release.report_page import write_page
from pipeline.release.stored_picture import channels
from pipeline.release.synsets import write_synsets
from pipeline.release.tally import Tally
from pipeline.release.voc import annotation


@dataclass(frozen=True, slots=True)
class ReleaseSummary:
    """What was written; ``digest`` is the SHA-256 of SHA256SUMS, so it names the whole content."""

    folder: Path
    images: int
    boxes: int
    files: int
    bytes: int
    digest: str
    fresh: bool
    """False: the version was there already, with these very bytes."""
    warnings: tuple[str, ...]


def write_release(
    folder: Path,
    images: Iterable[ReleaseImage],
    synsets: Sequence[ReleaseSynset],
    figures: RunFigures,
    blobs: BlobStore,
    remember: Callable[[], object] = bool,
) -> ReleaseSummary:
    """Write version ``folder``, or find that it is there with the same content.

    Everything is written into a folder beside it, which is renamed at the end, so a release that can be seen
    is whole. No clock, random number or path of this machine enters a file.

    Parameters
    ----------
    images
        In ascending order of (wnid, sha256); they are read once.
    synsets
        All that the run asked for, with or without pictures.
    remember
        Called when all is written and nothing refused, just before the version can be seen: keeps what must
        not be lost once it is. What it raises leaves no release.

    Raises
    ------
    ReleaseRefused
        If an image contradicts itself, its bytes, its order or another's split, or there is none.
    BlobMissing, BlobDamaged
        If a picture's bytes are not as they were stored.
    VersionTaken
        If the version exists with other content, or was altered.
    WorldError
        If the disk refuses.
    """
    partial = folder.with_name(f".{folder.name}.partial")
    ordered = sorted(synsets, key=lambda synset: synset.wnid)
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            return _write(partial, folder, _Content(ordered, figures), images, blobs, remember)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise WorldError(
            f"Writing the release {folder.name} failed: {error}. Nothing of it was kept."
        ) from error


@dataclass(slots=True)
class _Content:
    synsets: Sequence[ReleaseSynset]
    figures: RunFigures
    tally: Tally = field(default_factory=Tally)


def _write(
    partial: Path,
    folder: Path,
    content: _Content,
    images: Iterable[ReleaseImage],
    blobs: BlobStore,
    remember: Callable[[], object],
) -> ReleaseSummary:
    _write_pictures(partial, content, images, blobs)
    report = _write_derived(partial, content)
    files = write_checksums(partial)
    digest = sha256((partial / SUMS).read_bytes()).hexdigest()
    fresh = not folder.exists()
    if not fresh:
        _compare(partial, folder)
    remember()
    if fresh:
        _settle(partial, folder)
    tally = content.tally
    return ReleaseSummary(
        folder, tally.images, tally.boxes, files, tally.bytes, digest, fresh, tuple(report.warnings)
    )


def _write_pictures(
    partial: Path, content: _Content, images: Iterable[ReleaseImage], blobs: BlobStore
) -> None:
    known = {synset.wnid for synset in content.synsets}
    with (
        (partial / MANIFEST).open("w", encoding="utf-8", newline="\n") as manifest,
        (partial / PROVENANCE).open("w", encoding="utf-8", newline="\n") as provenance,
    ):
        for image in _kept_apart(_in_order(images, known)):
            data = blobs.get(image.sha256)
            depth = channels(data, image)
            _place(partial / image.file, data)
            if image.boxes:
                xml = annotation(image, depth, content.figures.title)
                _place(partial / "Annotations" / f"{image.place}.xml", xml.encode())
            manifest.write(manifest_line(image))
            provenance.write(provenance_line(image))
            content.tally.add(image, len(data))
    if not content.tally.images:
        raise ReleaseRefused("No image was accepted, so there is nothing to release.")


def _write_derived(partial: Path, content: _Content) -> Report:
    synsets, tally, figures = content.synsets, content.tally, content.figures
    splits = sorted(tally.splits)
    write_synsets(partial, synsets, tally)
    write_coco(partial, synsets, splits)
    write_devkit(partial, synsets, splits)
    report = Report(figures, tally, synsets)
    _place(partial / "report.json", report.to_json().encode())
    write_page(partial / "report.html", report)
    write_datasheet(partial / "DATASHEET.md", report)
    write_croissant(partial, report)
    return report


def _in_order(images: Iterable[ReleaseImage], known: set[str]) -> Iterator[ReleaseImage]:
    last = ("", "")
    for image in images:
        check(image)
        if image.wnid not in known:
            raise ReleaseRefused(f"{image.wnid} is not among the synsets of this release")
        if (image.wnid, image.sha256) <= last:
            raise ReleaseRefused(f"{image.file} comes twice or out of order; order by wnid, then sha256")
        last = (image.wnid, image.sha256)
        yield image


def _kept_apart(images: Iterable[ReleaseImage]) -> Iterator[ReleaseImage]:
    """Pass images on, refusing one whose picture or duplicate group is in another split.

    It remembers hashes of names, about 100 bytes a picture: the only thing here that grows.
    """
    homes: dict[int, str] = {}
    for image in images:
        for name in {image.sha256, image.group}:
            home = homes.setdefault(hash(name), image.split)
            if home != image.split:
                raise ReleaseRefused(f"{image.file}: a copy of this picture is in split {home!r}")
        yield image


def _place(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _settle(partial: Path, folder: Path) -> None:
    """Put the finished folder in its place."""
    for directory, _, names in os.walk(partial):
        for name in names:
            Path(directory, name).chmod(0o444)
    partial.rename(folder)


def _compare(partial: Path, folder: Path) -> None:
    if not (folder / SUMS).is_file():
        raise VersionTaken(f"{folder} exists and is no release; choose another place or version")
    if (folder / SUMS).read_bytes() != (partial / SUMS).read_bytes():
        raise VersionTaken(f"{folder.name} was released with other content; release a new version")
    if fault := first_fault(folder):
        raise VersionTaken(f"{folder.name} was damaged since its release: {fault}")
