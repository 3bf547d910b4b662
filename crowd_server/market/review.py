"""Review policies at work: known answers when an assignment comes in, plurality when a HIT is reviewable."""

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd_server.errors import CrowdError
from crowd_server.market import judgement, notices
from crowd_server.market.moves import resettle
from crowd_server.market.policies import DEFAULT_MOST_ASSIGNMENTS, LONGEST_ANSWER, Policy
from crowd_server.market.rules import BIG_HIT, SUBMITTED, Effect
from crowd_server.questions.documents import read_answers
from crowd_server.store.models.hits import Assignment, Hit, ReviewEntry
from crowd_server.store.models.table import new_id


def when_submitted(session: Session, hit: Hit, assignment: Assignment, now: datetime) -> None:
    """Score an assignment against the known answers, and do what the policy says of that score."""
    document = hit.policies.get("AssignmentReviewPolicy")
    if document is None:
        return
    policy = Policy.read(document)
    report = Report(session, hit, "Assignment", now)
    score = report.known_answers(policy, assignment)
    report.judge(policy, assignment, score, "KnownAnswerScore")
    if policy.missed("ExtendIfKnownAnswerScoreIsLessThan", score):
        report.extend(policy)


def when_reviewable(session: Session, hit: Hit, now: datetime) -> None:
    """Tell that a HIT is reviewable, and find the answers that its workers agree on."""
    notices.tell(session, "HITReviewable", hit, now)
    document = hit.policies.get("HITReviewPolicy")
    if document is None:
        return
    policy = Policy.read(document)
    report = Report(session, hit, "HIT", now)
    agreement = report.plurality(policy)
    if policy.missed("ExtendIfHITAgreementScoreIsLessThan", agreement):
        report.extend(policy)


def known_answer_score(key: dict[str, set[str]], answers: dict[str, str]) -> int:
    """The percentage of the known answers that were given."""
    right = sum(answers.get(question, "") in allowed for question, allowed in key.items())
    return 100 * right // max(1, len(key))


def short_answers(assignment: Assignment) -> dict[str, str]:
    """An assignment's answers, trimmed; the long ones, which policies ignore, left out."""
    answers = {name: text.strip() for name, text in read_answers(assignment.answer or "").items()}
    return {name: text for name, text in answers.items() if len(text) <= LONGEST_ANSWER}


