"""What work really pays here: how long a type of HIT takes, and how its requester settles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd_server.store.models.hits import Assignment, Hit

LATEST = 1000
ENOUGH = 5


@dataclass
class TypeRecord:
    """Seconds from accepting to handing in, of the latest assignments of one HIT type."""

    seconds: list[float] = field(default_factory=list)

    @property
    def usual_seconds(self) -> float | None:
        """The median time; None while too few have been handed in."""
        return max(1.0, median(self.seconds)) if len(self.seconds) >= ENOUGH else None

    def hourly_cents(self, reward_cents: int) -> int | None:
        """The reward as an hourly rate at the median time; None while too few have been handed in."""
        return None if self.usual_seconds is None else round(reward_cents * 3600 / self.usual_seconds)


@dataclass
class RequesterRecord:
    """How a requester judged the latest work, and how long workers waited for it."""

    approved: int = 0
    rejected: int = 0
    waited: list[float] = field(default_factory=list)

    @property
    def approval_percent(self) -> int | None:
        """The share that was approved; None while too few have been judged."""
        judged = self.approved + self.rejected
        return 100 * self.approved // judged if judged >= ENOUGH else None

    @property
    def median_wait(self) -> float | None:
        """Seconds from handing in to approval, at the median."""
        return median(self.waited) if len(self.waited) >= ENOUGH else None


@dataclass(frozen=True)
class PayRecord:
    """The records by HIT type id and by requester id; one that is not there is empty."""

    types: Mapping[str, TypeRecord]
    requesters: Mapping[str, RequesterRecord]

    def of_type(self, hit_type_id: str) -> TypeRecord:
        """The record of a HIT type."""
        return self.types.get(hit_type_id) or TypeRecord()

    def usual_seconds(self) -> dict[str, float]:
        """By HIT type id, how long its work usually takes, where that is known."""
        known = {type_id: record.usual_seconds for type_id, record in self.types.items()}
        return {type_id: seconds for type_id, seconds in known.items() if seconds is not None}

    def of_requester(self, requester_id: str) -> RequesterRecord:
        """The record of a requester."""
        return self.requesters.get(requester_id) or RequesterRecord()


def pay_record(session: Session) -> PayRecord:
    """The records of the latest thousand assignments that were handed in."""
    # Bounded by the primary key, so that the list of HITs stays as fast in a year as it is today.
    query = (
        select(
            Hit.hit_type_id, Hit.requester_id, Assignment.state,
            Assignment.accepted_at, Assignment.submitted_at, Assignment.approved_at,
        )
        .join(Hit, Hit.hit_id == Assignment.hit_id)
        .where(Assignment.submitted_at.is_not(None))
        .order_by(Assignment.id.desc())
    )  # fmt: skip
    types: dict[str, TypeRecord] = {}
    requesters: dict[str, RequesterRecord] = {}
    for row in session.execute(query.limit(LATEST)):
        handed_in = row.submitted_at
        types.setdefault(row.hit_type_id, TypeRecord()).seconds.append(
            (handed_in - row.accepted_at).total_seconds()
        )
        requester = requesters.setdefault(row.requester_id, RequesterRecord())
        requester.approved += row.state == "approved"
        requester.rejected += row.state == "rejected"
        if row.approved_at:
            requester.waited.append((row.approved_at - handed_in).total_seconds())
    return PayRecord(types, requesters)
