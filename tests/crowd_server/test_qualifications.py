"""Qualifications through the API, and what they open to workers."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from werkzeug.datastructures import MultiDict

from crowd_server.clock import real_time
from crowd_server.market.requirements import ADULT, HITS_APPROVED, LOCALE, MASTERS, PERCENT_APPROVED, Standing
from crowd_server.market.skills import SkillError, hand_in, latest_request, request
from crowd_server.questions.documents import ROOT
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.qualifications import QualificationType

TEST = f"""<QuestionForm xmlns="{ROOT}2017-11-06/QuestionForm.xsd"><Question>
<QuestionIdentifier>q</QuestionIdentifier><IsRequired>true</IsRequired>
<QuestionContent><Text>Which one is a dog?</Text></QuestionContent>
<AnswerSpecification><SelectionAnswer><Selections>
<Selection><SelectionIdentifier>whippet</SelectionIdentifier><Text>whippet</Text></Selection>
<Selection><SelectionIdentifier>heron</SelectionIdentifier><Text>heron</Text></Selection>
</Selections></SelectionAnswer></AnswerSpecification></Question></QuestionForm>"""
KEY = f"""<AnswerKey xmlns="{ROOT}2005-10-01/AnswerKey.xsd"><Question>
<QuestionIdentifier>q</QuestionIdentifier><AnswerOption><SelectionIdentifier>whippet</SelectionIdentifier>
<AnswerScore>1</AnswerScore></AnswerOption></Question><QualificationValueMapping><PercentageMapping>
<MaximumSummedScore>1</MaximumSummedScore></PercentageMapping></QualificationValueMapping></AnswerKey>"""
BASIC = {"Name": "dogs", "Description": "Knows dogs.", "QualificationTypeStatus": "Active"}


def made(lab, **members):
    return lab.create_qualification_type(**{**BASIC, **members})["QualificationType"]


def as_worker(crowd, browser, type_id, act):
    """Do what the worker's pages do, in one transaction."""
    with crowd.books.writing() as session:
        kind = session.scalars(
            select(QualificationType).where(QualificationType.qualification_type_id == type_id)
        ).one()
        return act(session, kind, session.get_one(Worker, browser.worker_id))


def ask(crowd, browser, type_id, now=None):
    when = now or real_time()
    return as_worker(crowd, browser, type_id, lambda s, kind, worker: request(s, kind, worker, when).state)


def answer(crowd, browser, type_id, choice, now=None):
    def act(session, kind, worker):
        begun = latest_request(session, type_id, worker.worker_id)
        hand_in(session, kind, begun, MultiDict({"q": choice}), now or real_time())
        return begun.state

    return as_worker(crowd, browser, type_id, act)


def test_a_type_is_defined_changed_and_deleted(crowd, failure):
    lab = crowd.requester()
    kind = made(lab, Keywords="dog, test")
    again = failure(lab.create_qualification_type, **BASIC)
    assert "already created a QualificationType with this name" in again["Error"]["Message"]
    lab.update_qualification_type(
        QualificationTypeId=kind["QualificationTypeId"],
        Description="More.",
        QualificationTypeStatus="Inactive",
    )
    shown = lab.get_qualification_type(QualificationTypeId=kind["QualificationTypeId"])["QualificationType"]
    assert (shown["Description"], shown["QualificationTypeStatus"], shown["IsRequestable"]) == (
        "More.",
        "Inactive",
        False,
    )
    found = lab.list_qualification_types(MustBeRequestable=False, MustBeOwnedByCaller=True, Query="DOG")
    assert found["NumResults"] == 1
    assert lab.list_qualification_types(MustBeRequestable=True, MustBeOwnedByCaller=True)["NumResults"] == 0
    lab.delete_qualification_type(QualificationTypeId=kind["QualificationTypeId"])
    gone = failure(lab.get_qualification_type, QualificationTypeId=kind["QualificationTypeId"])
    assert gone["TurkErrorCode"] == "AWS.MechanicalTurk.QualificationTypeDoesNotExist"
    made(lab)


