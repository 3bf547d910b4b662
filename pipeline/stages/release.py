"""Stage 6: from rows to a version of the dataset: splits by duplicate group, images, figures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
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
from pipeline.store.insertion import insert_new, put
from pipeline.store.models import Fact, ReleaseVersion, SplitMember
from pipeline.toolbox import Toolbox
from quality.phash import as_unsigned
from quality.splits import Dealing

BATCH = 2000
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""A version names a folder, and one only."""
SHARES = "split_shares"
"""The fact that remembers by which shares splits were dealt."""


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
    key = alias_key(tools.store)
    with tools.store.reading() as session:
        dealt = _deal(tools, session)
        figures = run_figures.read(session, tools.settings, version, truth, key)
        other_shares = _other_shares(session, tools.settings.release.fractions)
        summary = write_release(
            Path(tools.settings.release.folder) / version,
            _images(session, dealt),
            _synsets(session, tools),
            replace(figures, warnings=(*figures.warnings, *other_shares)),
            tools.blobs,
            partial(_settle, tools, session, dealt),
        )
    _remember(tools, version, summary)
    return summary


def _deal(tools: Toolbox, session: Session) -> dict[int, str]:
    """Deal a split to every duplicate group that has none yet, by the hash of its name."""
    fractions = tools.settings.release.fractions
    dealing = Dealing(fractions, tools.settings.run.seed)
    for name, members, split in released.groups(session):
        if split is not None and split not in fractions:
            raise UserError(
                f"Pictures were released in split {split!r} and must stay there, but release.fractions has "
                f"no {split!r}. Add it, with a share of 0 if it is to get no more."
            )
        dealing.add(name, members, split)
    if not len(dealing):
        raise NothingToRelease
    splits = zip(released.groups(session), dealing.splits(), strict=True)
    return {hash(name): split for (name, _, before), split in splits if before is None}


def _settle(tools: Toolbox, session: Session, dealt: Mapping[int, str]) -> None:
    """Keep the splits that were dealt, for ever, and by which shares."""
    if not dealt:
        return
    new = (
        {"content_group": name, "split": dealt[hash(name)]}
        for name, _, before in released.groups(session)
        if before is None
    )
    shares = [*_shares(session), dict(tools.settings.release.fractions)]
    distinct = [one for at, one in enumerate(shares) if one not in shares[:at]]
    # All or none: a part of them would be taken as settled before the others are dealt.
    with tools.store.writing() as writing:
        while rows := list(islice(new, BATCH)):
            insert_new(writing, SplitMember, rows, ("content_group",))
        put(writing, Fact, {"name": SHARES, "value": json.dumps(distinct)}, ("name",))


def _shares(session: Session) -> list[dict[str, float]]:
    """Give the shares by which splits were dealt so far, each once."""
    fact = session.get(Fact, SHARES)
    return json.loads(fact.value) if fact else []


def _other_shares(session: Session, fractions: Mapping[str, float]) -> list[str]:
    return [
        "Pictures of earlier versions keep their splits, which were dealt by other shares: "
        f"{', '.join(f'{name} {share:g}' for name, share in shares.items())}."
        for shares in _shares(session)
        if shares != fractions
    ]


def _images(session: Session, dealt: Mapping[int, str]) -> Iterator[ReleaseImage]:
    for rows, boxes in released.batches(session, BATCH):
        for row in rows:
            split = row.split or dealt[hash(row.duplicate_group or row.sha256)]
            yield _image(row, boxes.get(row.id, ()), split)


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