class Report:
    """The lines that one run of a policy adds to a HIT's review report."""

    def __init__(self, session: Session, hit: Hit, level: str, now: datetime) -> None:
        self.session = session
        self.hit = hit
        self.level = level
        self.now = now
        self.action_id = new_id()

    def _write(self, kind: str, body: dict[str, object]) -> None:
        present = {name: value for name, value in body.items() if value is not None}
        self.session.add(
            ReviewEntry(hit_id=self.hit.hit_id, level=self.level, kind=kind, body=present, at=self.now)
        )

    def found(
        self, subject: str, subject_type: str, key: str, value: object, question: str | None = None
    ) -> None:
        """A result."""
        self._write("result", {
            "ActionId": self.action_id, "SubjectId": subject, "SubjectType": subject_type,
            "QuestionId": question, "Key": key, "Value": str(value),
        })  # fmt: skip

    def did(self, name: str, target: str, status: str, *, result: str, error: str | None = None) -> None:
        """An action."""
        self._write("action", {
            "ActionId": new_id(), "ActionName": name, "TargetId": target,
            "TargetType": "HIT" if target == self.hit.hit_id else "Assignment",
            "Status": status, "Result": result, "ErrorCode": error,
        })  # fmt: skip

    def known_answers(self, policy: Policy, assignment: Assignment) -> int:
        """Score one assignment."""
        key, answers = policy.answer_key(), short_answers(assignment)
        subject = assignment.assignment_id
        for question, allowed in key.items():
            right = int(answers.get(question, "") in allowed)
            self.found(subject, "Assignment", "KnownAnswerCorrect", right, question)
        score = known_answer_score(key, answers)
        self.found(subject, "Assignment", "KnownAnswerScore", score)
        return score

    def judge(self, policy: Policy, assignment: Assignment, score: int, what: str) -> None:
        """Approve or reject by a score; what somebody has already judged is left alone."""
        if assignment.state != "submitted":
            return
        if policy.reached(f"ApproveIf{what}IsAtLeast", score):
            self._act("approve", assignment, policy.text("ApproveReason"))
        elif policy.missed(f"RejectIf{what}IsLessThan", score):
            self._act("reject", assignment, policy.text("RejectReason", "The answers do not match."))

    def _act(self, name: str, assignment: Assignment, reason: str) -> None:
        status, result, error = "Succeeded", reason, None
        try:
            if name == "approve":
                judgement.approve(self.session, assignment, self.now, reason or None, override=False)
            else:
                judgement.reject(self.session, assignment, self.now, reason)
        except CrowdError as failure:
            status, result, error = "Failed", failure.message, failure.turk_code
        self.did(name, assignment.assignment_id, status, result=result, error=error)

    def extend(self, policy: Policy) -> None:
        """One more assignment and time for it, up to the policy's limit."""
        most = policy.number("ExtendMaximumAssignments") or DEFAULT_MOST_ASSIGNMENTS
        hit = self.hit
        if hit.max_assignments >= most:
            return self.did("extend", hit.hit_id, "Cancelled", result=f"It has {most} assignments already.")
        if hit.created_with < BIG_HIT <= hit.max_assignments + 1:
            return self.did(
                "extend", hit.hit_id, "Failed", result="It was created with fewer than 10 assignments.",
                error="AWS.MechanicalTurk.InvalidMaximumAssignmentsIncrease",
            )  # fmt: skip
        seconds = policy.number("ExtendMinimumTimeInSeconds") or 0
        try:
            with self.session.begin_nested():
                hit.expires_at = max(hit.expires_at, self.now + timedelta(seconds=seconds))
                self.session.flush()
                resettle(self.session, hit, Effect(available=1), self.now, "HITExtended")
        except CrowdError as failure:
            return self.did("extend", hit.hit_id, "Failed", result=failure.message, error=failure.turk_code)
        return self.did("extend", hit.hit_id, "Succeeded", result="1 assignment more")

    def plurality(self, policy: Policy) -> int:
        """Find the answer that most gave to each question; the HIT's agreement score."""
        assignments = [row for row in self._submitted() if not self._disregarded(policy, row)]
        answers = {row.assignment_id: short_answers(row) for row in assignments}
        questions = policy.values("QuestionIds")
        agreed: dict[str, str] = {}
        for question in questions:
            winner = self._question(policy, question, [given.get(question) for given in answers.values()])
            if winner is not None:
                agreed[question] = winner
        score = 100 * len(agreed) // len(questions)
        self.found(self.hit.hit_id, "HIT", "HITAgreementScore", score)
        for row in assignments:
            same = sum(
                answers[row.assignment_id].get(question) == winner for question, winner in agreed.items()
            )
            worker_score = 100 * same // max(1, len(agreed))
            self.found(row.assignment_id, "Assignment", "WorkerAgreementScore", worker_score)
            if agreed:
                self.judge(policy, row, worker_score, "WorkerAgreementScore")
        return score

    def _question(self, policy: Policy, question: str, given: list[str | None]) -> str | None:
        counts = Counter(answer for answer in given if answer is not None).most_common(2)
        if not counts:
            return None
        answer, number = counts[0]
        score = 100 * number // len(given)
        self.found(self.hit.hit_id, "HIT", "QuestionAgreementScore", score, question)
        tied = len(counts) > 1 and counts[1][1] == number
        if tied or score < (policy.number("QuestionAgreementThreshold") or 0):
            return None
        self.found(self.hit.hit_id, "HIT", "AgreedAnswer", answer, question)
        return answer

    def _submitted(self) -> list[Assignment]:
        query = select(Assignment).where(
            Assignment.hit_id == self.hit.hit_id, Assignment.state.in_(SUBMITTED)
        )
        # Moves go past the models, so what the session knows of an assignment may be from before its last.
        fresh = query.order_by(Assignment.id).execution_options(populate_existing=True)
        return list(self.session.scalars(fresh))

    def _disregarded(self, policy: Policy, assignment: Assignment) -> bool:
        if policy.text("DisregardAssignmentIfRejected") in ("T", "true") and assignment.state == "rejected":
            return True
        known = self.hit.policies.get("AssignmentReviewPolicy")
        limit = "DisregardAssignmentIfKnownAnswerScoreIsLessThan"
        if known is None or policy.number(limit) is None:
            return False
        return policy.missed(
            limit, known_answer_score(Policy.read(known).answer_key(), short_answers(assignment))
        )
