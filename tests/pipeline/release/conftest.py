"""A small release of real JPEG bytes, and the figures of the run that made it."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from pipeline.adapters.local_blobs import LocalBlobs
from pipeline.release.figures import (
    CrowdFigures,
    DuplicateFigures,
    KindFigures,
    RunFigures,
    Share,
    SynsetFigures,
)
from pipeline.release.images import Box, Boxed, ReleaseImage, ReleaseSynset, Votes

CAT, DOG, EMPTY = "n02121808", "n02084071", "n02118333"


def jpeg(seed: int, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: object) -> bytes:
    """A JPEG of smooth noise."""
    noise = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(noise).resize(size).convert(mode).save(file, "JPEG", **options)
    return file.getvalue()


@pytest.fixture
def pictures(tmp_path):
    return LocalBlobs(tmp_path / "blobs", fsync=False)


@pytest.fixture
def make_image(pictures):
    """Make a release image of fresh bytes; any field can be given."""

    def make(seed: int = 0, data: bytes | None = None, **fields: object) -> ReleaseImage:
        given = {
            "sha256": pictures.put(jpeg(seed) if data is None else data),
            "wnid": CAT,
            "split": "train",
            "width": 64,
            "height": 48,
            "votes": Votes(3, 1, 0),
            "selection_frequency": 0.75,
            "confidence": 0.98,
            "boxes": (Box(2, 3, 40, 30),),
            "boxed": Boxed.COMPLETE,
            "duplicate_group": None,
            "phash": "c3d4ae51962b3a6c",
            "license": "CC BY 4.0",
            "creator": "Ada",
            "source_url": f"https://example.org/{seed}.jpg",
            "source_page": None,
            "source": "list",
            "query": None,
            "language": None,
            "fetched_at": "2026-01-02T03:04:05+00:00",
        }
        return ReleaseImage(**(given | fields))

    return make


@pytest.fixture
def images(make_image):
    """Twelve images of two synsets in three splits, in release order."""
    splits = ["train", "train", "train", "train", "val", "test"]
    made = [
        make_image(seed, wnid=wnid, split=splits[seed % 6]) for seed, wnid in enumerate([CAT] * 6 + [DOG] * 6)
    ]
    made[3] = make_image(3, boxes=(), boxed=Boxed.NONE, license=None)
    made[5] = make_image(5, split="test", boxes=(Box(0, 0, 63, 47), Box(0, 0, 63, 40)), boxed=Boxed.PARTIAL)
    return sorted(made, key=lambda image: (image.wnid, image.sha256))


@pytest.fixture
def synsets():
    return [
        ReleaseSynset(
            wnid=CAT, words=("domestic cat", "house cat"), gloss="any <domesticated> cat", parents=()
        ),
        ReleaseSynset(wnid=DOG, words=("dog",), gloss="a member of the genus Canis", parents=("n02083346",)),
        ReleaseSynset(wnid=EMPTY, words=("fox",), gloss="alert carnivorous mammal", parents=()),
    ]


@pytest.fixture
def figures():
    return RunFigures(
        title="Pets & others",
        version="1.0",
        began_at=datetime(2026, 1, 1, tzinfo=UTC),
        ended_at=datetime(2026, 1, 3, tzinfo=UTC),
        policy="imagenet",
        truth="an audit sample",
        synsets=(
            SynsetFigures(
                wnid=CAT,
                candidates={"list": 20},
                refused={"not an image": 2},
                duplicates=1,
                accepted=6,
                rejected=10,
                unsure=1,
                votes_per_image={2: 10, 5: 6, 12: 1},
                drawn=Share(7, 10),
                covered=Share(4, 6),
                tries={1: 5, 2: 2},
                precision=Share(6, 6),
                recall=Share(6, 7),
            ),
            SynsetFigures(wnid=DOG, candidates={"list": 10}, accepted=6, rejected=4, votes_per_image={2: 10}),
            SynsetFigures(wnid=EMPTY, candidates={"list": 3}, rejected=3, votes_per_image={3: 3}),
        ),
        crowd=CrowdFigures(
            simulated=False,
            workers=5,
            kinds=(
                _kind("label_images", 1.5, rewards=100),
                _kind("draw_box", 20.0, rewards=60),
                _kind("check_box", 8.0, rewards=20),
                _kind("check_coverage", 7.0, rewards=10),
            ),
            hourly_cents=(700, 1100, 1500),
            target_hourly_cents=1200,
            agreement=0.8125,
        ),
        duplicates=DuplicateFigures(groups=1, pairs=1, dropped=1, within_synset=1, sizes={2: 1}),
        settings={"run.seed": "7"},
        warnings=("Gold ran short for dog.",),
    )


def _kind(name: str, seconds: float, rewards: int) -> KindFigures:
    return KindFigures(
        kind=name,
        hits=2,
        assignments=4,
        paid=4,
        refused=0,
        items=20,
        median_seconds=seconds,
        reward_cents=rewards,
        fee_cents=rewards // 5,
        bonus_cents=0,
    )
