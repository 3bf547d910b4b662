"""The workers' site over HTTP, as a browser without JavaScript sees it."""

import json
import re

import pytest

from crowd_server.questions.documents import ROOT

FORM = f"""<QuestionForm xmlns="{ROOT}2017-11-06/QuestionForm.xsd"><Question>
<QuestionIdentifier>tight</QuestionIdentifier><IsRequired>true</IsRequired>
<QuestionContent><Text>How tight is a box?</Text></QuestionContent>
<AnswerSpecification><SelectionAnswer><Selections>
<Selection><SelectionIdentifier>close</SelectionIdentifier><Text>Close</Text></Selection>
<Selection><SelectionIdentifier>loose</SelectionIdentifier><Text>Loose</Text></Selection>
</Selections></SelectionAnswer></AnswerSpecification></Question></QuestionForm>"""
KEY = f"""<AnswerKey xmlns="{ROOT}2005-10-01/AnswerKey.xsd"><Question>
<QuestionIdentifier>tight</QuestionIdentifier><AnswerOption>
<SelectionIdentifier>close</SelectionIdentifier><AnswerScore>100</AnswerScore></AnswerOption></Question></AnswerKey>"""


@pytest.fixture(scope="module")
def lab(crowd):
    return crowd.requester()


@pytest.fixture(scope="module")
def pool(crowd):
    """Workers nobody has used yet."""
    return iter(crowd.workers(30))


@pytest.fixture
def worker(pool):
    return next(pool)