@pytest.mark.parametrize(
    "members",
    [
        {"Test": TEST},
        {"AnswerKey": KEY},
        {"Test": TEST, "TestDurationInSeconds": 60, "AutoGranted": True},
        {"Test": "<a/>", "TestDurationInSeconds": 60},
        {"Test": TEST, "TestDurationInSeconds": 60, "AnswerKey": "<a/>"},
        {"Test": TEST, "TestDurationInSeconds": 60, "AnswerKey": KEY.replace("whippet", "cat")},
        {"Name": "<b>dogs</b>"},
    ],
)
def test_types_that_make_no_sense(crowd, failure, members):
    assert failure(crowd.requester().create_qualification_type, **{**BASIC, **members})


def test_a_graded_test(crowd, failure):
    lab, other = crowd.requester(), crowd.requester()
    kind = made(lab, Test=TEST, AnswerKey=KEY, TestDurationInSeconds=60)["QualificationTypeId"]
    assert "AnswerKey" not in other.get_qualification_type(QualificationTypeId=kind)["QualificationType"]
    right, wrong = crowd.workers(2)
    assert ask(crowd, right, kind) == "started"
    assert answer(crowd, right, kind, "whippet") == "granted"
    ask(crowd, wrong, kind)
    answer(crowd, wrong, kind, "heron")
    score = lab.get_qualification_score(QualificationTypeId=kind, WorkerId=right.worker_id)["Qualification"]
    assert (score["IntegerValue"], score["Status"]) == (100, "Granted")
    rows = lab.list_workers_with_qualification_type(QualificationTypeId=kind)["Qualifications"]
    assert {row["WorkerId"]: row["IntegerValue"] for row in rows} == {
        right.worker_id: 100,
        wrong.worker_id: 0,
    }
    with pytest.raises(SkillError, match="already have"):
        ask(crowd, wrong, kind)
    assert failure(other.get_qualification_score, QualificationTypeId=kind, WorkerId=right.worker_id)


def test_a_graded_test_can_be_taken_again_for_another_score(crowd):
    lab = crowd.requester()
    kind = made(lab, Test=TEST, AnswerKey=KEY, TestDurationInSeconds=60, RetryDelayInSeconds=3600)
    kind = kind["QualificationTypeId"]
    (worker,) = crowd.workers()
    now = real_time()
    for choice, score in (("heron", 0), ("whippet", 100)):
        assert ask(crowd, worker, kind, now) == "started"
        assert answer(crowd, worker, kind, choice, now) == "granted"
        row = lab.get_qualification_score(QualificationTypeId=kind, WorkerId=worker.worker_id)
        assert row["Qualification"]["IntegerValue"] == score
        with pytest.raises(SkillError, match="try again after"):
            ask(crowd, worker, kind, now + timedelta(seconds=3500))
        now += timedelta(seconds=3601)
    assert ask(crowd, worker, kind, now) == "started"
    assert answer(crowd, worker, kind, "whippet", now + timedelta(seconds=91)) == "rejected"
    row = lab.get_qualification_score(QualificationTypeId=kind, WorkerId=worker.worker_id)
    assert row["Qualification"]["IntegerValue"] == 100, "a test out of time takes nothing away"


def test_a_test_out_of_time_can_be_tried_again_later(crowd):
    lab = crowd.requester()
    kind = made(lab, Test=TEST, AnswerKey=KEY, TestDurationInSeconds=60, RetryDelayInSeconds=3600)
    kind = kind["QualificationTypeId"]
    (worker,) = crowd.workers()
    now = real_time()
    ask(crowd, worker, kind, now)
    assert answer(crowd, worker, kind, "whippet", now + timedelta(seconds=91)) == "rejected"
    with pytest.raises(SkillError, match="try again after"):
        ask(crowd, worker, kind, now + timedelta(seconds=3600))
    assert ask(crowd, worker, kind, now + timedelta(seconds=3800)) == "started"


def test_a_new_test_does_not_keep_the_old_key(crowd):
    lab = crowd.requester()
    kind = made(lab, Test=TEST, AnswerKey=KEY, TestDurationInSeconds=60)["QualificationTypeId"]

    def update_type(**members):
        return lab.update_qualification_type(QualificationTypeId=kind, **members)["QualificationType"]

    assert update_type(TestDurationInSeconds=90)["AnswerKey"] == KEY
    assert update_type(Test=TEST.replace("whippet", "hound"), AnswerKey=KEY.replace("whippet", "hound"))
    changed = update_type(Test=TEST.replace("<QuestionIdentifier>q", "<QuestionIdentifier>other"))
    assert "AnswerKey" not in changed


