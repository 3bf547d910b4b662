from collections.abc import Callable
from typing import Any

import pytest

from pipeline.hits.draw_box import NoBox

KIND = "draw_box"
# The pixel's middle on the screen.
PLACE = """([x, y]) => {
  const toScreen = document.getElementById('canvas').getScreenCTM();
  const point = new DOMPoint(x + .5, y + .5).matrixTransform(toScreen);
  return [point.x, point.y];
}"""


def at(page: Any, x: int, y: int) -> list[float]:
    place: list[float] = page.evaluate(PLACE, [x, y])
    return place


def click(page: Any, *pixels: tuple[int, int]) -> None:
    for pixel in pixels:
        page.mouse.click(*at(page, *pixel))


def drag(page: Any, start: tuple[int, int], end: tuple[int, int]) -> None:
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, *end), steps=4)
    page.mouse.up()


ENDS = ((50, 60), (30, 80), (70, 85), (55, 120))


def tap(page: Any, *pixels: tuple[int, int]) -> None:
    for pixel in pixels:
        page.touchscreen.tap(*at(page, *pixel))


def hand(page: Any) -> Callable[..., None]:
    """Fingers that go down, move, and go up, each named by its place in the list."""
    touch = page.context.new_cdp_session(page)

    def fingers(phase: str, *points: tuple[int, int]) -> None:
        places = [
            dict(zip("xy", at(page, *point), strict=True), id=number) for number, point in enumerate(points)
        ]
        touch.send("Input.dispatchTouchEvent", {"type": phase, "touchPoints": places})

    return fingers


def finish(visit: Any, page: Any, done: int) -> list[Any]:
    """Answer what is left with "cannot tell", submit, and return the first answers."""
    for _ in range(10 - done):
        page.keyboard.press("u")
    answers = visit.submit(page, KIND).answers
    assert [answer.value for answer in answers[done:]] == [NoBox.UNSURE] * (10 - done)
    return [answer.value for answer in answers[:done]]


@pytest.fixture
def page(visit: Any) -> Any:
    page = visit.open(KIND)
    visit.start(page)
    return page


def test_four_clicks_or_a_drag_make_a_box_of_just_these_pixels(visit: Any, page: Any) -> None:
    click(page, (50, 60), (30, 80), (70, 85), (55, 120))
    page.keyboard.press("Enter")
    drag(page, (200, 150), (120, 100))
    page.locator("#keep").click()
    page.locator("[data-key=a]").click()
    page.keyboard.press("b")
    assert finish(visit, page, 4) == [(30, 60, 70, 120), (120, 100, 200, 150), NoBox.ABSENT, NoBox.ALL_BOXED]


def test_a_drag_past_the_edge_ends_at_the_edge(visit: Any, page: Any) -> None:
    drag(page, (300, 200), (383, 302))
    drag(page, (10, 20), (-30, -40))
    page.keyboard.press("Enter")
    assert finish(visit, page, 1) == [(0, 0, 10, 20)]


