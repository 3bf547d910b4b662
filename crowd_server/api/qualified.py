"""Who holds a qualification, and who asks for one."""

from sqlalchemy import select

from crowd_server.api.call import Call, Params, Reply, listing
from crowd_server.api.qualifications import find_type
from crowd_server.errors import RequestError, missing
from crowd_server.market import skills
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.post import Message
from crowd_server.store.models.qualifications import Qualification, QualificationRequest, QualificationType


def find_worker(call: Call, worker_id: str) -> Worker:
    """A worker with an account."""
    worker = call.session.get(Worker, worker_id)
    if worker is None or worker.deleted_at:
        raise missing("Worker", worker_id)
    return worker


def associate_qualification_with_worker(call: Call, params: Params) -> Reply:
    """AssociateQualificationWithWorker: grants, or gives another value."""
    kind = find_type(call, params["QualificationTypeId"])
    worker = find_worker(call, params["WorkerId"])
    skills.grant(
        call.session, kind.qualification_type_id, worker.worker_id, params.get("IntegerValue", 1), call.now
    )
    if params.get("SendNotification", True):
        _tell(call, worker.worker_id, f"You were given the qualification {kind.name}.", kind.description)
    return {}


def _tell(call: Call, worker_id: str, subject: str, text: str) -> None:
    message = Message(
        worker_id=worker_id,
        requester_id=call.requester_id,
        subject=subject[:200],
        text=text,
        sent_at=call.now,
    )
    call.session.add(message)


def disassociate_qualification_from_worker(call: Call, params: Params) -> Reply:
    """DisassociateQualificationFromWorker: the reason, if there is one, is for the worker to read."""
    kind = find_type(call, params["QualificationTypeId"])
    skills.revoke(call.session, kind.qualification_type_id, params["WorkerId"], params.get("Reason"))
    if params.get("Reason"):
        _tell(call, params["WorkerId"], f"The qualification {kind.name} was taken back.", params["Reason"])
    return {}


def get_qualification_score(call: Call, params: Params) -> Reply:
    """GetQualificationScore, of a type of the caller's."""
    kind = find_type(call, params["QualificationTypeId"])
    row = skills.held(call.session, kind.qualification_type_id, params["WorkerId"])
    if row is None:
        raise RequestError(
            f"Worker {params['WorkerId']} does not have this qualification.", "QualificationDoesNotExist"
        )
    return {"Qualification": _show(row)}


def _show(row: Qualification) -> Reply:
    return {
        "QualificationTypeId": row.qualification_type_id,
        "WorkerId": row.worker_id,
        "GrantTime": row.granted_at,
        "IntegerValue": row.value,
        "Status": "Granted" if row.granted else "Revoked",
    }


def list_workers_with_qualification_type(call: Call, params: Params) -> Reply:
    """ListWorkersWithQualificationType."""
    kind = find_type(call, params["QualificationTypeId"])
    query = select(Qualification).where(
        Qualification.qualification_type_id == kind.qualification_type_id,
        Qualification.granted == (params.get("Status", "Granted") == "Granted"),
    )
    rows, token = call.page(query, Qualification.id, params, _show)
    return listing("Qualifications", rows, token)


def list_qualification_requests(call: Call, params: Params) -> Reply:
    """ListQualificationRequests: those that wait for the caller."""
    query = (
        select(QualificationRequest)
        .join(
            QualificationType,
            QualificationType.qualification_type_id == QualificationRequest.qualification_type_id,
        )
        .where(
            QualificationType.requester_id == call.requester_id,
            QualificationType.deleted_at.is_(None),
            QualificationRequest.state == "pending",
        )
    )
    if "QualificationTypeId" in params:
        kind = find_type(call, params["QualificationTypeId"])
        query = query.where(QualificationRequest.qualification_type_id == kind.qualification_type_id)
    rows, token = call.page(query, QualificationRequest.id, params, lambda row: _show_request(call, row))
    return listing("QualificationRequests", rows, token)


def _show_request(call: Call, row: QualificationRequest) -> Reply:
    return {
        "QualificationRequestId": row.request_id,
        "QualificationTypeId": row.qualification_type_id,
        "WorkerId": row.worker_id,
        "Test": find_type(call, row.qualification_type_id).test,
        "Answer": row.answer,
        "SubmitTime": row.submitted_at,
    }


def accept_qualification_request(call: Call, params: Params) -> Reply:
    """AcceptQualificationRequest: the value is 1 unless given."""
    asked = _find_request(call, params)
    skills.decide(call.session, asked, params.get("IntegerValue", 1), None, call.now)
    return {}


def reject_qualification_request(call: Call, params: Params) -> Reply:
    """RejectQualificationRequest."""
    asked = _find_request(call, params)
    skills.decide(call.session, asked, None, params.get("Reason"), call.now)
    kind = find_type(call, asked.qualification_type_id)
    _tell(
        call, asked.worker_id, f"You were not given the qualification {kind.name}.", params.get("Reason", "")
    )
    return {}


def _find_request(call: Call, params: Params) -> QualificationRequest:
    query = select(QualificationRequest).where(
        QualificationRequest.request_id == params["QualificationRequestId"],
        QualificationRequest.state != "started",
    )
    asked = call.session.scalars(query.with_for_update()).first()
    if asked is None:
        raise missing("QualificationRequest", params["QualificationRequestId"])
    try:
        find_type(call, asked.qualification_type_id)
    except RequestError as error:
        raise missing("QualificationRequest", params["QualificationRequestId"]) from error
    return asked
