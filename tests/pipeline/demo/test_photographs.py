import csv
from pathlib import Path

import pytest
from PIL import Image

from pipeline.demo import photographs
from pipeline.demo.photographs import Demo, make_photographs
from pipeline.errors import UserError
from pipeline.pictures import RefusedPicture, decode
from pipeline.rehearsal.truth import read_candidates, read_truth
from pipeline.synsets.selection import check_selection
from pipeline.synsets.wordnet import WordNet
from quality.boxes import sides


# Not at the top: every process of the suite imports this file, and one runs it.
@pytest.fixture(scope="module", autouse=True)
def _extra() -> None:
    for name in ("skimage", "sklearn"):
        pytest.importorskip(name, reason="the extra `demo` is not installed")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return make_photographs(tmp_path_factory.mktemp("demo"))


def test_every_picture_but_the_two_broken_ones_can_be_used(demo: Demo) -> None:
    refused = set()
    for candidate in read_candidates(demo.candidates):
        try:
            decode((demo.candidates.parent / candidate.url).read_bytes())
        except RefusedPicture as error:
            refused.add((candidate.url, error.reason))
    assert refused == {("pictures/moved.jpg", "html"), ("pictures/half.jpg", "truncated")}


def test_true_and_false_candidates_of_every_synset(demo: Demo) -> None:
    candidates, truth = read_candidates(demo.candidates), read_truth(demo.truth)
    assert len(candidates) > 100
    assert len({(one.wnid, one.url) for one in candidates}) == len(candidates)
    for wnid in demo.wnids:
        shown = [truth.shows(one.url, wnid) for one in candidates if one.wnid == wnid]
        assert sum(shown) >= 2, wnid
        assert sum(not show for show in shown) >= 5, wnid


def test_the_synsets_may_be_labelled_side_by_side(demo: Demo) -> None:
    objections = check_selection(WordNet.load(), demo.wnids)
    assert not objections.refusals
    assert not objections.warnings


def test_boxes_lie_inside_their_pictures(demo: Demo) -> None:
    for (url, _), boxes in read_truth(demo.truth).instances.items():
        with Image.open(demo.truth.parent / url) as image:
            assert all(xmax < image.width and ymax < image.height for _, _, xmax, ymax in boxes), url
            assert (sides(boxes) >= 10).all()


def test_copies_carry_their_photographs_name(demo: Demo) -> None:
    truth = read_truth(demo.truth)
    assert truth.photograph("pictures/chelsea-mirrored.jpg") == truth.photograph("pictures/chelsea.png")
    assert truth.photograph("pictures/motorcycle-left.png") != truth.photograph(
        "pictures/motorcycle-right.png"
    )


def test_every_picture_names_its_source(demo: Demo) -> None:
    with demo.candidates.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if Path(row["url"]).stem not in {"moved", "half"}]
    assert all(row["source_page"].startswith("http") for row in rows)


def test_making_it_twice_gives_the_same_bytes(demo: Demo, tmp_path: Path) -> None:
    make_photographs(tmp_path)
    files = {path.relative_to(tmp_path): path for path in tmp_path.rglob("*.*")}
    assert len(files) == demo.pictures + 4
    for name, path in files.items():
        assert path.read_bytes() == (demo.candidates.parent / name).read_bytes(), name


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs.util, "find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"pip install 'synsetter\[demo\]'"):
        make_photographs(tmp_path)
