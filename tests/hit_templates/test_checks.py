"""check_box, check_coverage and check_duplicate: one item at a time."""

from typing import Any

from pipeline.hits.check_box import Fault, Verdict
from pipeline.hits.check_duplicate import Likeness


def values(submission: Any) -> list[Any]:
    return [answer.value for answer in submission.answers]


def test_boxes_are_judged_with_keys(visit: Any) -> None:
    page = visit.open("check_box")
    visit.start(page)
    for key in ("y", "n", "Enter", "2", "3", "4", "u"):
        page.keyboard.press(key)
    page.keyboard.press("Backspace")
    page.keyboard.press("y")
    assert page.locator("#submit").inner_text() == "24 to go"
    for _ in range(24):
        page.keyboard.press("y")
    good = Verdict(True)
    faults = [Verdict(False, fault) for fault in (Fault.LOOSE, Fault.CUT, Fault.WRONG_OBJECT, Fault.SEVERAL)]
    assert values(visit.submit(page, "check_box")) == [good, *faults, good] + [good] * 24


def test_coverage_is_judged_with_a_finger(visit: Any) -> None:
    page = visit.open("check_coverage", "narrow")
    visit.start(page)
    for number in range(20):
        page.locator("[data-answer]").nth(number % 3).tap()
    assert values(visit.submit(page, "check_coverage")) == ([True, False, None] * 7)[:20]


def test_a_photo_looked_at_closely_is_moved_by_a_finger_and_by_arrow_keys(visit: Any) -> None:
    page = visit.open("check_coverage", "narrow")
    visit.start(page)
    photo, sight = page.locator("#whole"), page.locator(".sight").bounding_box()
    looks = "e => [+e.getAttribute('viewBox').split(' ')[0], getComputedStyle(e).touchAction]"
    assert photo.evaluate(looks) == [0, "pan-y"]
    page.keyboard.press("+")
    (start, touching) = photo.evaluate(looks)
    assert touching == "none"
    touch = page.context.new_cdp_session(page)
    for phase, x in (("touchStart", 200), ("touchMove", 150), ("touchEnd", None)):
        points = [{"x": x, "y": sight["y"] + 80}] if x else []
        touch.send("Input.dispatchTouchEvent", {"type": phase, "touchPoints": points})
    dragged = photo.evaluate(looks)[0]
    page.keyboard.press("ArrowLeft")
    assert photo.evaluate(looks)[0] < dragged > start
    assert page.locator("#count").inner_text() == "1 of 20"
    page.keyboard.press("0")
    page.keyboard.press("ArrowRight")
    assert page.locator("#count").inner_text() == "2 of 20"


def test_pairs_are_compared_with_the_mouse(visit: Any) -> None:
    page = visit.open("check_duplicate")
    visit.start(page)
    page.locator("#flip").click()
    assert page.locator("#left").is_visible()
    assert not page.locator("#right").is_visible()
    page.locator("#blink").click()
    page.locator(".stage.second").wait_for()
    page.locator(".stage:not(.second)").wait_for()
    for number in range(10):
        page.locator("[data-answer]").nth(number % 4).click()
    likeness = [Likeness.SAME, Likeness.SIMILAR, Likeness.DIFFERENT, Likeness.UNSURE]
    assert values(visit.submit(page, "check_duplicate")) == (likeness * 3)[:10]


def test_nothing_blinks_by_itself_for_those_who_want_no_motion(visit: Any) -> None:
    page = visit.open("check_duplicate", reduced_motion="reduce")
    visit.start(page)
    assert not page.locator("#blink").is_visible()
    page.clock.install()
    page.keyboard.press("b")
    page.clock.run_for(5500)
    assert page.locator(".stage").get_attribute("class") == "stage stacked"
    page.keyboard.press("b")
    assert page.locator("#right").is_visible()


def test_an_answer_can_be_changed_and_survives_a_reload(visit: Any) -> None:
    page = visit.open("check_coverage")
    visit.start(page)
    page.keyboard.press("n")
    page.reload()
    assert page.locator("#count").inner_text() == "2 of 20"
    page.locator("#back").click()
    assert page.locator("[data-key=n]").get_attribute("aria-pressed") == "true"
    page.keyboard.press("y")
    for _ in range(19):
        page.keyboard.press("n")
    assert values(visit.submit(page, "check_coverage")) == [True] + [False] * 19


def test_a_picture_that_did_not_load_takes_no_answer_but_that_it_cannot_be_told(visit: Any) -> None:
    page = visit.open("entry_test")
    visit.start(page)
    page.route("**/pictures/*", lambda route: route.abort())
    page.reload()
    page.locator(".stage .broken").wait_for()
    page.keyboard.press("n")
    page.locator("[data-key=y]").click()
    assert page.locator("#count").inner_text() == "1 of 10"
    page.keyboard.press("u")
    assert page.locator("#count").inner_text() == "2 of 10"
    page.unroute_all()
    page.reload()
    page.keyboard.press("n")
    assert page.locator("#count").inner_text() == "3 of 10"
    visit.complaints.clear()
