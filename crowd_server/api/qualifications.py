"""Qualification types: define, read, change, delete, list."""

from datetime import UTC, datetime

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from crowd_server.api.call import Call, Params, Reply, listing
from crowd_server.api.limits import YEAR, check_text, in_range
from crowd_server.errors import (
    InvalidParameterCombinationError,
    ParameterValidationError,
    RequestError,
    missing,
)
from crowd_server.market import skills
from crowd_server.market.requirements import ADULT, HITS_APPROVED, LOCALE, PERCENT_APPROVED, SYSTEM
from crowd_server.questions.answer_keys import read_answer_key
from crowd_server.questions.documents import read_question
from crowd_server.questions.forms import read_form
from crowd_server.store.models.qualifications import QualificationType
from crowd_server.store.models.table import new_id

# Amazon's are older than any HIT; a program only expects a time.
OPENED = datetime(2005, 11, 2, tzinfo=UTC)
MEANINGS = {
    HITS_APPROVED: "How many of a worker's assignments were approved on this server.",
    PERCENT_APPROVED: "The share of a worker's judged assignments that was approved; 100 below 100 of them.",
    LOCALE: "The country, and in some the region, from which a worker works.",
    ADULT: "1 when the worker is an adult and agrees to be shown adult content, else 0.",
}


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


def system_type(type_id: str) -> Reply:
    """A qualification that the server itself keeps count of, as the API shows it."""
    return {
        "QualificationTypeId": type_id,
        "CreationTime": OPENED,
        "Name": SYSTEM[type_id],
        "Description": MEANINGS.get(type_id, "Nobody is given this qualification on this server."),
        "QualificationTypeStatus": "Active",
        "IsRequestable": False,
        "AutoGranted": False,
    }


def create_qualification_type(call: Call, params: Params) -> Reply:
    """CreateQualificationType."""
    check_text("Name", params["Name"], 200)
    check_text("Description", params["Description"], 2000)
    check_text("Keywords", params.get("Keywords", ""), 1000, required=False)
    row = QualificationType(
        qualification_type_id=new_id(),
        requester_id=call.requester_id,
        name=params["Name"],
        description=params["Description"],
        keywords=params.get("Keywords"),
        auto_granted=False,
        created_at=call.now,
    )
    _set(row, params)
    call.session.add(row)
    try:
        call.session.flush()
    except IntegrityError as error:
        raise RequestError(
            f"You have already created a QualificationType with this name. Name: {params['Name']}",
            "QualificationTypeAlreadyExists",
        ) from error
    return {"QualificationType": show_type(row)}


def _set(row: QualificationType, params: Params) -> None:
    """Take over what the request gives, and check that it fits together."""
    in_range(params, "TestDurationInSeconds", 1, YEAR)
    in_range(params, "RetryDelayInSeconds", 0, YEAR)
    row.description = params.get("Description", row.description)
    row.test = params.get("Test", row.test)
    row.test_seconds = params.get("TestDurationInSeconds", row.test_seconds)
    row.answer_key = params.get("AnswerKey", None if "Test" in params else row.answer_key)
    row.retry_seconds = params.get("RetryDelayInSeconds", row.retry_seconds)
    row.auto_granted = params.get("AutoGranted", row.auto_granted)
    given = params.get("AutoGrantedValue", row.auto_granted_value)
    row.auto_granted_value = given if given is not None or not row.auto_granted else 1
    if "QualificationTypeStatus" in params:
        row.active = params["QualificationTypeStatus"] == "Active"
    _check_test(row)


def _check_test(row: QualificationType) -> None:
    if row.test is None:
        if row.answer_key is not None:
            raise InvalidParameterCombinationError("An AnswerKey needs a Test.")
        return
    if row.auto_granted:
        raise InvalidParameterCombinationError("A QualificationType with a Test cannot be AutoGranted.")
    if row.test_seconds is None:
        raise InvalidParameterCombinationError("A Test needs TestDurationInSeconds.")
    question = read_question(row.test)
    if question.kind != "form":
        raise ParameterValidationError("A Test must be a QuestionForm.", "XMLParseError")
    form = read_form(question.element)
    if row.answer_key is not None:
        read_answer_key(row.answer_key, form)


def get_qualification_type(call: Call, params: Params) -> Reply:
    """GetQualificationType: anybody's; test and key are shown to the owner only."""
    type_id = params["QualificationTypeId"]
    if type_id in SYSTEM:
        return {"QualificationType": system_type(type_id)}
    return {"QualificationType": _show_to(call, find_type(call, type_id, owned=False))}


def _show_to(call: Call, row: QualificationType) -> Reply:
    shown = show_type(row)
    return shown if row.requester_id == call.requester_id else {**shown, "Test": None, "AnswerKey": None}


def update_qualification_type(call: Call, params: Params) -> Reply:
    """UpdateQualificationType: name and keywords stay; a test cannot go, and a new one has no old key."""
    row = find_type(call, params["QualificationTypeId"])
    if "Description" in params:
        check_text("Description", params["Description"], 2000)
    _set(row, params)
    return {"QualificationType": show_type(row)}


def delete_qualification_type(call: Call, params: Params) -> Reply:
    """DeleteQualificationType, at once: name free, requests rejected; HITs that ask for it stay barred."""
    row = find_type(call, params["QualificationTypeId"])
    row.deleted_at = call.now
    row.active = False
    skills.reject_pending(
        call.session, row.qualification_type_id, "This qualification is not given any more."
    )
    return {}


def list_qualification_types(call: Call, params: Params) -> Reply:
    """ListQualificationTypes: words of Query are looked for in name, description and keywords."""
    query = select(QualificationType).where(QualificationType.deleted_at.is_(None))
    if params.get("MustBeOwnedByCaller"):
        query = query.where(QualificationType.requester_id == call.requester_id)
    if params["MustBeRequestable"]:
        query = query.where(QualificationType.active)
    for word in params.get("Query", "").split()[:10]:
        texts = (QualificationType.name, QualificationType.description, QualificationType.keywords)
        query = query.where(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    rows, token = call.page(query, QualificationType.id, params, lambda row: _show_to(call, row))
    return listing("QualificationTypes", rows, token)