def test_handles_drag_and_take_arrow_keys_and_every_step_can_be_undone(visit: Any, page: Any) -> None:
    drag(page, (100, 100), (200, 200))
    drag(page, (200, 150), (220, 150))
    page.locator("[data-sides=n]").focus()
    for key in ("ArrowUp", "Shift+ArrowUp", "ArrowDown", "Control+z"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    drag(page, (100, 100), (200, 200))
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    page.keyboard.press("Enter")
    assert finish(visit, page, 2) == [(100, 89, 220, 200), (100, 100, 200, 200)]


@pytest.mark.parametrize("keys", [["Escape"], ["Control+z"] * 2])
def test_a_drag_whose_box_is_taken_back_is_over(visit: Any, page: Any, keys: list[str]) -> None:
    drag(page, (100, 100), (200, 200))
    page.mouse.move(*at(page, 200, 150))
    page.mouse.down()
    page.mouse.move(*at(page, 220, 150), steps=4)
    for key in keys:
        page.keyboard.press(key)
    page.mouse.move(*at(page, 240, 150), steps=4)
    page.mouse.up()
    assert page.locator("#guide").inner_text().startswith("Click the top")


def test_with_keys_alone(visit: Any, page: Any) -> None:
    page.mouse.move(1200, 20)
    for keys in (["ArrowLeft"] * 9, ["ArrowUp"] * 9, ["ArrowRight"] * 20, ["ArrowDown"] * 30):
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    middle_x, middle_y = 384 // 2, 303 // 2
    box = (middle_x - 9, middle_y - 9, middle_x + 11, middle_y + 21)
    assert finish(visit, page, 1) == [box]


def test_zoomed_in_pixels_are_still_the_pictures_own(visit: Any, page: Any) -> None:
    page.keyboard.press("+")
    page.mouse.move(*at(page, 150, 150))
    page.mouse.wheel(0, -100)
    drag(page, (140, 140), (160, 170))
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    assert finish(visit, page, 1) == [(140, 140, 160, 170)]


def test_fingers_draw_with_one_and_zoom_with_two(visit: Any) -> None:
    page = visit.open(KIND, "narrow")
    visit.start(page)
    tap(page, *ENDS)
    fingers = hand(page)
    fingers("touchStart", (150, 150))
    fingers("touchStart", (150, 150), (200, 150))
    fingers("touchMove", (120, 150), (230, 150))
    fingers("touchEnd")
    assert page.locator("#canvas").get_attribute("viewBox") != "0 0 384 303"
    page.locator("#keep").tap()
    page.locator("[data-key=u]").tap()
    assert page.locator("#count").inner_text() == "3 of 10"
    assert finish(visit, page, 1) == [(30, 60, 70, 120)]


def test_a_finger_that_leaves_from_a_point_and_ends_outside_is_gone(visit: Any) -> None:
    page = visit.open(KIND, "narrow")
    visit.start(page)
    tap(page, ENDS[0])
    empty, outside = (200, 200), (200, 400)
    fingers = hand(page)
    fingers("touchStart", empty)
    fingers("touchStart", empty, ENDS[0])
    fingers("touchMove", empty, outside)
    fingers("touchEnd", empty)
    fingers("touchEnd")
    page.keyboard.press("0")
    tap(page, *ENDS[1:])
    page.locator("#keep").tap()
    assert finish(visit, page, 1) == [(30, 60, 70, 120)]


def test_a_reload_keeps_the_boxes(visit: Any, page: Any) -> None:
    drag(page, (100, 100), (200, 200))
    page.keyboard.press("Enter")
    page.reload()
    assert page.locator("#count").inner_text() == "2 of 10"
    assert finish(visit, page, 1) == [(100, 100, 200, 200)]


def test_a_kept_box_that_is_changed_has_to_be_kept_again(visit: Any, page: Any) -> None:
    submit = page.locator("#submit")
    drag(page, (100, 100), (200, 200))
    page.keyboard.press("Enter")
    for _ in range(9):
        page.keyboard.press("u")
    for _ in range(9):
        page.locator("#back").click()
    assert submit.inner_text() == "Submit"
    for change in (lambda: drag(page, (200, 150), (250, 150)), page.locator("#clear").click):
        change()
        assert submit.inner_text() == "1 to go"
        page.locator("#undo").click()
        assert submit.inner_text() == "Submit"
    drag(page, (200, 150), (250, 150))
    page.locator("#forth").click()
    submit.click()
    page.locator("#keep").click()
    assert finish(visit, page, 10) == [(100, 100, 250, 200), *[NoBox.UNSURE] * 9]


def test_a_box_begun_waits_until_the_worker_comes_back(visit: Any, page: Any) -> None:
    drag(page, (100, 100), (200, 200))
    page.locator("#forth").click()
    page.keyboard.press("u")
    page.locator("#back").click()
    page.locator("#back").click()
    page.locator("#keep").click()
    assert finish(visit, page, 2) == [(100, 100, 200, 200), NoBox.UNSURE]


def test_a_box_drawn_after_all_takes_back_that_there_is_nothing_to_draw(visit: Any, page: Any) -> None:
    submit = page.locator("#submit")
    for _ in range(10):
        page.keyboard.press("a")
    assert submit.inner_text() == "Submit"
    drag(page, (100, 100), (200, 200))
    assert submit.inner_text() == "1 to go"
    page.locator("#keep").click()
    assert finish(visit, page, 10) == [*[NoBox.ABSENT] * 9, (100, 100, 200, 200)]


def test_a_box_that_lay_there_before_takes_nothing_back(visit: Any, page: Any) -> None:
    drag(page, (100, 100), (200, 200))
    for _ in range(10):
        page.keyboard.press("a")
    for _ in range(9):
        page.locator("#back").click()
    assert page.locator("#submit").inner_text() == "Submit"
    assert finish(visit, page, 10) == [NoBox.ABSENT] * 10
