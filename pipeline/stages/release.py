"""Stage 6: from rows to a version of the dataset: splits by duplicate group, images, figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from pipeline import run_figures
from pipeline.errors import UserError
from pipeline.release.images import Box, Boxed, ReleaseImage, ReleaseSynset, Votes
from pipeline.release.writer import ReleaseSummary, write_release
from pipeline.states import State
from pipeline.store import released
from pipeline.store.aliases import alias_key
from pipeline.store.insertion import insert_new
from pipeline.store.models import ReleaseVersion, SplitMember
from pipeline.toolbox import Toolbox
from quality.phash import as_unsigned
from quality.splits import Dealing

BATCH = 2000
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""A version names a folder, and one only."""


class NothingToRelease(UserError):
    """There is nothing to release yet: no image is accepted and boxed. Next: synsetter run"""


def release(tools: Toolbox, version: str, truth: run_figures.KnownTruth | None = None) -> ReleaseSummary:
    """Write a version of the dataset and remember it.

    Raises
    ------
    UserError
        If the version is no name for a folder.
    NothingToRelease
        If nothing can be released yet.
    ReleaseRefused
        If the version is there with other content, or an image contradicts itself.
    """
    if not VERSION.fullmatch(version):
        raise UserError(
            f"{version!r} is no version. Use up to 64 letters, digits, dots, hyphens and underscores, "
            "beginning with a letter or digit, as in 1.0."
        )
    _settle_splits(tools)
    key = alias_key(tools.store)
    with tools.store.reading() as session:
        figures = run_figures.read(session, tools.settings, version, truth, key)
        summary = write_release(
            Path(tools.settings.release.folder) / version,
            _images(session),
            _synsets(session, tools),
            figures,
            tools.blobs,
        )
    _remember(tools, version, summary)
    return summary


def _settle_splits(tools: Toolbox) -> None:
    """Give every duplicate group its split, for ever."""
    dealing = Dealing(tools.settings.release.fractions, tools.settings.run.seed)
    with tools.store.reading() as session:
        for name, members, split in released.groups(session):
            dealing.add(name, members, split)
        if not len(dealing):
            raise NothingToRelease
        new = (
            {"content_group": name, "split": split}
            for (name, _, before), split in zip(released.groups(session), dealing.splits(), strict=True)
            if before is None
        )
        # All or none: a part of them would be taken as settled before the others are dealt.
        with tools.store.writing() as writing:
            while rows := list(islice(new, BATCH)):
                insert_new(writing, SplitMember, rows, ("content_group",))


def _images(session: Session) -> Iterator[ReleaseImage]:
    for rows, boxes in released.batches(session, BATCH):
        for row in rows:
            yield _image(row, boxes.get(row.id, ()), row.split)


def _image(row: Any, boxes: Sequence[tuple[int, int, int, int]], split: str) -> ReleaseImage:
    votes = Votes(row.yes, row.no, row.unsure)
    boxed = Boxed.COMPLETE if row.state == State.BOXED else Boxed.PARTIAL if boxes else Boxed.NONE
    return ReleaseImage(
        sha256=row.sha256,
        wnid=row.wnid,
        split=split,
        width=row.width,
        height=row.height,
        votes=votes,
        selection_frequency=votes.yes / sum(votes) if sum(votes) else 0.0,
        confidence=row.confidence or 0.0,
        boxes=tuple(Box(*box) for box in boxes),
        boxed=boxed,
        duplicate_group=row.duplicate_group,
        phash=f"{as_unsigned(row.phash):016x}",
        license=row.license or None,
        creator=row.creator or None,
        source_url=row.url,
        source_page=row.source_page or None,
        source=row.source,
        query=row.query or None,
        language=row.language or None,
        fetched_at=row.fetched_at.isoformat() if row.fetched_at else None,
    )


def _synsets(session: Session, tools: Toolbox) -> list[ReleaseSynset]:
    return [
        ReleaseSynset(wnid=one.wnid, words=one.words, gloss=one.gloss, parents=one.parents)
        for one in map(tools.wordnet.synset, released.wnids(session))
    ]


def _remember(tools: Toolbox, version: str, summary: ReleaseSummary) -> None:
    with tools.store.writing() as session:
        row = {
            "version": version,
            "folder": str(summary.folder),
            "digest": summary.digest,
            "images": summary.images,
            "boxes": summary.boxes,
            "released_at": tools.clock(),
        }
        insert_new(session, ReleaseVersion, [row], ("version",))
