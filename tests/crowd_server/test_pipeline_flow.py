"""What a labelling pipeline does, from posting a HIT to paying for it, through boto3 and the worker site."""

import uuid
from xml.etree import ElementTree

DATABASES = ["sqlite", "postgresql"]


def test_a_hit_is_posted_done_and_paid(crowd, post_hit, failure):
    lab = crowd.requester(1000)
    hit = post_hit(lab, MaxAssignments=2, RequesterAnnotation="run 7")
    assert (hit["HITStatus"], hit["NumberOfAssignmentsAvailable"]) == ("Assignable", 2)
    balance = lab.get_account_balance()
    assert (balance["AvailableBalance"], balance["OnHoldBalance"]) == ("9.90", "0.10")

    first, second = crowd.workers(2)
    task = first.accept(hit["HITGroupId"])
    assert task.frame.startswith("https://tasks.example.org/label?kind=label&assignmentId=")
    assert task.fields["workerId"] == first.worker_id
    assert task.fields["hitId"] == hit["HITId"]
    assert lab.get_hit(HITId=hit["HITId"])["HIT"]["NumberOfAssignmentsPending"] == 1
    assert task.submit(answer='{"v": "<&>\x07"}').status_code == 200
    assert task.submit(answer="something else").status_code == 200, "a double submit is harmless"

    listed = lab.list_assignments_for_hit(HITId=hit["HITId"])["Assignments"]
    assert [(row["AssignmentId"], row["WorkerId"]) for row in listed] == [
        (task.assignment_id, first.worker_id)
    ]
    answer = ElementTree.fromstring(listed[0]["Answer"])
    namespace = answer.tag.removesuffix("QuestionFormAnswers")
    assert answer.findtext(f"{namespace}Answer/{namespace}FreeText") == '{"v": "<&>\ufffd"}'

    second.work(hit["HITGroupId"])
    assert lab.get_hit(HITId=hit["HITId"])["HIT"]["HITStatus"] == "Reviewable"
    assert {"HITId": hit["HITId"]} in lab.list_reviewable_hits()["HITs"]
    lab.approve_assignment(AssignmentId=task.assignment_id, RequesterFeedback="thanks")
    other = next(
        row["AssignmentId"]
        for row in lab.list_assignments_for_hit(HITId=hit["HITId"], AssignmentStatuses=["Submitted"])[
            "Assignments"
        ]
    )
    lab.reject_assignment(AssignmentId=other, RequesterFeedback="No answer to most of it.")
    balance = lab.get_account_balance()
    assert (balance["AvailableBalance"], balance["OnHoldBalance"]) == ("9.95", "0.00")
    assert "$0.05" in first.get("/earnings").text
    assert "No answer to most of it." in second.get("/earnings").text

    lab.delete_hit(HITId=hit["HITId"])
    assert failure(lab.get_hit, HITId=hit["HITId"])["TurkErrorCode"] == "AWS.MechanicalTurk.HITDoesNotExist"


def test_a_replayed_token_is_an_error_that_names_the_hit(crowd, post_hit, failure):
    lab = crowd.requester()
    token = uuid.uuid4().hex
    hit = post_hit(lab, UniqueRequestToken=token)
    replay = failure(lambda **m: post_hit(lab, **m), UniqueRequestToken=token)
    assert replay["TurkErrorCode"] == "AWS.MechanicalTurk.HITAlreadyExists"
    assert hit["HITId"] in replay["Error"]["Message"]
    assert len(lab.list_hits()["HITs"]) == 1


def test_a_token_is_forgotten_after_a_day(crowd, post_hit, move_clock):
    lab = crowd.requester()
    first = post_hit(lab, UniqueRequestToken="t", LifetimeInSeconds=864000)
    move_clock(24 * 3600 + 1)
    assert post_hit(lab, UniqueRequestToken="t")["HITId"] != first["HITId"]


def test_a_bonus_is_sent_once(crowd, post_hit, failure):
    lab = crowd.requester()
    hit = post_hit(lab)
    (worker,) = crowd.workers()
    task = worker.work(hit["HITGroupId"])
    bonus = {
        "WorkerId": worker.worker_id,
        "AssignmentId": task.assignment_id,
        "BonusAmount": "0.25",
        "Reason": "Well done",
        "UniqueRequestToken": "bonus-1",
    }
    lab.send_bonus(**bonus)
    assert "idempotency" in failure(lab.send_bonus, **bonus)["Error"]["Message"]
    payments = lab.list_bonus_payments(HITId=hit["HITId"])["BonusPayments"]
    assert [(row["BonusAmount"], row["Reason"]) for row in payments] == [("0.25", "Well done")]
    assert "Well done" in worker.get("/earnings").text


