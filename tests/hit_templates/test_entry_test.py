from typing import Any

from playwright.sync_api import expect

KIND = "entry_test"


def test_the_truth_comes_once_the_answers_are_given_and_these_stay(visit: Any) -> None:
    page = visit.open(KIND)
    visit.start(page)
    assert "truth" not in page.content()
    for key in "ynynynyyyu":
        page.keyboard.press(key)
    page.locator("#submit").click()
    expect(page.locator("#result-title")).to_have_text("8 of 10 as experts say. You pass.")
    expect(page.locator("#papers li")).to_have_count(10)
    expect(page.locator("#papers .wrong").last).to_have_text(
        "✗ It does not show it. You said that it cannot be told."
    )
    page.locator("#seen-result").click()
    page.locator("#back").click()
    page.keyboard.press("u")
    expect(page.locator("#told")).to_contain_text("Right: experts say that it shows it")
    page.reload()
    given = [str(answer.value) for answer in visit.submit(page, KIND).answers]
    assert given == ["yes", "no"] * 3 + ["yes", "yes", "yes", "unsure"]


def test_a_second_click_asks_no_second_time(visit: Any) -> None:
    page = visit.open(KIND)
    waiting: list[Any] = []
    page.route("**/marks", lambda route: waiting.append(route))
    visit.start(page)
    for _ in range(10):
        page.keyboard.press("y")
    for _ in range(2):
        page.locator("#submit").click()
    assert len(waiting) == 1
    waiting[0].continue_()
    expect(page.locator("#result-title")).to_contain_text("of 10 as experts say")


def test_a_photo_of_which_the_truth_is_not_told_shows_no_other_photos(visit: Any) -> None:
    page = visit.open(KIND)
    truth = {f"item-{number:02}": "yes" for number in range(1, 10)}
    marked = {"answers": {**truth, "item-10": "yes"}, "truth": truth, "needed": 7}
    page.route("**/marks", lambda route: route.fulfill(json=marked))
    visit.start(page)
    for _ in range(10):
        page.keyboard.press("y")
    page.locator("#submit").click()
    page.locator("#seen-result").click()
    page.locator("#back").click()
    expect(page.locator("#told")).to_contain_text("Right")
    page.locator("#forth").click()
    expect(page.locator("#told")).to_be_hidden()


def test_a_test_can_be_handed_in_when_nobody_marks_it(visit: Any) -> None:
    page = visit.open(KIND)
    page.route("**/marks", lambda route: route.fulfill(status=503))
    visit.start(page)
    for _ in range(10):
        page.keyboard.press("y")
    page.locator("#submit").click()
    for _ in range(2):
        expect(page.locator("#told")).to_contain_text("Submit them all the same")
        page.reload()
    assert len(visit.submit(page, KIND).answers) == 10
    visit.complaints.clear()


def test_everybody_can_read_how_it_went(visit: Any, axe_finds: Any) -> None:
    page = visit.open(KIND, "narrow", color_scheme="dark")
    visit.start(page)
    for _ in range(10):
        page.locator("[data-answer]").first.tap()
    page.locator("#submit").tap()
    page.locator("#result").wait_for()
    assert axe_finds(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
