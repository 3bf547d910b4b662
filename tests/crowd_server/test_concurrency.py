"""Many workers at once: no assignment is lost, doubled or sold beyond the HIT's number."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from crowd_server.market import ledger
from crowd_server.store.models.hits import Assignment, Hit

DATABASES = ["sqlite", "postgresql"]


def test_five_assignments_and_twelve_workers(crowd, post_hit):
    lab = crowd.requester()
    hits = [post_hit(lab, Title="A rush", MaxAssignments=5) for _ in range(3)]
    workers = crowd.workers(12)
    group = hits[0]["HITGroupId"]

    def work(worker):
        done = 0
        while True:
            page = worker.post(f"/groups/{group}/accept")
            if page.status_code != 200:
                return done
            assignment_id = page.url.rsplit("/", 1)[1]
            for _ in range(2):  # a double click
                form = {"assignmentId": assignment_id, "answer": "yes"}
                assert worker.web.post(f"{crowd.url}/mturk/externalSubmit", data=form, timeout=20).ok
            done += 1

    with ThreadPoolExecutor(12) as pool:
        done = sum(pool.map(work, workers))
    assert done == 15
    rows = list(
        itertools.chain.from_iterable(
            lab.list_assignments_for_hit(HITId=hit["HITId"], MaxResults=100)["Assignments"] for hit in hits
        )
    )
    assert (
        len({row["AssignmentId"] for row in rows}) == len({(r["HITId"], r["WorkerId"]) for r in rows}) == 15
    )
    assert {lab.get_hit(HITId=hit["HITId"])["HIT"]["HITStatus"] for hit in hits} == {"Reviewable"}


def test_one_worker_in_many_windows(crowd, post_hit):
    hit = post_hit(crowd.requester(), Title="Many windows", MaxAssignments=9)
    (worker,) = crowd.workers()
    worker.get("/")

    def accept(_):
        return worker.post(f"/groups/{hit['HITGroupId']}/accept").status_code

    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(accept, range(6)))
    assert codes.count(200) == 1, codes
    assert set(codes) == {200, 409}


def test_approved_from_two_sides_and_paid_once(crowd, post_hit):
    lab = crowd.requester(1000)
    task = crowd.workers()[0].work(post_hit(lab, Title="Approved twice")["HITGroupId"])

    def approve(_):
        try:
            lab.approve_assignment(AssignmentId=task.assignment_id)
        except lab.exceptions.RequestError as error:
            return error.response["TurkErrorCode"]
        return "paid"

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(approve, range(6)))
    assert outcomes.count("paid") == 1, outcomes
    assert lab.get_account_balance()["AvailableBalance"] == "9.95"
    with crowd.books.reading() as session:
        assert ledger.total(session) == 0
        assert session.scalar(select(func.count()).select_from(Hit).where(Hit.available < 0)) == 0
        assert session.scalar(select(func.count()).select_from(Assignment)) == 17


def test_equal_settings_at_once_all_hold(crowd, post_hit):
    lab = crowd.requester()
    (worker,) = crowd.add_workers(1)
    together = Barrier(6)

    def at_once(call, **members):
        def one(_):
            together.wait(20)
            try:
                call(**members)
            except lab.exceptions.RequestError as error:
                return error.response["TurkErrorCode"]
            return "done"

        with ThreadPoolExecutor(6) as pool:
            return sorted(pool.map(one, range(6)))

    basic = {"Description": "d", "QualificationTypeStatus": "Active"}
    taken = "AWS.MechanicalTurk.QualificationTypeAlreadyExists"
    for number in range(3):  # they do not always meet
        made = at_once(lab.create_qualification_type, Name=f"twins {number}", **basic)
        assert made == [taken] * 5 + ["done"]
        (kind,) = lab.list_qualification_types(
            MustBeRequestable=True, MustBeOwnedByCaller=True, Query=f"twins {number}"
        )["QualificationTypes"]
        given = {"QualificationTypeId": kind["QualificationTypeId"], "WorkerId": worker.worker_id}
        assert at_once(lab.associate_qualification_with_worker, **given) == ["done"] * 6
        hit = post_hit(lab, Title=f"Listened {number}")
        assert (
            at_once(
                lab.update_notification_settings,
                HITTypeId=hit["HITTypeId"],
                Notification={
                    "Destination": "http://127.0.0.1:9/",
                    "Transport": "SQS",
                    "Version": "2014-08-15",
                    "EventTypes": ["Ping"],
                },
            )
            == ["done"] * 6
        )
        assert at_once(lab.create_worker_block, WorkerId=worker.worker_id, Reason="r") == ["done"] * 6
        lab.delete_worker_block(WorkerId=worker.worker_id)


def test_equal_requests_at_once_are_one_hit(crowd, post_hit):
    lab = crowd.requester()

    def post(_):
        try:
            return post_hit(lab, Title="At once", UniqueRequestToken="the same")["HITId"]
        except lab.exceptions.RequestError as error:
            return error.response["TurkErrorCode"]

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(post, range(6)))
    assert len([outcome for outcome in outcomes if not outcome.startswith("AWS.")]) == 1, outcomes
    assert len(lab.list_hits()["HITs"]) == 1
