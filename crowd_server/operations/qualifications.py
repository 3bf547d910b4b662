"""Qualification types, and who holds them."""

from sqlalchemy import select

from crowd_server.errors import RequestError, missing
from crowd_server.models.accounts import Worker
from crowd_server.models.qualifications import Qualification, QualificationType
from crowd_server.models.schema import new_id
from crowd_server.operations.call import Call, Params, Reply


def find_type(call: Call, type_id: str, *, owned: bool = True) -> QualificationType:
    """A qualification type: the caller's own, or with `owned=False` anybody's."""
    query = select(QualificationType).where(
        QualificationType.qualification_type_id == type_id, QualificationType.deleted_at.is_(None)
    )
    if owned:
        query = query.where(QualificationType.requester_id == call.requester_id)
    found = call.session.scalars(query).first()
    if found is None:
        raise missing("QualificationType", type_id)
    return found


def find_worker(call: Call, worker_id: str) -> Worker:
    """A worker with an account."""
    worker = call.session.get(Worker, worker_id)
    if worker is None or worker.deleted_at:
        raise missing("Worker", worker_id)
    return worker


def show_type(row: QualificationType) -> Reply:
    """A qualification type as the API shows it."""
    return {
        "QualificationTypeId": row.qualification_type_id,
        "CreationTime": row.created_at,
        "Name": row.name,
        "Description": row.description,
        "Keywords": row.keywords,
        "QualificationTypeStatus": "Active" if row.active else "Inactive",
        "Test": row.test,
        "TestDurationInSeconds": row.test_seconds,
        "AnswerKey": row.answer_key,
        "RetryDelayInSeconds": row.retry_seconds,
        "IsRequestable": row.active,
        "AutoGranted": row.auto_granted,
        "AutoGrantedValue": row.auto_granted_value,
    }


def create_qualification_type(call: Call, params: Params) -> Reply:
    """CreateQualificationType."""
    same = select(QualificationType).where(
        QualificationType.requester_id == call.requester_id,
        QualificationType.name == params["Name"],
        QualificationType.deleted_at.is_(None),
    )
    if call.session.scalars(same).first():
        raise RequestError(
            f"You have already created a QualificationType with this name. Name: {params['Name']}",
            "QualificationTypeAlreadyExists",
        )
    row = QualificationType(
        qualification_type_id=new_id(),
        requester_id=call.requester_id,
        name=params["Name"],
        description=params["Description"],
        keywords=params.get("Keywords"),
        active=params["QualificationTypeStatus"] == "Active",
        test=params.get("Test"),
        test_seconds=params.get("TestDurationInSeconds"),
        answer_key=params.get("AnswerKey"),
        retry_seconds=params.get("RetryDelayInSeconds"),
        auto_granted=params.get("AutoGranted", False),
        auto_granted_value=params.get("AutoGrantedValue", 1 if params.get("AutoGranted") else None),
        created_at=call.now,
    )
    call.session.add(row)
    call.session.flush()
    return {"QualificationType": show_type(row)}


def associate_qualification_with_worker(call: Call, params: Params) -> Reply:
    """AssociateQualificationWithWorker: grants, or gives another value."""
    held = find_type(call, params["QualificationTypeId"])
    worker = find_worker(call, params["WorkerId"])
    row = _qualification(call, held, worker.worker_id)
    if row is None:
        row = Qualification(qualification_type_id=held.qualification_type_id, worker_id=worker.worker_id)
        call.session.add(row)
    row.value = params.get("IntegerValue", 1)
    row.granted, row.granted_at, row.reason = True, call.now, None
    return {}


def _qualification(call: Call, held: QualificationType, worker_id: str) -> Qualification | None:
    query = select(Qualification).where(
        Qualification.worker_id == worker_id,
        Qualification.qualification_type_id == held.qualification_type_id,
    )
    return call.session.scalars(query).first()


def disassociate_qualification_from_worker(call: Call, params: Params) -> Reply:
    """DisassociateQualificationFromWorker: the row stays, revoked."""
    held = find_type(call, params["QualificationTypeId"])
    row = _qualification(call, held, params["WorkerId"])
    if row is None or not row.granted:
        raise RequestError(
            f"Worker {params['WorkerId']} does not have this qualification.", "QualificationDoesNotExist"
        )
    row.granted, row.reason = False, params.get("Reason")
    return {}
