"""The datasheet says who, how, for how much, and what not to trust."""

from dataclasses import replace

import pytest

from pipeline.release.writer import write_release


@pytest.fixture
def datasheet(tmp_path, images, synsets, figures, pictures):
    return (
        write_release(tmp_path / "1.0", images, synsets, figures, pictures).folder / "DATASHEET.md"
    ).read_text()


@pytest.mark.parametrize(
    "sentence",
    [
        "# Datasheet: Pets & others 1.0",
        "12 pictures, each under one WordNet 3.0 noun synset; 2 of the 3 synsets asked for have pictures.",
        "Split `train`: 8 pictures, 7 boxes.",
        "33 candidates: 2 unusable, 1 dropped as copies, 17 rejected by vote, 1 left unsure.",
        "Precision 100 % (6 of 6; 95 % interval",
        "70 % of 10 drawn boxes passed.",
        "An active hour earned $7.00, $11.00 and $15.00",
        "CC BY 4.0: 11 pictures.",
        "Licence not on record: 1 picture.",
        "Gold ran short for dog.",
    ],
)
def test_it_says(datasheet, sentence):
    assert sentence in datasheet


@pytest.mark.parametrize(("source", "said"), [("openverse", True), ("folder", False), ("known", False)])
def test_only_what_was_searched_for_shows_what_searches_favour(
    tmp_path, images, synsets, figures, pictures, source, said
):
    images = [replace(image, source=source) for image in images]
    folder = write_release(tmp_path / "1.0", images, synsets, figures, pictures).folder
    assert ("come from search engines" in (folder / "DATASHEET.md").read_text()) is said


def test_what_strangers_wrote_is_text_in_one_line(tmp_path, images, synsets, figures, pictures, datasheet):
    evil = "# CC\n\n## Cleared\u2028<script>x</script> [by](javascript:x) `x"
    images = [replace(image, license=evil, source=evil) for image in images]
    figures = replace(figures, title="Pets", warnings=(evil,))
    folder = write_release(tmp_path / "2.0", images, synsets, figures, pictures).folder
    written = (folder / "DATASHEET.md").read_text()
    headings = [line for line in datasheet.splitlines() if line.startswith("#")]
    assert [line for line in written.splitlines() if line.startswith("#")][1:] == headings[1:]
    shown = r"\# CC \#\# Cleared &lt;script&gt;x&lt;/script&gt; \[by\](javascript:x) \`x"
    assert f"\n- {shown}: 12 pictures.\n" in written
    assert f"\n- Source {shown}: 12 released pictures.\n" in written
    assert f"\n- {shown}\n" in written


@pytest.mark.parametrize(
    ("distinct", "by"), [("True", "by a third"), ("False", "one worker may have done all three")]
)
def test_it_says_whether_others_checked_a_box(tmp_path, images, synsets, figures, pictures, distinct, by):
    figures = replace(figures, settings={"boxes.distinct_workers": distinct})
    folder = write_release(tmp_path / "1.0", images, synsets, figures, pictures).folder
    assert by in (folder / "DATASHEET.md").read_text()
    told_apart = "a third says" in (folder / "report.html").read_text()
    assert told_apart == (distinct == "True")


@pytest.mark.parametrize(("turns", "told"), [("False", True), ("True", False)])
def test_it_says_which_copies_were_not_looked_for(tmp_path, images, synsets, figures, pictures, turns, told):
    figures = replace(figures, settings={"dedup.turns": turns})
    folder = write_release(tmp_path / "1.0", images, synsets, figures, pictures).folder
    written = (folder / "DATASHEET.md").read_text()
    assert "1 copy was dropped, and none that was found lies in two splits." in written
    assert ("- Mirrored and turned copies were not looked for" in written) == told


def test_it_does_not_hide_a_rehearsal(tmp_path, images, synsets, figures, pictures, datasheet):
    assert "rehearsal" not in datasheet
    figures = replace(figures, crowd=replace(figures.crowd, simulated=True))
    folder = write_release(tmp_path / "2.0", images, synsets, figures, pictures).folder
    assert "nobody was paid" in (folder / "DATASHEET.md").read_text()
