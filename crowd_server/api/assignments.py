"""Assignments: read, list, approve, reject."""

from datetime import datetime, timedelta

from sqlalchemy import select

from crowd_server.api.call import Call, Params, Reply, listing
from crowd_server.api.hits import find as find_hit
from crowd_server.api.hits import show_hit, type_of
from crowd_server.errors import RequestError, missing, wrong_state
from crowd_server.market import judgement
from crowd_server.market.rules import LIVE, OVERRIDE_DAYS, SUBMITTED
from crowd_server.store.models.hits import Assignment, Hit


def find(call: Call, assignment_id: str, *, lock: bool = False) -> tuple[Assignment, Hit]:
    """An assignment of a HIT of the caller's, and the HIT."""
    query = (
        select(Assignment, Hit)
        .join(Hit, Hit.hit_id == Assignment.hit_id)
        .where(
            Assignment.assignment_id == assignment_id,
            Assignment.state.in_(LIVE),
            Hit.requester_id == call.requester_id,
            Hit.status != "Disposed",
        )
    )
    row = call.session.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise missing("Assignment", assignment_id)
    return row[0], row[1]


def show_assignment(assignment: Assignment) -> Reply:
    """An assignment as the API shows it."""
    return {
        "AssignmentId": assignment.assignment_id,
        "WorkerId": assignment.worker_id,
        "HITId": assignment.hit_id,
        "AssignmentStatus": assignment.state.capitalize(),
        "AutoApprovalTime": assignment.auto_approval_at,
        "AcceptTime": assignment.accepted_at,
        "SubmitTime": assignment.submitted_at,
        "ApprovalTime": assignment.approved_at,
        "RejectionTime": assignment.rejected_at,
        "Deadline": assignment.deadline,
        "Answer": assignment.answer,
        "RequesterFeedback": assignment.feedback,
    }


def get_assignment(call: Call, params: Params) -> Reply:
    """GetAssignment: submitted, approved or rejected ones only."""
    assignment, hit = find(call, params["AssignmentId"])
    if assignment.state == "accepted":
        raise wrong_state("Assignment", "null", "Submitted, Approved, Rejected")
    return {"Assignment": show_assignment(assignment), "HIT": show_hit(hit, type_of(call, hit))}


def list_assignments_for_hit(call: Call, params: Params) -> Reply:
    """ListAssignmentsForHIT."""
    hit = find_hit(call, params)
    states = [status.lower() for status in params.get("AssignmentStatuses", [])] or SUBMITTED
    query = select(Assignment).where(Assignment.hit_id == hit.hit_id, Assignment.state.in_(states))
    if call.stale_after is not None:
        query = query.where(Assignment.submitted_at < call.stale_after)
    rows, token = call.page(query, Assignment.id, params, show_assignment)
    return listing("Assignments", rows, token)


def approve_assignment(call: Call, params: Params) -> Reply:
    """ApproveAssignment."""
    assignment, _ = find(call, params["AssignmentId"], lock=True)
    override = params.get("OverrideRejection", False)
    if override and assignment.state == "rejected":
        _check_in_time(assignment, call.now)
    judgement.approve(call.session, assignment, call.now, params.get("RequesterFeedback"), override)
    return {}


def _check_in_time(assignment: Assignment, now: datetime) -> None:
    if assignment.submitted_at and now > assignment.submitted_at + timedelta(days=OVERRIDE_DAYS):
        raise RequestError(
            f"This assignment was submitted more than {OVERRIDE_DAYS} days ago; its rejection stands.",
            "InvalidAssignmentState",
        )


def reject_assignment(call: Call, params: Params) -> Reply:
    """RejectAssignment: the reason is for the worker to read; one that is blank is shown as none."""
    assignment, _ = find(call, params["AssignmentId"], lock=True)
    judgement.reject(call.session, assignment, call.now, params["RequesterFeedback"].strip())
    return {}


def get_file_upload_url(call: Call, params: Params) -> Reply:
    """GetFileUploadURL: Amazon ended file uploads in 2017; there is nothing to give."""
    find(call, params["AssignmentId"])
    raise RequestError("File upload questions are not supported.", "InvalidParameterValue")