def test_a_returned_assignment_goes_back(crowd, post_hit, failure):
    lab = crowd.requester()
    hit = post_hit(lab)
    one, two = crowd.workers(2)
    task = one.accept(hit["HITGroupId"])
    assert hit["HITGroupId"] not in two.groups()
    assert task.give_back().status_code == 200
    assert task.submit(answer="late").status_code == 409
    assert hit["HITGroupId"] in two.groups()
    two.work(hit["HITGroupId"])
    missing = failure(lab.get_assignment, AssignmentId=task.assignment_id)
    assert missing["TurkErrorCode"] == "AWS.MechanicalTurk.AssignmentDoesNotExist"


def test_time_abandons_expires_and_approves(crowd, post_hit, move_clock, failure):
    lab = crowd.requester(1000)
    hit = post_hit(lab, MaxAssignments=3, LifetimeInSeconds=7200)
    idle, busy = crowd.workers(2)
    late = idle.accept(hit["HITGroupId"])
    busy.work(hit["HITGroupId"])
    move_clock(601)
    assert late.submit(answer="late").status_code == 409
    seen = lab.get_hit(HITId=hit["HITId"])["HIT"]
    assert (seen["NumberOfAssignmentsPending"], seen["NumberOfAssignmentsAvailable"]) == (0, 2)
    move_clock(3000)
    (row,) = lab.list_assignments_for_hit(HITId=hit["HITId"])["Assignments"]
    assert row["AssignmentStatus"] == "Approved"
    move_clock(3600)
    assert lab.get_hit(HITId=hit["HITId"])["HIT"]["HITStatus"] == "Reviewable"
    assert lab.get_account_balance()["AvailableBalance"] == "9.95", "what nobody did is not held any more"
    move_clock(121 * 86400)
    assert failure(lab.get_hit, HITId=hit["HITId"])["TurkErrorCode"] == "AWS.MechanicalTurk.HITDoesNotExist"


def test_a_rejection_can_be_overridden_for_thirty_days(crowd, post_hit, move_clock, failure):
    lab = crowd.requester(1000)
    hit = post_hit(lab, MaxAssignments=2)
    first, second = (worker.work(hit["HITGroupId"]).assignment_id for worker in crowd.workers(2))
    for rejected in (first, second):
        lab.reject_assignment(AssignmentId=rejected, RequesterFeedback="Empty")
    move_clock(29 * 86400)
    lab.approve_assignment(AssignmentId=first, OverrideRejection=True)
    move_clock(2 * 86400)
    late = failure(lab.approve_assignment, AssignmentId=second, OverrideRejection=True)
    assert late["TurkErrorCode"] == "AWS.MechanicalTurk.InvalidAssignmentState"
    assert lab.get_assignment(AssignmentId=second)["Assignment"]["AssignmentStatus"] == "Rejected"


def test_expire_now_lets_a_worker_finish(crowd, post_hit):
    lab = crowd.requester()
    hit = post_hit(lab, MaxAssignments=2)
    one, two = crowd.workers(2)
    task = one.accept(hit["HITGroupId"])
    lab.update_expiration_for_hit(HITId=hit["HITId"], ExpireAt=0)
    assert lab.get_hit(HITId=hit["HITId"])["HIT"]["HITStatus"] == "Unassignable"
    assert hit["HITGroupId"] not in two.groups()
    assert task.submit(answer="done").status_code == 200
    assert lab.get_hit(HITId=hit["HITId"])["HIT"]["HITStatus"] == "Reviewable"


def test_more_assignments_but_never_from_nine_to_ten(crowd, post_hit, failure):
    lab = crowd.requester()
    hit = post_hit(lab, MaxAssignments=8)["HITId"]
    lab.create_additional_assignments_for_hit(
        HITId=hit, NumberOfAdditionalAssignments=1, UniqueRequestToken="x"
    )
    assert lab.get_hit(HITId=hit)["HIT"]["MaxAssignments"] == 9
    refused = failure(lab.create_additional_assignments_for_hit, HITId=hit, NumberOfAdditionalAssignments=1)
    assert refused["TurkErrorCode"] == "AWS.MechanicalTurk.InvalidMaximumAssignmentsIncrease"


def test_more_assignments_up_to_a_number(crowd, post_hit, failure):
    lab = crowd.requester()
    hit_id = post_hit(lab, MaxAssignments=10**9 - 1, Reward="0")["HITId"]
    for more in (2, 10**9):
        refused = failure(
            lab.create_additional_assignments_for_hit, HITId=hit_id, NumberOfAdditionalAssignments=more
        )
        assert refused["TurkErrorCode"] == "AWS.MechanicalTurk.InvalidParameterValue"
    lab.create_additional_assignments_for_hit(HITId=hit_id, NumberOfAdditionalAssignments=1)


