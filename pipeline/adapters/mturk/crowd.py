"""A crowd behind Mechanical Turk's Requester API, reached with plain boto3 at any endpoint."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from pipeline.adapters.mturk.documents import answer_of, dollars, external_question
from pipeline.crowd import CrowdRefused, CrowdUnreachable, Requirement, Skill, Submitted, Ticket
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_mturk import MTurkClient
    from mypy_boto3_mturk.type_defs import QualificationRequirementTypeDef

PAGE = 100
FOREVER_AGO = 0
LONGEST_REASON = 300
Reply = TypeVar("Reply")


class MTurkCrowd:
    """Calls the Requester API. botocore retries failed calls; a repeated effect is recognised here."""

    def __init__(
        self,
        endpoint: str,
        region: str,
        access_key: str = "",
        secret_key: str = "",
        calls_per_second: float = 0.0,
    ) -> None:
        self._client: MTurkClient = boto3.client(
            "mturk",
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=access_key or None,
            aws_secret_access_key=secret_key or None,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": 6},
                connect_timeout=10,
                read_timeout=60,
                max_pool_connections=16,
            ),
        )
        self._endpoint = endpoint
        self._skills: dict[str, str] = {}
        self._naming = threading.Lock()
        self._pause = 1 / calls_per_second if calls_per_second else 0.0
        self._turn = threading.Lock()
        self._next_call = 0.0

    def post(self, ticket: Ticket, annotation: str, token: str) -> str:
        """Post a HIT and give its id; if the token was used before, give the HIT that came of it."""
        try:
            reply = self._call(
                self._client.create_hit,
                Title=ticket.title,
                Description=ticket.description,
                Keywords=ticket.keywords,
                Reward=dollars(ticket.reward_cents),
                AssignmentDurationInSeconds=ticket.seconds_allowed,
                AutoApprovalDelayInSeconds=ticket.auto_approval_seconds,
                QualificationRequirements=[self._required(one) for one in ticket.requirements],
                LifetimeInSeconds=ticket.lifetime_seconds,
                MaxAssignments=1,
                Question=external_question(ticket.page, ticket.frame_height),
                RequesterAnnotation=annotation,
                UniqueRequestToken=token,
            )
        except CrowdRefused as refusal:
            if not refusal.code.lower().endswith("hitalreadyexists"):
                raise
            named = re.search(r'"([A-Z0-9]{10,64})"', str(refusal))
            hit_id = named[1] if named else self.find(annotation)
            if hit_id is None:
                raise
            return hit_id
        return str(reply["HIT"]["HITId"])

    def find(self, annotation: str) -> str | None:
        """Look for a HIT by its annotation."""
        for hit in self._pages("list_hits", "HITs"):
            if hit.get("RequesterAnnotation") == annotation:
                return str(hit["HITId"])
        return None

    def reviewable(self) -> Iterator[str]:
        """Give the ids of HITs that no worker can add to."""
        for hit in self._pages("list_reviewable_hits", "HITs"):
            yield str(hit["HITId"])

    def submitted(self, hit_id: str) -> list[Submitted]:
        """Give a HIT's submitted assignments, approved and rejected ones too."""
        rows = self._pages("list_assignments_for_hit", "Assignments", HITId=hit_id)
        return [
            Submitted(
                row["AssignmentId"],
                row["WorkerId"],
                row["AcceptTime"],
                row["SubmitTime"],
                answer_of(row["Answer"]),
            )
            for row in islice(rows, 1)  # a HIT of ours has one place; the next page would be empty
        ]

    def approve(self, assignment_id: str, feedback: str = "") -> None:
        """Pay an assignment, once; its worker reads the feedback, if there is any."""
        told = {"RequesterFeedback": feedback} if feedback else {}
        try:
            self._call(self._client.approve_assignment, AssignmentId=assignment_id, **told)
        except CrowdRefused as refusal:
            if not self.is_approved(assignment_id):
                raise refusal

    def reject(self, assignment_id: str, reason: str) -> None:
        """Refuse to pay an assignment, with a reason that its worker reads."""
        try:
            self._call(self._client.reject_assignment, AssignmentId=assignment_id, RequesterFeedback=reason)
        except CrowdRefused as refusal:
            if not self._has_status(assignment_id, "Rejected"):
                raise refusal

    def is_approved(self, assignment_id: str) -> bool:
        """Tell whether an assignment was paid, by whomever: a rejection can be overruled."""
        try:
            return self._has_status(assignment_id, "Approved")
        except CrowdRefused as refusal:
            # Its HIT was deleted, and nothing more is paid.
            if refusal.code.endswith("AssignmentDoesNotExist"):
                return False
            raise

    def bonus(self, assignment_id: str, worker_id: str, cents: int, reason: str, token: str) -> None:
        """Pay a worker more for an assignment, once for each token."""
        # The token is forgotten after a day, the payment is not; no assignment gets two bonuses from us.
        if any(self._pages("list_bonus_payments", "BonusPayments", AssignmentId=assignment_id)):
            return
        try:
            self._call(
                self._client.send_bonus,
                WorkerId=worker_id,
                AssignmentId=assignment_id,
                BonusAmount=dollars(cents),
                Reason=reason,
                UniqueRequestToken=token,
            )
        except CrowdRefused as refusal:
            if "idempotency" not in str(refusal).lower():
                raise

    def expire(self, hit_id: str) -> None:
        """Take a HIT off the market; whoever has accepted it may finish."""
        self._gone_is_fine(self._client.update_expiration_for_hit, HITId=hit_id, ExpireAt=FOREVER_AGO)

    def delete(self, hit_id: str) -> None:
        """Dispose of a HIT whose work is done and paid."""
        self._gone_is_fine(self._client.delete_hit, HITId=hit_id)

    def qualify(self, skill: Skill, worker_id: str, value: int | None) -> None:
        """Give a worker a score, in place of any earlier one, or (None) take the qualification back."""
        whose = {"QualificationTypeId": self._skill(skill), "WorkerId": worker_id}
        if value is not None:
            grant = self._client.associate_qualification_with_worker
            self._call(grant, **whose, IntegerValue=value, SendNotification=False)
            return
        try:
            self._call(self._client.disassociate_qualification_from_worker, **whose)
        except CrowdRefused as refusal:
            if not refusal.code.endswith("QualificationDoesNotExist"):
                raise

    def balance_cents(self) -> int:
        """Tell what the account holds."""
        reply = self._call(self._client.get_account_balance)
        return round(float(self._part(reply, "AvailableBalance")) * 100)

    def _required(self, one: Requirement) -> QualificationRequirementTypeDef:
        skill = self._skill(one.skill)
        if one.least is None:
            return {
                "QualificationTypeId": skill,
                "Comparator": "DoesNotExist",
                "ActionsGuarded": "DiscoverPreviewAndAccept",
            }
        return {
            "QualificationTypeId": skill,
            "Comparator": "GreaterThanOrEqualTo",
            "IntegerValues": [one.least],
            "ActionsGuarded": "Accept",
        }

    def _skill(self, skill: Skill) -> str:
        # One at a time: two calls at once could make two types of one name.
        with self._naming:
            if skill.name not in self._skills:
                self._list_skills()
            if skill.name not in self._skills:
                self._make_skill(skill)
            return self._skills[skill.name]

    def _list_skills(self) -> None:
        mine = {"MustBeRequestable": False, "MustBeOwnedByCaller": True}
        types = self._pages("list_qualification_types", "QualificationTypes", **mine)
        self._skills |= {one["Name"]: one["QualificationTypeId"] for one in types}

    def _make_skill(self, skill: Skill) -> None:
        try:
            reply = self._call(
                self._client.create_qualification_type,
                Name=skill.name,
                Description=skill.description,
                QualificationTypeStatus="Active",
            )
            self._skills[skill.name] = reply["QualificationType"]["QualificationTypeId"]
        except CrowdRefused:
            # Made already, by a call whose answer was lost.
            self._list_skills()
            if skill.name not in self._skills:
                raise

    def _has_status(self, assignment_id: str, status: str) -> bool:
        reply = self._call(self._client.get_assignment, AssignmentId=assignment_id)
        return bool(reply["Assignment"]["AssignmentStatus"] == status)

    def _gone_is_fine(self, operation: Callable[..., Any], **arguments: Any) -> None:
        try:
            self._call(operation, **arguments)
        except CrowdRefused as refusal:
            if not refusal.code.endswith("HITDoesNotExist"):
                raise

    def _pages(self, operation: str, rows: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            reply = self._call(getattr(self._client, operation), MaxResults=PAGE, **arguments, **token)
            yield from self._part(reply, rows)
            # A token can come with the last page, or come twice; following it again would never end.
            if not reply.get("NextToken") or {"NextToken": reply["NextToken"]} == token:
                return
            token = {"NextToken": reply["NextToken"]}

    def _call(self, operation: Callable[..., Reply], **arguments: Any) -> Reply:
        self._wait()
        try:
            return operation(**arguments)
        except ClientError as error:
            raise self._explained(error) from error
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise SettingsError(
                "There are no keys for the crowd. Set crowd.access_key and crowd.secret_key, or what boto3 "
                "reads: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile."
            ) from error
        except BotoCoreError as error:
            raise CrowdUnreachable(
                f"The crowd at {self._endpoint} cannot be reached: {_one_line(error)}. Check crowd.endpoint."
            ) from error

    def _explained(self, error: ClientError) -> CrowdRefused | CrowdUnreachable | SettingsError:
        reply: Any = error.response
        code = str(reply.get("TurkErrorCode") or reply["Error"]["Code"])
        status = int(reply["ResponseMetadata"].get("HTTPStatusCode", 0))
        if status >= 500 or reply["Error"]["Code"] in ("ServiceFault", "ThrottlingException"):
            return CrowdUnreachable(f"The crowd at {self._endpoint} fails: {code}. Start again in a while.")
        if code == str(status):  # botocore puts the status where the answer names no error of the API
            return self._no_api(f"it answers HTTP {status}")
        return CrowdRefused(code, _one_line(reply["Error"]["Message"]) or code)

    def _part(self, reply: Any, name: str) -> Any:
        if name not in reply:
            raise self._no_api(f"its answer holds no {name}")
        return reply[name]

    def _no_api(self, what: str) -> SettingsError:
        return SettingsError(
            f"{self._endpoint} is no Requester API: {what}. Set crowd.endpoint to the crowd's address."
        )

    def _wait(self) -> None:
        if not self._pause:
            return
        with self._turn:
            start = max(self._next_call, time.monotonic())
            self._next_call = start + self._pause
        time.sleep(max(0.0, start - time.monotonic()))


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:LONGEST_REASON].rstrip(".")
