"""The page: whole, self-contained, safe, and fit for a telephone."""

from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from pipeline.release.figures import CrowdFigures, DuplicateFigures, RunFigures
from pipeline.release.images import Boxed
from pipeline.release.writer import write_release
from tests.pipeline.release.conftest import jpeg

LONG = f"https://example.org/{'licence/' * 12} {'as its owner wrote at length ' * 4}"
VOID = {"meta", "img", "br", "path", "link"}


class Page(HTMLParser):
    """Reads a page; refuses tags that do not match."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.sources, self.tags = [], [], [], [], Counter()
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags[tag] += 1
        given = dict(attributes)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        self.sources += [given["src"]] if "src" in given else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags[tag] += 1

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def release(tmp_path, images, synsets, figures, pictures):
    return write_release(tmp_path / "1.0", images, synsets, figures, pictures).folder


@pytest.fixture
def page(release):
    return Page((release / "report.html").read_text())


def test_every_link_leads_somewhere(page, release):
    assert len(set(page.ids)) == len(page.ids)
    for link in page.links + page.sources:
        if link.startswith("#"):
            assert link[1:] in page.ids
        else:
            assert (release / link).is_file(), link


def test_it_needs_nothing_from_elsewhere(release, page):
    text = (release / "report.html").read_text()
    assert page.tags["script"] == page.tags["link"] == 0
    assert "@import" not in text
    assert "url(" not in text
    assert not [link for link in page.links + page.sources if "//" in link]


def test_it_says_what_agreement_means(release):
    assert "alpha is 0.81 over yes, no and unsure" in (release / "report.html").read_text()


def test_it_shows_each_chart(page):
    assert page.tags["svg"] >= 10


def test_without_boxes_it_tells_nothing_of_their_size(tmp_path, images, synsets, figures, pictures):
    images = [replace(image, boxes=(), boxed=Boxed.NONE) for image in images]
    folder = write_release(tmp_path / "1.0", images, synsets, figures, pictures).folder
    assert "of the boxes cover" not in (folder / "report.html").read_text()


def test_hostile_words_do_no_harm(tmp_path, images, synsets, figures, pictures):
    evil = '<img src=x onerror="alert(1)">'
    synsets = [replace(synset, words=(evil,), gloss=evil) for synset in synsets]
    images = [replace(image, license=evil, source=evil, creator=evil) for image in images]
    figures = replace(figures, title=evil, settings={evil: evil}, warnings=(evil,))
    folder = write_release(tmp_path / "1.0", images, synsets, figures, pictures).folder
    assert "<img src=x" not in (folder / "report.html").read_text()
    Page((folder / "report.html").read_text())


def test_a_run_that_knows_little_has_a_page(tmp_path, make_image, synsets, pictures):
    figures = RunFigures(
        title="Bare",
        version="0",
        began_at=None,
        ended_at=None,
        policy="majority:3",
        synsets=(),
        crowd=CrowdFigures(simulated=True, workers=0, kinds=()),
        duplicates=DuplicateFigures(),
    )
    image = make_image(boxes=(), boxed=Boxed.NONE)
    folder = write_release(tmp_path / "1.0", [image], synsets, figures, pictures).folder
    Page((folder / "report.html").read_text())
    assert "rehearsal" in (folder / "DATASHEET.md").read_text()


@pytest.mark.parametrize(("width", "colours"), [(320, "light"), (1280, "dark")])
def test_in_a_browser_nothing_sticks_out_or_bars_anyone(
    chromium, axe_finds, tmp_path, images, synsets, figures, pictures, make_image, width, colours
):
    wide = make_image(
        99, jpeg(99, (1200, 100)), width=1200, height=100, license=LONG, creator=LONG, source=LONG
    )
    images = sorted([*images, wide], key=lambda image: (image.wnid, image.sha256))
    release = write_release(tmp_path / "1.0", images, synsets, figures, pictures).folder
    view = chromium.new_page(viewport={"width": width, "height": 800}, color_scheme=colours)
    problems = []
    view.on("console", lambda message: problems.append(message.text))
    view.goto((release / "report.html").as_uri())
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    assert problems == []
    assert axe_finds(view) == []
    view.close()
