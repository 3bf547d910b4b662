"""What review policies found and did."""

from typing import Any

from sqlalchemy import select

from crowd_server.api.call import Call, Params, Reply
from crowd_server.api.hits import find
from crowd_server.market.policies import SHORT_LEVELS
from crowd_server.store.models.hits import ReviewEntry


def list_review_policy_results_for_hit(call: Call, params: Params) -> Reply:
    """ListReviewPolicyResultsForHIT."""
    hit = find(call, params)
    levels = params.get("PolicyLevels") or list(SHORT_LEVELS.values())
    kinds = [
        kind
        for kind, member in (("action", "RetrieveActions"), ("result", "RetrieveResults"))
        if params.get(member, True)
    ]
    query = select(ReviewEntry).where(
        ReviewEntry.hit_id == hit.hit_id, ReviewEntry.level.in_(levels), ReviewEntry.kind.in_(kinds)
    )
    rows, token = call.page(query, ReviewEntry.id, params, _show)
    reply: dict[str, Any] = {"HITId": hit.hit_id, "NextToken": token}
    for policy, level in SHORT_LEVELS.items():
        if level in levels and policy in hit.policies:
            reply[policy] = hit.policies[policy]
            reply[f"{level}ReviewReport"] = _report(rows, level)
    return reply


def _show(row: ReviewEntry) -> Reply:
    moment = {"CompleteTime": row.at} if row.kind == "action" else {}
    return {"level": row.level, "kind": row.kind, "body": {**row.body, **moment}}


def _report(rows: list[Reply], level: str) -> Reply:
    return {
        member: [row["body"] for row in rows if (row["level"], row["kind"]) == (level, kind)]
        for member, kind in (("ReviewResults", "result"), ("ReviewActions", "action"))
    }