def text_of(page):
    """What a page says, without markup and with single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def qualification(lab, name, **members):
    made = lab.create_qualification_type(
        Name=name, Description="Shown to workers.", QualificationTypeStatus="Active", **members
    )
    return made["QualificationType"]["QualificationTypeId"]


def asks_for(type_id, guarded="Accept"):
    return [{"QualificationTypeId": type_id, "Comparator": "Exists", "ActionsGuarded": guarded}]


def test_groups_are_searched_sorted_and_told_apart(lab, post_hit, worker):
    cheap = post_hit(lab, Title="Count the herons", Reward="0.02", Keywords="zebra-search")["HITGroupId"]
    dear = post_hit(lab, Title="Box the heron", Reward="0.90", Keywords="zebra-search")["HITGroupId"]
    assert cheap in (groups := worker.groups())
    assert groups.index(dear) < groups.index(cheap), "the newest comes first"
    assert worker.get(f"/?page={10**30}").status_code == 200

    def found(query):
        return list(dict.fromkeys(re.findall(r"/groups/([A-Z0-9]+)/preview", worker.get(f"/?{query}").text)))

    assert found("q=ZEBRA-search&sort=reward") == [dear, cheap]
    assert found("q=zebra-search+count") == [cheap]
    assert found("q=zebra-search&least=0.5") == [dear]
    assert found("q=no-such-thing") == []
    assert "Nothing fits this search" in worker.get("/?q=no-such-thing").text


def test_a_group_says_what_its_work_really_pays(crowd, lab, post_hit, pool, move_clock):
    hit = post_hit(lab, Title="Timed", Reward="0.10", MaxAssignments=9)
    for seconds in (60, 70, 80, 90, 100):
        worker = next(pool)
        task = worker.accept(hit["HITGroupId"])
        move_clock(seconds)
        task.submit(answer="yes")
        lab.approve_assignment(AssignmentId=task.assignment_id)
    page = text_of(next(pool).get("/?q=Timed"))
    rate = float(re.search(r"about \$([0-9.]+)/h", page)[1])
    assert rate == pytest.approx(0.10 * 3600 / 80, rel=0.02), "the median took 80 seconds"
    assert "approves 100 %" in page


def test_what_is_missing_and_how_to_get_it(lab, post_hit, worker):
    test = qualification(
        lab, "Draws tight boxes", Test=FORM, AnswerKey=KEY, TestDurationInSeconds=600, RetryDelayInSeconds=0
    )
    hit = post_hit(lab, Title="Needs the test", QualificationRequirements=asks_for(test))
    page = worker.get("/?q=Needs+the+test")
    assert "Missing: Draws tight boxes" in text_of(page)
    assert f"/qualifications/{test}" in page.text
    assert f"/groups/{hit['HITGroupId']}/accept" not in page.text
    assert hit["HITGroupId"] not in worker.get("/?q=Needs+the+test&mine=yes").text
    assert worker.post(f"/groups/{hit['HITGroupId']}/accept").status_code == 409

    begun = worker.post(f"/qualifications/{test}/request")
    assert begun.url.endswith("/test")
    assert "How tight is a box?" in begun.text
    empty = worker.post(f"/qualifications/{test}/test", begun)
    assert empty.status_code == 400
    assert "An answer is needed" in empty.text
    failed = worker.post(f"/qualifications/{test}/test", begun, tight="loose")
    assert "Your score is 0" in text_of(failed)
    assert "Take the test again" in failed.text
    begun = worker.post(f"/qualifications/{test}/request")
    passed = worker.post(f"/qualifications/{test}/test", begun, tight="close")
    assert "Your score is 100" in text_of(passed)
    assert worker.post(f"/qualifications/{test}/test", begun, tight="close").status_code == 409
    assert worker.accept(hit["HITGroupId"]).assignment_id
    assert "Draws tight boxes" in worker.get("/qualifications").text


def test_system_qualifications_say_what_to_do(lab, post_hit, worker):
    wants = [
        {"QualificationTypeId": "00000000000000000040", "Comparator": "GreaterThan", "IntegerValues": [5]},
        {
            "QualificationTypeId": "00000000000000000071",
            "Comparator": "In",
            "LocaleValues": [{"Country": "SE"}, {"Country": "US", "Subdivision": "CA"}],
        },
    ]
    post_hit(lab, Title="For the experienced", QualificationRequirements=wants)
    page = text_of(worker.get("/?q=experienced"))
    assert "Number of HITs approved: more than 5 You have 0." in page
    assert "Location: one of Sweden, United States (CA) Your account page says" in page


def test_qualifications_by_request_and_by_gift(lab, worker):
    asked = qualification(lab, "Knows herons")
    gift = qualification(lab, "Has read the guide", AutoGranted=True)
    assert "Your request is with the requester" in worker.post(f"/qualifications/{asked}/request").text
    assert worker.post(f"/qualifications/{asked}/request").status_code == 409
    assert "The qualification is yours" in worker.post(f"/qualifications/{gift}/request").text
    page = text_of(worker.get("/qualifications"))
    assert page.index("You have") < page.index("Has read the guide") < page.index("You asked for")
    assert "Knows herons" in page[page.index("You asked for") : page.index("To be had")]
    (request,) = lab.list_qualification_requests(QualificationTypeId=asked)["QualificationRequests"]
    assert request["WorkerId"] == worker.worker_id


def test_guarded_groups_are_hidden_or_not_previewed(lab, post_hit, worker):
    badge = qualification(lab, "The inner circle")
    shut = post_hit(lab, Title="No preview", QualificationRequirements=asks_for(badge, "PreviewAndAccept"))
    hidden = post_hit(
        lab, Title="Secret", QualificationRequirements=asks_for(badge, "DiscoverPreviewAndAccept")
    )
    refused = worker.get(f"/groups/{shut['HITGroupId']}/preview")
    assert refused.status_code == 403
    assert "The inner circle" in refused.text
    assert "<iframe" not in refused.text
    assert hidden["HITGroupId"] not in worker.get("/").text
    assert worker.get(f"/groups/{hidden['HITGroupId']}/preview").status_code == 403


def test_nobody_is_told_of_a_bar_that_is_not_for_them(lab, post_hit, worker, pool):
    bar = qualification(lab, "No more HITs of ours")
    asks = [
        {
            "QualificationTypeId": bar,
            "Comparator": "DoesNotExist",
            "ActionsGuarded": "DiscoverPreviewAndAccept",
        }
    ]
    group = post_hit(lab, Title="For all but a few", QualificationRequirements=asks)["HITGroupId"]
    page = worker.get("/?q=all+but+a+few")
    assert group in page.text
    assert "No more HITs of ours" not in page.text
    barred = next(pool)
    lab.associate_qualification_with_worker(QualificationTypeId=bar, WorkerId=barred.worker_id)
    assert group not in barred.get("/").text
    told = barred.get(f"/groups/{group}/preview")
    assert told.status_code == 403
    assert "No more HITs of ours" in told.text


def test_queue_return_and_the_next_one(lab, post_hit, worker):
    members = {"Title": "One after the other", "Reward": "0.07"}
    for _ in range(3):
        group = post_hit(lab, **members)["HITGroupId"]
    first, second = worker.accept(group), worker.accept(group)
    home = text_of(worker.get("/"))
    assert home.index("Your queue") < home.index("One after the other") < home.index("HITs for you")
    early = worker.post(f"/assignments/{first.assignment_id}/next")
    assert early.url.endswith(first.assignment_id), "not handed in yet"
    first.submit(answer="yes")
    assert worker.get(f"/assignments/{first.assignment_id}/state").json()["state"] == "submitted"
    done = worker.get(f"/assignments/{first.assignment_id}")
    assert "$0.07 pending" in done.text
    assert "Still in your queue" in done.text
    third = worker.post(f"/assignments/{first.assignment_id}/next")
    assert "<iframe" in third.text
    assert second.give_back().url.endswith("/")
    assert "You gave this HIT back" in worker.get(f"/assignments/{second.assignment_id}").text


def test_earnings_by_day_with_each_state(crowd, lab, post_hit, worker, move_clock):
    for _ in range(4):
        group = post_hit(lab, Title="Paid by the day", Reward="0.30")["HITGroupId"]
    tasks = []
    for _ in range(4):
        tasks.append(worker.accept(group))
        move_clock(60)
        tasks[-1].submit(answer="yes")
    approved, rejected, pending, other = (task.assignment_id for task in tasks)
    lab.approve_assignment(AssignmentId=approved, RequesterFeedback="Fine work")
    lab.approve_assignment(AssignmentId=other)
    lab.reject_assignment(AssignmentId=rejected, RequesterFeedback="Nothing was ticked <here>.")
    bonus = {"WorkerId": worker.worker_id, "AssignmentId": approved, "BonusAmount": "0.15"}
    lab.send_bonus(**bonus, Reason="Careful", UniqueRequestToken="earnings")
    page = worker.get("/earnings")
    cells = dict(re.findall(r'data-label="([^"]+)" class="number">([^<]+)<', page.text))
    assert (cells["HITs"], cells["Approved"], cells["Pending"], cells["Rejected"], cells["Bonuses"]) == (
        "4", "$0.60", "$0.30", "$0.30", "$0.15",
    )  # fmt: skip
    earned_an_hour = float(cells["Per hour"].removeprefix("$"))
    assert earned_an_hour == pytest.approx((0.60 + 0.30 + 0.15) * 15, rel=0.05), "four minutes of work"
    said = text_of(page)
    assert "Reason: Nothing was ticked &lt;here&gt;." in said
    assert "Fine work" in said
    assert "To be paid out to you $0.75" in said
    day = re.search(r"/earnings/\d{4}-\d\d-\d\d", page.text)[0]
    assert "Careful" in worker.get(day).text
    assert worker.get("/earnings/tomorrow").status_code == 404
    assert pending in json.dumps(worker.get("/account/data.json").json())


def test_an_appeal_is_made_once(lab, post_hit, worker):
    group = post_hit(lab, Title="Rejected by mistake")["HITGroupId"]
    task = worker.work(group)
    appeal = f"/assignments/{task.assignment_id}/appeal"
    assert worker.post(appeal, text="Not rejected yet").status_code == 400
    lab.reject_assignment(AssignmentId=task.assignment_id, RequesterFeedback="Wrong")
    assert appeal in worker.get("/earnings").text
    assert worker.post(appeal, text=" ").status_code == 400
    assert "Your appeal is with the operator" in worker.post(appeal, text="All was right.").text
    again = worker.post(appeal, text="All was right.")
    assert again.status_code == 400
    assert "already appealed" in again.text


def test_messages_are_read_and_answered(lab, post_hit, worker):
    task = worker.work(post_hit(lab, Title="A chat")["HITGroupId"])
    lab.approve_assignment(AssignmentId=task.assignment_id)
    lab.notify_workers(Subject="Hello", MessageText="More <b>soon</b>", WorkerIds=[worker.worker_id])
    assert "1<span" in worker.get("/").text, "one is waiting"
    page = worker.get("/messages")
    assert "More &lt;b&gt;soon&lt;/b&gt;" in page.text
    assert 'class="badge good">new' in page.text
    assert 'class="badge good">new' not in worker.get("/messages").text
    answer = re.search(r"/messages/\d+/answer", page.text)[0]
    assert 'value="Re: Hello"' in worker.get(answer).text
    assert worker.post(answer, subject="Re: Hello", text=" ").status_code == 400
    assert "Your message was sent" in worker.post(answer, subject="Re: Hello", text="Thank you").text


def test_a_hit_is_reported_once_while_it_is_open(crowd, lab, post_hit, worker):
    hit = post_hit(lab, Title="Broken")
    report = f"/hits/{hit['HITId']}/report"
    assert report in worker.get(f"/groups/{hit['HITGroupId']}/preview").text
    assert worker.post(report, kind="boring").status_code == 400
    for _ in range(2):
        assert "Thank you" in worker.post(report, kind="broken", text="No picture").text
    assert len(worker.get("/account/data.json").json()["reports"]) == 1


def test_an_account_is_changed_taken_along_and_deleted(crowd, lab, post_hit, worker, pool):
    group = post_hit(lab, Title="Left behind")["HITGroupId"]
    worker.accept(group)
    saved = worker.post("/account", name="Ada", country="SE", auto_accept="yes")
    assert "Saved" in saved.text
    worker.post("/account", name="Ada", country="US")
    account = worker.get("/account/data.json").json()["account"]
    assert (account["display_name"], account["country"], account["auto_accept"]) == ("Ada", "SE", False)
    assert "password_hash" not in account
    wrong = worker.post("/account/password", worker.get("/account"), old="wrong", new="a long new one")
    assert wrong.status_code == 400
    old, worker.password = worker.password, "a long new one"
    assert "is changed" in worker.post("/account/password", old=old, new=worker.password).text
    assert worker.post("/account/delete", password=old).status_code == 403
    gone = worker.post("/account/delete", password=worker.password)
    assert "Your account is deleted" in gone.text
    assert worker.post("/signin", worker.get("/signin"), email=worker.email, password="x").status_code == 403
    assert next(pool).accept(group), "the HIT that was held went back"


def test_a_blocked_worker_sees_nothing_of_the_requester(lab, post_hit, worker):
    group = post_hit(lab, Title="Not for everybody")["HITGroupId"]
    lab.create_worker_block(WorkerId=worker.worker_id, Reason="Sent the same answer a hundred times.")
    assert group not in worker.groups()
    assert worker.get(f"/groups/{group}/preview").status_code == 404
    assert worker.post(f"/groups/{group}/accept").status_code == 409
    lab.delete_worker_block(WorkerId=worker.worker_id)
    assert worker.get(f"/groups/{group}/preview").status_code == 200