def test_requests_by_hand(crowd, failure):
    lab, other = crowd.requester(), crowd.requester()
    kind = made(lab)["QualificationTypeId"]
    one, two = crowd.workers(2)
    assert ask(crowd, one, kind) == ask(crowd, two, kind) == "pending"
    assert other.list_qualification_requests()["QualificationRequests"] == []
    rows = {
        row["WorkerId"]: row["QualificationRequestId"]
        for row in lab.list_qualification_requests(QualificationTypeId=kind)["QualificationRequests"]
    }
    lab.accept_qualification_request(QualificationRequestId=rows[one.worker_id], IntegerValue=7)
    lab.reject_qualification_request(QualificationRequestId=rows[two.worker_id], Reason="Not yet.")
    assert lab.list_qualification_requests()["QualificationRequests"] == []
    again = failure(lab.accept_qualification_request, QualificationRequestId=rows[one.worker_id])
    assert again["TurkErrorCode"] == "AWS.MechanicalTurk.InvalidQualificationRequestState"
    assert failure(other.accept_qualification_request, QualificationRequestId=rows[two.worker_id])


def test_a_deleted_type_leaves_no_requests_behind(crowd):
    lab = crowd.requester()
    gone, stays, old = (made(lab, Name=name)["QualificationTypeId"] for name in ("gone", "stays", "old"))
    (worker,) = crowd.workers()
    for kind in (gone, stays, old):
        ask(crowd, worker, kind)
    lab.delete_qualification_type(QualificationTypeId=gone)
    with crowd.books.writing() as session:
        assert latest_request(session, gone, worker.worker_id).state == "rejected"
        # As an earlier version deleted: the request went on waiting.
        session.execute(
            update(QualificationType)
            .where(QualificationType.qualification_type_id == old)
            .values(deleted_at=real_time())
        )
    rows = lab.list_qualification_requests()["QualificationRequests"]
    assert [row["QualificationTypeId"] for row in rows] == [stays]


@pytest.mark.parametrize("value", [5, 0])
def test_auto_grant(crowd, value):
    lab = crowd.requester()
    kind = made(lab, AutoGranted=True, AutoGrantedValue=value)["QualificationTypeId"]
    (worker,) = crowd.workers()
    assert ask(crowd, worker, kind) == "granted"
    score = lab.get_qualification_score(QualificationTypeId=kind, WorkerId=worker.worker_id)
    assert score["Qualification"]["IntegerValue"] == value


def standing(country="US", subdivision=None, **values):
    return Standing(Worker(worker_id="A1", country=country, subdivision=subdivision), {"Q": 5, **values})


@pytest.mark.parametrize(
    ("comparator", "given", "met"),
    [
        ("LessThan", [6], True), ("LessThan", [5], False),
        ("LessThanOrEqualTo", [5], True), ("LessThanOrEqualTo", [4], False),
        ("GreaterThan", [4], True), ("GreaterThan", [5], False),
        ("GreaterThanOrEqualTo", [5], True), ("GreaterThanOrEqualTo", [6], False),
        ("EqualTo", [5], True), ("EqualTo", [6], False),
        ("NotEqualTo", [6], True), ("NotEqualTo", [5], False),
        ("In", [1, 5], True), ("In", [1], False),
        ("NotIn", [1], True), ("NotIn", [1, 5], False),
        ("Exists", [], True), ("DoesNotExist", [], False),
    ],
)  # fmt: skip
def test_every_comparator(comparator, given, met):
    requirement = {"QualificationTypeId": "Q", "Comparator": comparator, "IntegerValues": given}
    assert standing().meets(requirement) == met
    without = {**requirement, "QualificationTypeId": "OTHER"}
    assert standing().meets(without) == (comparator == "DoesNotExist")


@pytest.mark.parametrize(
    ("comparator", "places", "met"),
    [
        ("EqualTo", [{"Country": "US"}], True),
        ("EqualTo", [{"Country": "US", "Subdivision": "CA"}], True),
        ("EqualTo", [{"Country": "US", "Subdivision": "NY"}], False),
        ("NotEqualTo", [{"Country": "DE"}], True),
        ("In", [{"Country": "DE"}, {"Country": "US"}], True),
        ("NotIn", [{"Country": "DE"}, {"Country": "US"}], False),
    ],
)
def test_locale(comparator, places, met):
    requirement = {"QualificationTypeId": LOCALE, "Comparator": comparator, "LocaleValues": places}
    assert standing(subdivision="CA").meets(requirement) == met
    assert not standing(country=None).meets(requirement)


