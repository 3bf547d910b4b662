"""HIT types and HITs: create, read, list, extend, expire, review, delete."""

from datetime import timedelta
from functools import cache, partial
from typing import Any

from sqlalchemy import select

from crowd_server.api.call import Call, Params, Reply, listing
from crowd_server.api.limits import MONTH, YEAR, check_length, check_text, in_range
from crowd_server.api.qualifications import find_type as find_qualification
from crowd_server.api.requirements import checked_requirements
from crowd_server.api.wire import cents, dollars
from crowd_server.errors import RequestError, invalid
from crowd_server.market import hits
from crowd_server.market.policies import LEVELS, problem
from crowd_server.market.requirements import SYSTEM
from crowd_server.questions.documents import read_question
from crowd_server.questions.forms import read_form
from crowd_server.store.models.hits import Hit, HitType

MOST_ASSIGNMENTS = 10**9
TEXTS = {"Title": 128, "Description": 2000, "Keywords": 1000}


def create_hit_type(call: Call, params: Params) -> Reply:
    """CreateHITType: equal properties give the type that is there."""
    return {"HITTypeId": _type_for(call, params).hit_type_id}


def create_hit(call: Call, params: Params) -> Reply:
    """CreateHIT: the type is found or made from the HIT's own properties."""
    call.first_use(params, _already_exists)
    return _create(call, params, _type_for(call, params))


def create_hit_with_hit_type(call: Call, params: Params) -> Reply:
    """CreateHITWithHITType."""
    call.first_use(params, _already_exists)
    return _create(call, params, hits.find_type(call.session, call.requester_id, params["HITTypeId"]))


def _type_for(call: Call, params: Params) -> HitType:
    for name, longest in TEXTS.items():
        check_text(name, params.get(name, ""), longest, required=name != "Keywords")
    reward = cents(params["Reward"], "Reward")
    in_range(params, "AssignmentDurationInSeconds", 30, YEAR)
    in_range(params, "AutoApprovalDelayInSeconds", 0, MONTH)
    properties = {
        "title": params["Title"],
        "description": params["Description"],
        "keywords": params.get("Keywords", ""),
        "reward_cents": reward,
        "duration_seconds": params["AssignmentDurationInSeconds"],
        "auto_approval_seconds": params.get("AutoApprovalDelayInSeconds", MONTH),
        "requirements": checked_requirements(call, params.get("QualificationRequirements", [])),
    }
    return hits.type_for(call.session, call.requester_id, properties, call.now)


def _create(call: Call, params: Params, hit_type: HitType) -> Reply:
    in_range(params, "LifetimeInSeconds", 30, YEAR)
    in_range(params, "MaxAssignments", 1, MOST_ASSIGNMENTS)
    check_length(params, "RequesterAnnotation", 255)
    if "HITLayoutId" in params:
        raise RequestError(
            f"HITLayout {params['HITLayoutId']} does not exist. Send a Question instead.",
            "HITLayoutDoesNotExist",
        )
    if "Question" not in params:
        raise invalid("Question", "", "A HIT needs a Question.")
    question = read_question(params["Question"])
    if question.kind == "form":
        read_form(question.element)
    hit = hits.create(
        call.session,
        hit_type,
        call.now,
        question=params["Question"],
        max_assignments=params.get("MaxAssignments", 1),
        lifetime=timedelta(seconds=params["LifetimeInSeconds"]),
        annotation=params.get("RequesterAnnotation"),
        policies=_policies(params),
    )
    call.spend_token(params, hit.hit_id, _already_exists)
    return {"HIT": show_hit(hit, hit_type)}


def _policies(params: Params) -> Params:
    given = {level: params[level] for level in LEVELS if level in params}
    for level, document in given.items():
        why = problem(level, document)
        if why:
            raise invalid(level, document["PolicyName"], why)
    return given


def _already_exists(hit_id: str) -> RequestError:
    return RequestError(f'The HIT with ID "{hit_id}" already exists.', "HITAlreadyExists")


def show_hit(hit: Hit, hit_type: HitType) -> Reply:
    """A HIT as the API shows it."""
    return {
        "HITId": hit.hit_id,
        "HITTypeId": hit_type.hit_type_id,
        "HITGroupId": hit_type.group_id,
        "CreationTime": hit.created_at,
        "Title": hit_type.title,
        "Description": hit_type.description,
        "Question": hit.question,
        "Keywords": hit_type.keywords,
        "HITStatus": hit.status,
        "MaxAssignments": hit.max_assignments,
        "Reward": dollars(hit_type.reward_cents),
        "AutoApprovalDelayInSeconds": hit_type.auto_approval_seconds,
        "Expiration": hit.expires_at,
        "AssignmentDurationInSeconds": hit_type.duration_seconds,
        "RequesterAnnotation": hit.annotation,
        "QualificationRequirements": hit_type.requirements,
        "HITReviewStatus": hit.review_status,
        "NumberOfAssignmentsPending": hit.pending,
        "NumberOfAssignmentsAvailable": hit.available,
        "NumberOfAssignmentsCompleted": hit.completed,
    }