def test_equal_types_are_one(crowd, post_hit):
    lab = crowd.requester()
    made = {key: value for key, value in post_hit(lab).items() if key == "HITTypeId"}
    hit = lab.create_hit_with_hit_type(
        HITTypeId=made["HITTypeId"], LifetimeInSeconds=600, Question=post_hit(lab)["Question"]
    )["HIT"]
    assert hit["HITTypeId"] == made["HITTypeId"] == post_hit(lab)["HITTypeId"]
    assert post_hit(lab, Reward="0.06")["HITTypeId"] != made["HITTypeId"]


def test_review_status_goes_there_and_back(crowd, post_hit, failure):
    lab = crowd.requester()
    hit = post_hit(lab)
    refused = failure(lab.update_hit_review_status, HITId=hit["HITId"])
    assert refused["TurkErrorCode"] == "AWS.MechanicalTurk.InvalidHITState"
    assert "currently in the state 'Assignable'" in refused["Error"]["Message"]
    crowd.workers()[0].work(hit["HITGroupId"])
    lab.update_hit_review_status(HITId=hit["HITId"])
    assert [row["HITId"] for row in lab.list_reviewable_hits(Status="Reviewing")["HITs"]] == [hit["HITId"]]
    lab.update_hit_review_status(HITId=hit["HITId"], Revert=True)
    assert lab.get_hit(HITId=hit["HITId"])["HIT"]["HITStatus"] == "Reviewable"


def test_a_soft_block_by_qualification(crowd, post_hit):
    lab = crowd.requester()
    excluded = lab.create_qualification_type(
        Name="excluded", Description="Please no more.", QualificationTypeStatus="Active"
    )["QualificationType"]["QualificationTypeId"]
    barred = {
        "QualificationTypeId": excluded,
        "Comparator": "DoesNotExist",
        "ActionsGuarded": "DiscoverPreviewAndAccept",
    }
    hit = post_hit(lab, MaxAssignments=5, QualificationRequirements=[barred])
    (worker,) = crowd.workers()
    assert hit["HITGroupId"] in worker.groups()
    lab.associate_qualification_with_worker(
        QualificationTypeId=excluded, WorkerId=worker.worker_id, IntegerValue=1, SendNotification=False
    )
    assert hit["HITGroupId"] not in worker.groups()
    assert worker.post(f"/groups/{hit['HITGroupId']}/accept").status_code == 409
    lab.disassociate_qualification_from_worker(QualificationTypeId=excluded, WorkerId=worker.worker_id)
    worker.accept(hit["HITGroupId"])


def test_messages_reach_only_those_who_worked_for_the_requester(crowd, post_hit):
    lab = crowd.requester()
    one, two = crowd.workers(2)
    task = one.work(post_hit(lab)["HITGroupId"])
    lab.approve_assignment(AssignmentId=task.assignment_id)
    reply = lab.notify_workers(
        Subject="Hello", MessageText="More to do.", WorkerIds=[one.worker_id, two.worker_id]
    )
    failed = reply["NotifyWorkersFailureStatuses"]
    assert [(row["WorkerId"], row["NotifyWorkersFailureCode"]) for row in failed] == [
        (two.worker_id, "HardFailure")
    ]


def test_a_requester_without_funds(crowd, post_hit, failure):
    refused = failure(lambda **m: post_hit(crowd.requester(9), **m), MaxAssignments=2)
    assert refused["TurkErrorCode"] == "AWS.MechanicalTurk.InsufficientFunds"


def test_paging_ends(crowd, post_hit):
    lab = crowd.requester()
    made = {post_hit(lab)["HITId"] for _ in range(20)}
    pages = list(lab.get_paginator("list_hits").paginate(PaginationConfig={"PageSize": 5}))
    assert {hit["HITId"] for page in pages for hit in page["HITs"]} == made
    assert [page["NumResults"] for page in pages] == [5, 5, 5, 5, 0]


def test_each_requester_sees_only_their_own(crowd, post_hit, failure):
    mine, theirs = crowd.requester(), crowd.requester()
    hit = post_hit(mine, MaxAssignments=2)
    task = crowd.workers()[0].work(hit["HITGroupId"])
    assert theirs.list_hits()["HITs"] == []
    for call, members in [
        (theirs.get_hit, {"HITId": hit["HITId"]}),
        (theirs.delete_hit, {"HITId": hit["HITId"]}),
        (theirs.update_expiration_for_hit, {"HITId": hit["HITId"], "ExpireAt": 0}),
        (theirs.list_assignments_for_hit, {"HITId": hit["HITId"]}),
        (theirs.get_assignment, {"AssignmentId": task.assignment_id}),
        (theirs.approve_assignment, {"AssignmentId": task.assignment_id}),
    ]:
        assert failure(call, **members)["TurkErrorCode"].endswith("DoesNotExist")
