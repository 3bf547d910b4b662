"""Review policies: known answers on submission, plurality when the HIT is reviewable."""

import pytest

KNOWN = "ScoreMyKnownAnswers/2011-09-01"
PLURALITY = "SimplePlurality/2011-09-01"


def parameters(**values):
    return [
        {"Key": key, "Values": [str(part) for part in (value if isinstance(value, list) else [value])]}
        for key, value in values.items()
    ]


def known(**values):
    answer_key = {
        "Key": "AnswerKey",
        "MapEntries": [{"Key": "one", "Values": ["yes"]}, {"Key": "two", "Values": ["no", "none"]}],
    }
    return {"PolicyName": KNOWN, "Parameters": [answer_key, *parameters(**values)]}


def results(lab, hit, level, key):
    report = lab.list_review_policy_results_for_hit(HITId=hit["HITId"], MaxResults=100)[
        f"{level}ReviewReport"
    ]
    return {
        row.get("QuestionId", row["SubjectId"]): row["Value"]
        for row in report["ReviewResults"]
        if row["Key"] == key
    }


def actions(lab, hit, level):
    report = lab.list_review_policy_results_for_hit(HITId=hit["HITId"], MaxResults=100)[
        f"{level}ReviewReport"
    ]
    return [(row["ActionName"], row["Status"]) for row in report["ReviewActions"]]


def test_known_answers_approve_reject_and_extend(crowd, post_hit):
    lab = crowd.requester()
    policy = known(
        ApproveIfKnownAnswerScoreIsAtLeast=100,
        RejectIfKnownAnswerScoreIsLessThan=50,
        RejectReason="Neither is right.",
        ExtendIfKnownAnswerScoreIsLessThan=50,
        ExtendMaximumAssignments=4,
        ExtendMinimumTimeInSeconds=3600,
    )
    hit = post_hit(lab, MaxAssignments=3, AssignmentReviewPolicy=policy)
    right, half, wrong = crowd.workers(3)
    best = right.work(hit["HITGroupId"], one=" yes ", two="none")
    middling = half.work(hit["HITGroupId"], one="yes", two="yes")
    worst = wrong.work(hit["HITGroupId"], one="no", two="n" * 257)
    rows = {
        row["AssignmentId"]: row for row in lab.list_assignments_for_hit(HITId=hit["HITId"])["Assignments"]
    }
    assert [rows[task.assignment_id]["AssignmentStatus"] for task in (best, middling, worst)] == [
        "Approved",
        "Submitted",
        "Rejected",
    ]
    assert rows[worst.assignment_id]["RequesterFeedback"] == "Neither is right."
    assert results(lab, hit, "Assignment", "KnownAnswerScore") == {
        best.assignment_id: "100",
        middling.assignment_id: "50",
        worst.assignment_id: "0",
    }
    assert actions(lab, hit, "Assignment") == [
        ("approve", "Succeeded"),
        ("reject", "Succeeded"),
        ("extend", "Succeeded"),
    ]
    grown = lab.get_hit(HITId=hit["HITId"])["HIT"]
    assert (grown["MaxAssignments"], grown["HITStatus"]) == (4, "Assignable")


def test_plurality(crowd, post_hit):
    lab = crowd.requester()
    policy = {
        "PolicyName": PLURALITY,
        "Parameters": parameters(
            QuestionIds=["one", "two"],
            QuestionAgreementThreshold=60,
            ApproveIfWorkerAgreementScoreIsAtLeast=100,
            ExtendIfHITAgreementScoreIsLessThan=100,
            ExtendMaximumAssignments=4,
        ),
    }
    hit = post_hit(lab, MaxAssignments=3, HITReviewPolicy=policy)
    workers = crowd.workers(4)
    for worker, two in zip(workers, ["a", "b", "c"], strict=False):
        worker.work(hit["HITGroupId"], one="yes", two=two)
    assert results(lab, hit, "HIT", "AgreedAnswer") == {"one": "yes"}
    assert results(lab, hit, "HIT", "HITAgreementScore") == {hit["HITId"]: "50"}
    assert ("extend", "Succeeded") in actions(lab, hit, "HIT")
    states = {
        row["AssignmentStatus"] for row in lab.list_assignments_for_hit(HITId=hit["HITId"])["Assignments"]
    }
    assert states == {"Approved"}
    workers[3].work(hit["HITGroupId"], one="no", two="d")
    assert ("extend", "Cancelled") in actions(lab, hit, "HIT")


@pytest.mark.parametrize("wrong", [0, 2])
def test_both_policies_come_to_the_same_whoever_is_last(crowd, post_hit, wrong):
    lab = crowd.requester()
    plurality = parameters(
        QuestionIds=["q"], DisregardAssignmentIfRejected="T", ApproveIfWorkerAgreementScoreIsAtLeast=100
    )
    hit = post_hit(
        lab,
        Title=f"Wrong at {wrong}",
        MaxAssignments=3,
        AssignmentReviewPolicy=known(
            ApproveIfKnownAnswerScoreIsAtLeast=100, RejectIfKnownAnswerScoreIsLessThan=50
        ),
        HITReviewPolicy={"PolicyName": PLURALITY, "Parameters": plurality},
    )
    for number, worker in enumerate(crowd.workers(3)):
        given = ("no", "yes", "b") if number == wrong else ("yes", "no", "a")
        worker.work(hit["HITGroupId"], **dict(zip(("one", "two", "q"), given, strict=True)))
    assert results(lab, hit, "HIT", "QuestionAgreementScore") == {"q": "100"}
    assert sorted(results(lab, hit, "HIT", "WorkerAgreementScore").values()) == ["100", "100"]
    assert actions(lab, hit, "HIT") == [], "the known answers have judged every one"


def test_an_extension_keeps_the_rule_of_ten(crowd, post_hit):
    lab = crowd.requester()
    policy = known(ExtendIfKnownAnswerScoreIsLessThan=100, ExtendMaximumAssignments=25)
    hit = post_hit(lab, MaxAssignments=9, AssignmentReviewPolicy=policy)
    crowd.workers()[0].work(hit["HITGroupId"], one="no")
    assert actions(lab, hit, "Assignment") == [("extend", "Failed")]


@pytest.mark.parametrize(
    ("level", "policy"),
    [
        ("AssignmentReviewPolicy", {"PolicyName": PLURALITY}),
        ("AssignmentReviewPolicy", {"PolicyName": KNOWN}),
        ("AssignmentReviewPolicy", known(ApproveIfKnownAnswerScoreIsAtLeast=102)),
        ("AssignmentReviewPolicy", known(ApproveIfKnownAnswerScoreIsAtLeast="most")),
        ("AssignmentReviewPolicy", known(Mood="good")),
        ("HITReviewPolicy", {"PolicyName": PLURALITY, "Parameters": parameters(QuestionIds=["q"] * 16)}),
    ],
)
def test_policies_that_make_no_sense(crowd, post_hit, failure, level, policy):
    refused = failure(lambda **m: post_hit(crowd.requester(), **m), **{level: policy})
    assert refused["TurkErrorCode"] == "AWS.MechanicalTurk.InvalidParameterValue"
