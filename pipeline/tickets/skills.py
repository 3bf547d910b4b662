"""Our names for qualifications, and what workers read under them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.crowd import Skill
from pipeline.store.models import Fact, Synset

CODE = 8
"""Characters by which a run's qualifications differ from those of other runs of the same account."""

PAID = "What they have handed in is paid as before."
MISTAKE = "If you have it and think that this is a mistake, write to the requester."


def excluded_from(scope: str = "") -> str:
    """Name the qualification of those who get no more work: of any kind, of a kind, or of a family."""
    return f"excluded:{scope}"


def passed(family: str) -> str:
    """Name the qualification of those who took a family's entry test; its score is what they had right."""
    return f"passed:{family}"


def skill_named(session: Session, name: str) -> Skill:
    """Give what workers read of one of our qualifications."""
    what, _, scope = name.partition(":")
    mine = select(Synset.family_name).where(Synset.family == scope).limit(1)
    family, code = session.scalar(mine), _code(session)
    if what == "passed":
        return Skill(
            f"Test passed: photos of {family} (project {code})",
            f"Shows that you can tell photos of kinds of {family}. To get it, do the HIT with the paid test "
            "in the list of HITs; you see at once how you did. It is not given on request.",
        )
    work = f" with photos of {family}" if family else " that ask what photos show" if scope else ""
    return Skill(
        f"No more HITs{work} (project {code})",
        # Everybody reads it on the crowd's list of qualifications, not only who has it.
        f"Whoever has this gets no more HITs{work} from this project: their answers would not count. "
        f"It is not given on request. {PAID} {MISTAKE}",
    )


def _code(session: Session) -> str:
    return (session.scalar(select(Fact.value).where(Fact.name == "run_id")) or "")[:CODE]
