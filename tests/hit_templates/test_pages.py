"""What holds for every task: accessible, narrow, honest in a preview, at home in the crowd's frame."""

from typing import Any

import pytest

from pipeline.hits.kinds import KINDS


@pytest.mark.parametrize(("size", "scheme"), [("wide", "light"), ("zoomed", "dark")])
@pytest.mark.parametrize("kind", KINDS)
def test_everybody_can_use_it(visit: Any, axe_finds: Any, kind: str, size: str, scheme: str) -> None:
    page = visit.open(kind, size, color_scheme=scheme)
    visit.start(page, quiz=1 if kind == "label_images" else None)
    assert axe_finds(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_choices_and_progress_show_in_forced_colours(visit: Any) -> None:
    page = visit.open("check_coverage", forced_colors="active")
    visit.start(page)
    outlines = "all => all.map(one => getComputedStyle(one).outlineStyle)"
    before = page.locator("#progress").screenshot()
    page.keyboard.press("n")
    page.keyboard.press("ArrowLeft")
    assert page.locator("[data-answer]").evaluate_all(outlines) == ["none", "solid", "none"]
    assert page.locator("#progress").screenshot() != before
    page = visit.open("label_images", forced_colors="active")
    visit.start(page, quiz=1)
    page.locator(".photo").first.focus()
    for key in "134":
        page.keyboard.press(key)
    widths = "all => all.slice(0, 4).map(one => getComputedStyle(one).borderTopWidth)"
    assert page.locator(".photo").evaluate_all(widths) == ["4px", "4px", "4px", "1px"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_the_instructions_and_the_quiz(visit: Any, axe_finds: Any, scheme: str) -> None:
    page = visit.open("label_images", color_scheme=scheme)
    assert axe_finds(page) == []
    page.locator("#instructions [data-close]").click()
    page.locator("#quiz").wait_for()
    assert axe_finds(page) == []
    page.locator("#quiz .choice").first.click()
    page.locator("#answer-quiz").click()
    page.locator("#quiz-told p").wait_for()
    assert axe_finds(page) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_preview_shows_the_task_and_takes_no_answer(visit: Any, kind: str) -> None:
    page = visit.open(kind, preview=True)
    page.locator("#instructions [data-close]").click()
    assert page.locator(".banner.preview").is_visible()
    assert page.locator("#submit").is_disabled()
    page.keyboard.press("Tab")
    for key in ("y", "1", "u", " ", "a", "Enter"):
        page.keyboard.press(key)
    answers = page.locator("[data-answer], .photo, #keep")
    assert all(answers.nth(i).is_disabled() for i in range(answers.count()))
    assert page.locator("#progress").get_attribute("value") == "0"
    assert page.evaluate("sessionStorage.length") == 0


def test_the_clock_tells_what_the_server_says_is_left(visit: Any) -> None:
    page = visit.open("check_coverage")
    page.clock.install()
    page.reload()
    for said in ("29 min left", "9 min left"):
        assert page.locator("#clock").inner_text() == said
        page.clock.fast_forward("20:00")
    page.reload()
    assert page.locator("#clock").inner_text() == "29 min left"


def test_the_task_works_in_the_crowds_sandboxed_frame(visit: Any) -> None:
    page = visit.open("check_coverage", framed=True)
    frame = page.frames[1]
    visit.start(frame)
    for _ in range(20):
        page.keyboard.press("y")
    assert len(visit.submit(frame, "check_coverage").answers) == 20


def test_instructions_open_by_themselves_only_once(visit: Any) -> None:
    page = visit.open("check_coverage")
    visit.start(page)
    page.reload()
    assert not page.locator("#instructions").is_visible()
    page.keyboard.press("?")
    assert page.locator("#instructions").is_visible()


TAKEN = """keys => ["ctrlKey", "metaKey", "altKey"].flatMap((held) => [...keys].filter((key) => {
  const event = {key, [held]: true, bubbles: true, cancelable: true};
  return !document.body.dispatchEvent(new KeyboardEvent("keydown", event));
}))"""


@pytest.mark.parametrize("kind", KINDS)
def test_shortcuts_are_left_to_the_browser_but_for_undoing(visit: Any, kind: str) -> None:
    page = visit.open(kind)
    visit.start(page, quiz=1 if kind == "label_images" else None)
    undoing = ["z", "z"] if kind == "draw_box" else []
    assert page.evaluate(TAKEN, "=+-0abfhmnuyz1") == undoing


def test_a_held_enter_gives_one_answer(visit: Any) -> None:
    page = visit.open("check_coverage")
    visit.start(page)
    page.locator("[data-key=y]").focus()
    for _ in range(3):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    assert page.locator("#submit").inner_text() == "19 to go"
    page.keyboard.press("Enter")
    assert page.locator("#submit").inner_text() == "18 to go"


def test_a_comment_travels_with_the_answer(visit: Any) -> None:
    page = visit.open("check_coverage")
    visit.start(page)
    page.locator("details.comment summary").click()
    page.locator("#comment").fill('yes, no <b>quotes"</b> 🙂')
    page.reload()
    for _ in range(20):
        page.keyboard.press("u")
    assert visit.submit(page, "check_coverage").comment == 'yes, no <b>quotes"</b> 🙂'
