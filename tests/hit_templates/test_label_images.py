from typing import Any

from playwright.sync_api import expect

KIND = "label_images"


def looks(submission: Any) -> dict[str, list[int]]:
    """The numbers of the items that got each answer, counted from 0."""
    given: dict[str, list[int]] = {}
    for number, answer in enumerate(submission.answers):
        given.setdefault(str(answer.value), []).append(number)
    return given


def scroll_through(page: Any, but: str = "-") -> None:
    """Scroll through the photos, a row at a time, once all have come, `but` for those named so."""
    page.wait_for_function(
        "but => [...document.images].every(i => i.complete || i.src.includes(but))", arg=but
    )
    page.evaluate("""async () => {
      for (const photo of document.querySelectorAll('.photo')) {
        photo.scrollIntoView({block: 'center'});
        // What is in view is told once a frame, however long a busy machine takes for one.
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      }
    }""")


def see_all(page: Any) -> None:
    """Scroll through the photos until each was seen."""
    scroll_through(page)
    expect(page.locator("#submit")).not_to_contain_text("photo")


def test_with_the_mouse(visit: Any) -> None:
    page = visit.open(KIND)
    visit.start(page, quiz=1)
    photo = page.locator(".photo")
    photo.nth(2).click()
    photo.nth(5).click(modifiers=["Shift"])
    photo.nth(4).click()
    photo.nth(8).hover()
    assert page.locator("#large img").get_attribute("src") == photo.nth(8).locator("img").get_attribute("src")
    page.locator(".tile").nth(8).locator(".unsure").click()
    page.locator(".tile").nth(9).hover()
    page.locator(".tile").nth(9).locator(".report").click()
    assert "to go" in page.locator("#submit").inner_text()
    see_all(page)
    submission = visit.submit(page, KIND)
    given = looks(submission)
    assert (given["yes"], given["unsure"], given["report"], len(given["no"])) == ([2, 3, 5], [8], [9], 43)
    assert submission.quiz == 1
    assert submission.active_seconds > 0
    assert sum(answer.seconds for answer in submission.answers) <= submission.active_seconds + 0.5


