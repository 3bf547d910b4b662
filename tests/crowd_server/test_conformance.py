"""All 39 operations once, through unmodified boto3: what each answers, and that its answer fits the model."""

import pytest

from crowd_server.questions.documents import ROOT

URL = "https://lab.example.org/events"
FORM = f"""<QuestionForm xmlns="{ROOT}2017-11-06/QuestionForm.xsd"><Question>
<QuestionIdentifier>why</QuestionIdentifier><QuestionContent><Text>Why you?</Text></QuestionContent>
<AnswerSpecification><FreeTextAnswer/></AnswerSpecification></Question></QuestionForm>"""
TYPE = {"Title": "One", "Description": "By type.", "Reward": "0.10", "AssignmentDurationInSeconds": 600}


@pytest.fixture(scope="module")
def lab(crowd):
    """A requester whose client notes which operations succeeded."""
    client = crowd.requester()
    client.done = set()

    def note(http_response, model, **_):
        if http_response.status_code == 200:
            client.done.add(model.name)

    client.meta.events.register("after-call.mturk", note)
    return client


@pytest.fixture(scope="module")
def people(crowd):
    return crowd.workers(2)


@pytest.fixture(scope="module")
def hit(lab, post_hit):
    return post_hit(lab, MaxAssignments=2, Title="All 39")


@pytest.fixture(scope="module")
def tasks(hit, people):
    return [worker.work(hit["HITGroupId"]) for worker in people]


def test_hits_by_type(lab, hit):
    first, second = (lab.create_hit_type(**{**TYPE, "Title": title})["HITTypeId"] for title in ("One", "Two"))
    made = lab.create_hit_with_hit_type(HITTypeId=first, LifetimeInSeconds=600, Question=hit["Question"])[
        "HIT"
    ]
    assert (made["HITTypeId"], made["Reward"], made["HITStatus"]) == (first, "0.10", "Assignable")
    lab.create_additional_assignments_for_hit(HITId=made["HITId"], NumberOfAdditionalAssignments=1)
    lab.update_hit_type_of_hit(HITId=made["HITId"], HITTypeId=second)
    shown = lab.get_hit(HITId=made["HITId"])["HIT"]
    assert (shown["HITTypeId"], shown["Title"], shown["MaxAssignments"]) == (second, "Two", 2)
    assert made["HITId"] in {row["HITId"] for row in lab.list_hits(MaxResults=100)["HITs"]}
    lab.update_expiration_for_hit(HITId=made["HITId"], ExpireAt=0)
    assert {"HITId": made["HITId"]} in lab.list_reviewable_hits()["HITs"]
    lab.update_hit_review_status(HITId=made["HITId"])
    assert lab.get_hit(HITId=made["HITId"])["HIT"]["HITStatus"] == "Reviewing"
    lab.update_hit_review_status(HITId=made["HITId"], Revert=True)
    lab.delete_hit(HITId=made["HITId"])
    assert lab.list_review_policy_results_for_hit(HITId=hit["HITId"])["HITId"] == hit["HITId"]


def test_assignments_and_money(lab, hit, tasks, failure):
    good, bad = (task.assignment_id for task in tasks)
    lab.approve_assignment(AssignmentId=good)
    lab.reject_assignment(AssignmentId=bad, RequesterFeedback="Nothing was ticked.")
    rows = lab.list_assignments_for_hit(HITId=hit["HITId"])["Assignments"]
    assert {row["AssignmentId"]: row["AssignmentStatus"] for row in rows} == {
        good: "Approved",
        bad: "Rejected",
    }
    shown = lab.get_assignment(AssignmentId=bad)
    assert shown["Assignment"]["RequesterFeedback"] == "Nothing was ticked."
    assert shown["HIT"]["HITId"] == hit["HITId"]
    lab.send_bonus(
        WorkerId=tasks[0].worker.worker_id, BonusAmount="0.25", AssignmentId=good, Reason="Well done"
    )
    (bonus,) = lab.list_bonus_payments(AssignmentId=good)["BonusPayments"]
    assert (bonus["BonusAmount"], bonus["Reason"]) == ("0.25", "Well done")
    assert lab.list_bonus_payments(HITId=hit["HITId"])["NumResults"] == 1
    assert lab.get_account_balance()["AvailableBalance"] == "999.70"
    refused = failure(lab.get_file_upload_url, AssignmentId=good, QuestionIdentifier="q")
    assert "not supported" in refused["Error"]["Message"], "the one operation that there is nothing behind"
    for choice in ({}, {"HITId": hit["HITId"], "AssignmentId": good}):
        wrong = failure(lab.list_bonus_payments, **choice)
        assert "either HITId or AssignmentId" in wrong["Error"]["Message"]


