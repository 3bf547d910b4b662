"""Stage 6: from rows to a version of the dataset: splits by duplicate group, images, figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline import run_figures
from pipeline.errors import UserError
from pipeline.release.images import Box, Boxed, ReleaseImage, ReleaseSynset, Votes
from pipeline.release.writer import ReleaseSummary, write_release
from pipeline.states import State
from pipeline.store import released
from pipeline.store.insertion import insert_new
from pipeline.store.models import ReleaseVersion, SplitMember
from pipeline.toolbox import Toolbox
from quality.phash import as_unsigned
from quality.splits import assign_splits

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
    splits = _settle_splits(tools)
    with tools.store.reading() as session:
        figures = run_figures.read(session, tools.settings, version, truth)
        summary = write_release(
            Path(tools.settings.release.folder) / version,
            _images(session, splits),
            _synsets(session, tools),
            figures,
            tools.blobs,
        )
    _remember(tools, version, summary)
    return summary


def _settle_splits(tools: Toolbox) -> dict[str, str]:
    """Give every duplicate group its split, for ever."""
    with tools.store.writing() as session:
        groups, wnids = released.groups(session)
        if not groups:
            raise NothingToRelease
        settled = dict(session.execute(select(SplitMember.content_group, SplitMember.split)).all())
        fractions = tools.settings.release.fractions
        splits = dict(
            zip(
                groups, assign_splits(groups, wnids, fractions, tools.settings.run.seed, settled), strict=True
            )
        )
        new = [
            {"content_group": group, "split": split}
            for group, split in splits.items()
            if group not in settled
        ]
        insert_new(session, SplitMember, new, ("content_group",))
    return splits


def _images(session: Session, splits: dict[str, str]) -> Iterator[ReleaseImage]:
    for rows, boxes in released.batches(session, BATCH):
        for row in rows:
            yield _image(row, boxes.get(row.id, ()), splits[row.duplicate_group or row.sha256])


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