@pytest.mark.parametrize(
    ("guarded", "listed", "preview"),
    [("Accept", True, 200), ("PreviewAndAccept", True, 403), ("DiscoverPreviewAndAccept", False, 403)],
)
def test_what_each_guard_bars(crowd, post_hit, guarded, listed, preview):
    lab = crowd.requester()
    requirement = {"QualificationTypeId": MASTERS[0], "Comparator": "Exists", "ActionsGuarded": guarded}
    hit = post_hit(lab, Title=f"For masters ({guarded})", QualificationRequirements=[requirement])
    assert hit["QualificationRequirements"][0]["ActionsGuarded"] == guarded
    (worker,) = crowd.workers()
    group = hit["HITGroupId"]
    assert (group in worker.get("/").text) == listed
    assert worker.get(f"/groups/{group}/preview").status_code == preview
    assert worker.post(f"/groups/{group}/accept").status_code in (403, 409)


def test_system_qualifications_come_from_history(crowd, post_hit):
    lab = crowd.requester()
    easy = {"QualificationTypeId": PERCENT_APPROVED, "Comparator": "GreaterThan", "IntegerValues": [95]}
    seasoned = {"QualificationTypeId": HITS_APPROVED, "Comparator": "GreaterThan", "IntegerValues": [0]}
    grown = {
        "QualificationTypeId": ADULT, "Comparator": "EqualTo", "IntegerValues": [1],
        "ActionsGuarded": "PreviewAndAccept",
    }  # fmt: skip
    first = post_hit(lab, Title="New workers count as 100 %", QualificationRequirements=[easy])
    second = post_hit(lab, Title="One approved", QualificationRequirements=[seasoned])
    adult = post_hit(lab, Title="Adult content", QualificationRequirements=[grown])
    (worker,) = crowd.workers()
    assert worker.post(f"/groups/{second['HITGroupId']}/accept").status_code in (403, 409)
    assert worker.post(f"/groups/{adult['HITGroupId']}/accept").status_code in (403, 409)
    task = worker.work(first["HITGroupId"])
    lab.approve_assignment(AssignmentId=task.assignment_id)
    worker.accept(second["HITGroupId"])


def test_hits_by_qualification(crowd, post_hit):
    lab = crowd.requester()
    kind = made(lab)["QualificationTypeId"]
    wanted = post_hit(lab, QualificationRequirements=[{"QualificationTypeId": kind, "Comparator": "Exists"}])
    post_hit(lab)
    rows = lab.list_hits_for_qualification_type(QualificationTypeId=kind)["HITs"]
    assert [row["HITId"] for row in rows] == [wanted["HITId"]]


def test_hits_do_not_ask_for_what_is_not_given(crowd, post_hit, failure):
    lab = crowd.requester()
    kind = made(lab, QualificationTypeStatus="Inactive")["QualificationTypeId"]
    wanted = [{"QualificationTypeId": kind, "Comparator": "Exists"}]
    refused = failure(lambda **m: post_hit(lab, **m), QualificationRequirements=wanted)
    assert "inactive" in refused["Error"]["Message"]
    lab.update_qualification_type(QualificationTypeId=kind, QualificationTypeStatus="Active")
    assert post_hit(lab, QualificationRequirements=wanted)


def test_blocks(crowd, post_hit):
    lab = crowd.requester()
    hit = post_hit(lab, MaxAssignments=2)
    (worker,) = crowd.workers()
    lab.create_worker_block(WorkerId=worker.worker_id, Reason="Random answers.")
    lab.create_worker_block(WorkerId=worker.worker_id, Reason="Random answers again.")
    assert [row["Reason"] for row in lab.list_worker_blocks()["WorkerBlocks"]] == ["Random answers again."]
    assert hit["HITGroupId"] not in worker.groups()
    assert worker.post(f"/groups/{hit['HITGroupId']}/accept").status_code in (403, 409)
    lab.delete_worker_block(WorkerId=worker.worker_id)
    worker.accept(hit["HITGroupId"])
