"""Each thing worth a look is found, and nothing where nothing is."""

from dataclasses import replace

import pytest

from pipeline.release.figures import (
    CrowdFigures,
    DuplicateFigures,
    KindFigures,
    RunFigures,
    Share,
    SynsetFigures,
)
from pipeline.release.images import Box, Boxed, ReleaseSynset
from pipeline.release.report import Report
from pipeline.release.tally import Tally

CAT = "n02121808"


@pytest.fixture
def sound(make_image):
    """A report with nothing to find in it."""
    tally = Tally()
    for seed in range(200):
        tally.add(make_image(seed, data=b"x", split=("train", "val")[seed % 2]), size=1)
    figures = RunFigures(
        title="t",
        version="1",
        began_at=None,
        ended_at=None,
        policy="p",
        truth="truth",
        synsets=(SynsetFigures(wnid=CAT, candidates={"a": 300}, accepted=200, precision=Share(200, 200)),),
        crowd=CrowdFigures(simulated=False, workers=1, kinds=()),
        duplicates=DuplicateFigures(),
    )
    return Report(figures, tally, [ReleaseSynset(wnid=CAT, words=("cat",), gloss="", parents=())])


def test_a_sound_run_has_no_findings(sound):
    assert sound.warnings == []


def changed(report, **fields):
    return Report(replace(report.figures, **fields), report.tally, report.synsets).warnings


def crowd(**fields):
    return CrowdFigures(**({"simulated": False, "workers": 1, "kinds": ()} | fields))


def synset(**fields):
    return (SynsetFigures(**({"wnid": CAT, "candidates": {}, "precision": Share(200, 200)} | fields)),)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"warnings": ("Budget spent.",)}, "Budget spent."),
        ({"synsets": synset(precision=None)}, "Nobody has re-judged"),
        (
            {"synsets": synset(precision=Share(90, 100))},
            "90 % of accepted labels are right; it could be as few as",
        ),
        ({"synsets": synset(open=3)}, "3 images still being voted on"),
        ({"synsets": synset(accepted=207)}, "7 accepted images still being boxed: not in this version."),
        ({"synsets": synset(accepted=10, unsure=10)}, "Often left unsure: cat (50 %)"),
        ({"duplicates": DuplicateFigures(doubtful=4)}, "4 doubtful pairs"),
        ({"crowd": crowd(hourly_cents=(1, 500, 900), target_hourly_cents=600)}, "less than $5.00 an hour"),
        (
            {
                "crowd": crowd(
                    kinds=(KindFigures(kind="k", hits=1, assignments=10, paid=8, refused=2, items=1),)
                )
            },
            "2 of 10 assignments were refused pay",
        ),
        (
            {
                "crowd": crowd(
                    kinds=(KindFigures(kind="k", hits=1, assignments=9, paid=8, refused=0, items=1, held=1),)
                )
            },
            "1 assignment held",
        ),
    ],
)
def test_what_the_run_says_is_found(sound, fields, sentence):
    assert [text for text in changed(sound, **fields) if sentence in text]


def test_what_the_pictures_say_is_found(sound, make_image):
    overlapping = (Box(0, 0, 40, 40), Box(0, 0, 40, 39))
    sound.tally.add(make_image(1, boxes=overlapping, license=None, wnid="n02084071"), size=1)
    for seed in range(20):
        sound.tally.add(make_image(seed, boxes=(), boxed=Boxed.NONE), size=1)
    found = " ".join(sound.warnings)
    assert "20 pictures (9 %) not known to be fully boxed" in found
    assert "1 pair of boxes" in found
    assert "1 picture without a licence" in found
    assert "Without pictures in a split: n02084071 (val)." in found


def test_a_synset_without_pictures_is_named(sound):
    synsets = (*sound.figures.synsets, SynsetFigures(wnid="n02084071", candidates={}))
    assert "Fewer than 10 pictures: n02084071 (0)." in changed(sound, synsets=synsets)


def test_many_synsets_are_not_all_named(sound):
    synsets = tuple(SynsetFigures(wnid=f"n{i:08d}", candidates={}) for i in range(50))
    (few,) = (text for text in changed(sound, synsets=synsets) if text.startswith("Fewer"))
    assert few.endswith("and 44 more.")