def test_with_keys_alone(visit: Any) -> None:
    page = visit.open(KIND)
    page.keyboard.press("Enter")
    page.locator("#quiz").wait_for()
    for key in ("ArrowDown", "ArrowDown", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    page.locator("#quiz-told p").wait_for()
    page.keyboard.press("Enter")
    page.locator("#quiz").wait_for(state="hidden")
    page.locator(".photo").first.focus()
    for key in ("ArrowRight", "Space", "Shift+ArrowRight", "ArrowRight", "3", "4", "2", "z", "Escape", "1"):
        page.keyboard.press(key)
    page.keyboard.press("End")
    page.keyboard.press("y")
    for _ in range(8):
        page.keyboard.press("ArrowUp")
        page.wait_for_timeout(20)
    see_all(page)
    given = looks(visit.submit(page, KIND))
    assert (given["yes"], given["unsure"], given["report"]) == ([1, 2, 6, 47], [3], [4])


def test_with_a_finger_on_a_narrow_screen(visit: Any) -> None:
    page = visit.open(KIND, "narrow")
    visit.start(page, quiz=0)
    page.locator(".photo").nth(1).tap()
    page.locator(".tile").nth(2).locator(".unsure").tap()
    page.locator(".tile").nth(0).locator(".enlarge").tap()
    assert page.locator("#lightbox").is_visible()
    page.locator("#lightbox [data-close]").tap()
    see_all(page)
    given = looks(visit.submit(page, KIND))
    assert (given["yes"], given["unsure"]) == ([1], [2])


def test_a_long_press_shows_the_photo_large(visit: Any) -> None:
    page = visit.open(KIND, "narrow")
    visit.start(page, quiz=0)
    place = page.locator(".photo").nth(1).bounding_box()
    at = {"x": place["x"] + 40, "y": place["y"] + 40}
    touch = page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    page.locator("#lightbox").wait_for()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(100)
    assert page.locator("#lightbox").is_visible()
    assert page.locator(".tile").nth(1).get_attribute("data-look") == "no"


def test_nothing_is_sent_before_all_is_looked_at_and_an_empty_answer_is_meant(visit: Any) -> None:
    page = visit.open(KIND)
    visit.start(page, quiz=1)
    page.locator("#submit").click()
    assert page.locator("#submit").is_visible()
    see_all(page)
    assert page.locator("#submit").inner_text() == "Mark some, or “None”"
    page.locator("#submit").click()
    page.locator("#none").check()
    assert set(looks(visit.submit(page, KIND))) == {"no"}


MOONS = [30, 33, 38]  # the items whose photo is moon.png


def test_a_photo_is_seen_only_once_it_has_loaded(visit: Any) -> None:
    page, held = visit.open(KIND), []
    page.route("**/moon.png", lambda route: held.append(route))
    page.reload(wait_until="domcontentloaded")
    visit.start(page, quiz=1)
    page.locator("#none").check()
    scroll_through(page, but="moon")
    assert page.locator("#submit").inner_text() == "3 photos to go"
    page.locator("#submit").click()
    for route in held:
        route.continue_()
    see_all(page)
    assert set(looks(visit.submit(page, KIND))) == {"no"}


def test_a_photo_that_does_not_load_is_reported_and_gets_no_vote(visit: Any) -> None:
    page = visit.open(KIND)
    page.route("**/moon.png", lambda route: route.fulfill(status=404))
    page.reload()
    visit.start(page, quiz=1)
    see_all(page)
    moon = page.locator(".photo").nth(MOONS[0])
    moon.press("1")
    expect(moon).to_have_attribute("aria-label", "Photo 31: did not load, reported")
    expect(page.locator("#count")).to_have_text("0 show it · 3 reported · 45/48 seen")
    page.unroute("**/moon.png")
    moon.press("Enter")
    expect(moon).to_have_attribute("aria-label", "Photo 31: not marked")
    moon.click()
    given = looks(visit.submit(page, KIND))
    assert (given["yes"], given["report"]) == (MOONS[:1], MOONS[1:])
    visit.complaints.clear()


def test_the_quiz_comes_first_and_cannot_be_left_out(visit: Any) -> None:
    page = visit.open(KIND)
    page.locator("#instructions [data-close]").click()
    page.locator("#quiz").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("#submit").inner_text() == "Answer the question first"
    page.locator("#submit").click()
    assert page.locator("#quiz").is_visible()


def test_a_reload_keeps_what_was_marked(visit: Any) -> None:
    page = visit.open(KIND)
    visit.start(page, quiz=2)
    see_all(page)
    page.locator(".photo").nth(7).click()
    page.reload()
    assert page.locator(".tile").nth(7).get_attribute("data-look") == "yes"
    submission = visit.submit(page, KIND)
    assert (looks(submission)["yes"], submission.quiz) == ([7], 2)


def test_a_wrong_choice_is_put_right_at_once_and_the_first_choice_is_sent(visit: Any) -> None:
    page = visit.open(KIND)
    page.locator("#instructions [data-close]").click()
    page.locator("#quiz .choice").nth(2).click()
    page.locator("#answer-quiz").click()
    expect(page.locator("#quiz-told")).to_contain_text(
        "says what “civet” means. Here “cat” is meant: feline mammal"
    )
    expect(page.locator("#quiz .choice").nth(1)).to_have_class("choice right")
    assert page.locator("#quiz input").nth(1).is_disabled()
    page.locator("#answer-quiz").click()
    page.locator("#quiz").wait_for(state="hidden")
    see_all(page)
    page.locator(".photo").first.click()
    assert visit.submit(page, KIND).quiz == 2


def test_a_range_after_a_key_carries_the_mark_just_made(visit: Any) -> None:
    page = visit.open(KIND)
    visit.start(page, quiz=1)
    page.locator(".photo").nth(4).focus()
    for key in ("1", "Shift+ArrowRight", "Shift+ArrowRight", "ArrowRight", "ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    see_all(page)
    assert looks(visit.submit(page, KIND))["yes"] == [4, 5, 6, 7]


def test_a_telephone_has_room_for_the_photos_and_words_for_the_buttons(visit: Any) -> None:
    page = visit.open(KIND, "narrow")
    visit.start(page, quiz=1)
    bars = page.evaluate(
        "document.querySelector('header').offsetHeight + document.querySelector('footer').offsetHeight"
    )
    assert bars <= 120
    shown = page.locator(".tile").first.locator(".tools button")
    assert [shown.nth(n).inner_text().split("\n")[-1] for n in range(3)] == ["Not sure", "Report", "Large"]
    assert page.evaluate(
        "[...document.querySelectorAll('.tools button')].every(b => b.scrollWidth <= b.clientWidth)"
    )
    gloss = page.locator(".gloss summary")
    cut = "e => e.scrollWidth > e.clientWidth"
    assert gloss.evaluate(cut)
    gloss.tap()
    assert not gloss.evaluate(cut)