def find(call: Call, params: Params, *, lock: bool = False) -> Hit:
    """The HIT that the request names, if it is the caller's."""
    return hits.find_hit(call.session, call.requester_id, params["HITId"], lock=lock)


def type_of(call: Call, hit: Hit) -> HitType:
    """A HIT's type."""
    return hits.find_type(call.session, call.requester_id, hit.hit_type_id)


def get_hit(call: Call, params: Params) -> Reply:
    """GetHIT."""
    hit = find(call, params)
    return {"HIT": show_hit(hit, type_of(call, hit))}


def list_hits(call: Call, params: Params) -> Reply:
    """ListHITs: all but the disposed."""
    query = select(Hit).where(Hit.requester_id == call.requester_id, Hit.status != "Disposed")
    if call.stale_after is not None:
        query = query.where(Hit.created_at < call.stale_after)
    return _list(call, query, params)


def _list(call: Call, query: Any, params: Params) -> Reply:
    find_type = cache(partial(hits.find_type, call.session, call.requester_id))
    rows, token = call.page(query, Hit.id, params, lambda hit: show_hit(hit, find_type(hit.hit_type_id)))
    return listing("HITs", rows, token)


def list_hits_for_qualification_type(call: Call, params: Params) -> Reply:
    """ListHITsForQualificationType: the caller's HITs that ask for it."""
    wanted = params["QualificationTypeId"]
    if wanted not in SYSTEM:
        find_qualification(call, wanted, owned=False)
    types = select(HitType).where(HitType.requester_id == call.requester_id)
    asking = [
        row.hit_type_id
        for row in call.session.scalars(types)
        if any(requirement["QualificationTypeId"] == wanted for requirement in row.requirements)
    ]
    return _list(call, select(Hit).where(Hit.hit_type_id.in_(asking), Hit.status != "Disposed"), params)


def list_reviewable_hits(call: Call, params: Params) -> Reply:
    """ListReviewableHITs: ids only, as Amazon's answered."""
    query = select(Hit).where(
        Hit.requester_id == call.requester_id, Hit.status == params.get("Status", "Reviewable")
    )
    if "HITTypeId" in params:
        query = query.where(Hit.hit_type_id == params["HITTypeId"])
    if call.stale_after is not None:
        query = query.where(Hit.reviewable_at < call.stale_after)
    rows, token = call.page(query, Hit.id, params, lambda hit: {"HITId": hit.hit_id})
    return listing("HITs", rows, token)


def create_additional_assignments_for_hit(call: Call, params: Params) -> Reply:
    """CreateAdditionalAssignmentsForHIT."""
    call.first_use(params, _already_extended)
    hit = find(call, params, lock=True)
    in_range(params, "NumberOfAdditionalAssignments", 1, MOST_ASSIGNMENTS - hit.max_assignments)
    hits.extend(call.session, hit, params["NumberOfAdditionalAssignments"], call.now)
    call.spend_token(params, hit.hit_id, _already_extended)
    return {}


def _already_extended(hit_id: str) -> RequestError:
    return RequestError(
        f'The request with this UniqueRequestToken has already extended the HIT with ID "{hit_id}".',
        "HITAlreadyExists",
    )


def update_expiration_for_hit(call: Call, params: Params) -> Reply:
    """UpdateExpirationForHIT: any time in the past means now."""
    at = params["ExpireAt"]
    if at > call.now + timedelta(seconds=YEAR):
        raise invalid("ExpireAt", at, "It must be within a year from now.")
    hits.set_expiration(call.session, find(call, params, lock=True), at, call.now)
    return {}


def update_hit_review_status(call: Call, params: Params) -> Reply:
    """UpdateHITReviewStatus."""
    hits.set_review(call.session, find(call, params, lock=True), params.get("Revert", False))
    return {}


def update_hit_type_of_hit(call: Call, params: Params) -> Reply:
    """UpdateHITTypeOfHIT: as long as nobody accepted it."""
    hit_type = hits.find_type(call.session, call.requester_id, params["HITTypeId"])
    hits.retype(call.session, find(call, params, lock=True), hit_type, call.now)
    return {}


def delete_hit(call: Call, params: Params) -> Reply:
    """DeleteHIT: reviewable, and everything reviewed."""
    hits.dispose(call.session, find(call, params, lock=True), call.now)
    return {}