def test_workers(lab, tasks):
    worker = tasks[0].worker.worker_id
    told = lab.notify_workers(Subject="Thanks", MessageText="Come again.", WorkerIds=[worker])
    assert told["NotifyWorkersFailureStatuses"] == []
    lab.create_worker_block(WorkerId=worker, Reason="A test.")
    assert lab.list_worker_blocks()["WorkerBlocks"] == [{"WorkerId": worker, "Reason": "A test."}]
    lab.delete_worker_block(WorkerId=worker)
    assert lab.list_worker_blocks()["WorkerBlocks"] == []


def test_qualifications(lab, post_hit, people):
    kind = lab.create_qualification_type(
        Name="Careful", Description="Reads twice.", QualificationTypeStatus="Active",
        Test=FORM, TestDurationInSeconds=600,
    )["QualificationType"]["QualificationTypeId"]  # fmt: skip
    lab.update_qualification_type(QualificationTypeId=kind, Description="Reads three times.")
    shown = lab.get_qualification_type(QualificationTypeId=kind)["QualificationType"]
    assert shown["Description"] == "Reads three times."
    mine = lab.list_qualification_types(MustBeRequestable=True, MustBeOwnedByCaller=True)
    assert [row["QualificationTypeId"] for row in mine["QualificationTypes"]] == [kind]
    for worker, words in zip(people, ("I am slow.", "No idea."), strict=True):
        worker.post(f"/qualifications/{kind}/request")
        worker.post(f"/qualifications/{kind}/test", why=words)
    asked = lab.list_qualification_requests(QualificationTypeId=kind)["QualificationRequests"]
    assert [row["WorkerId"] for row in asked] == [worker.worker_id for worker in people]
    assert "I am slow." in asked[0]["Answer"]
    accepted, rejected = (row["QualificationRequestId"] for row in asked)
    lab.accept_qualification_request(QualificationRequestId=accepted, IntegerValue=7)
    lab.reject_qualification_request(QualificationRequestId=rejected, Reason="Try again.")
    assert lab.list_qualification_requests()["QualificationRequests"] == []
    (held,) = lab.list_workers_with_qualification_type(QualificationTypeId=kind)["Qualifications"]
    assert (held["WorkerId"], held["IntegerValue"]) == (people[0].worker_id, 7)
    lab.associate_qualification_with_worker(
        QualificationTypeId=kind, WorkerId=people[1].worker_id, IntegerValue=3
    )
    score = lab.get_qualification_score(QualificationTypeId=kind, WorkerId=people[1].worker_id)
    assert score["Qualification"]["IntegerValue"] == 3
    lab.disassociate_qualification_from_worker(
        QualificationTypeId=kind, WorkerId=people[1].worker_id, Reason="A test."
    )
    asks = [{"QualificationTypeId": kind, "Comparator": "Exists"}]
    wanted = post_hit(lab, Title="For the careful", QualificationRequirements=asks)["HITId"]
    found = lab.list_hits_for_qualification_type(QualificationTypeId=kind)["HITs"]
    assert [row["HITId"] for row in found] == [wanted]
    lab.delete_qualification_type(QualificationTypeId=kind)


def test_notifications(lab, hit):
    given = {"Destination": URL, "Transport": "SNS", "Version": "2006-05-05", "EventTypes": ["HITReviewable"]}
    lab.update_notification_settings(HITTypeId=hit["HITTypeId"], Notification=given, Active=False)
    lab.send_test_event_notification(Notification=given, TestEventType="Ping")


def test_that_was_all_of_them(lab):
    operations = set(lab.meta.service_model.operation_names)
    assert len(operations) == 39
    assert operations - lab.done == {"GetFileUploadURL"}


@pytest.mark.parametrize(
    ("type_id", "name"),
    [
        ("00000000000000000040", "Number of HITs approved"),
        ("000000000000000000L0", "HIT approval rate (%)"),
        ("00000000000000000071", "Location"),
        ("00000000000000000060", "Adult content"),
        ("2F1QJWKUDD8XADTFD2Q0G6UTO95ALH", "Masters"),
    ],
)
def test_system_qualifications_are_known(lab, post_hit, failure, type_id, name):
    shown = lab.get_qualification_type(QualificationTypeId=type_id)["QualificationType"]
    assert (shown["Name"], shown["IsRequestable"]) == (name, False)
    asks = {"QualificationTypeId": type_id, "Comparator": "Exists", "ActionsGuarded": "PreviewAndAccept"}
    hit = post_hit(lab, Title=f"Asks for {name}", QualificationRequirements=[asks])
    found = lab.list_hits_for_qualification_type(QualificationTypeId=type_id)["HITs"]
    assert [row["HITId"] for row in found] == [hit["HITId"]]
    assert failure(lab.update_qualification_type, QualificationTypeId=type_id, Description="Mine")
