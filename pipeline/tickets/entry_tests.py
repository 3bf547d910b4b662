"""Entry tests on the market: which families of synsets have one, and which tickets that calls for.

A family has a test as long as one of its synsets has known photos enough. Tickets to label its synsets are
then for those who have passed; who has not finds the test beside them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from pipeline.hits import label_images
from pipeline.hits.entry_test import EACH, KIND
from pipeline.store.models import Candidate, Hit, Qualification, Synset
from pipeline.tickets.market import LEASED, TO_LABEL, Need
from pipeline.tickets.qualifications import set_scores
from pipeline.tickets.skills import passed
from pipeline.votes.page_gold import as_examples

OUT = 10
"""Tickets of a test on the market at once: so many workers can begin between two looks at the crowd."""

NAMED = 5
UNTESTED = "Labelled without an entry test, as gold is too short for one"

RETRY = timedelta(days=1)
"""After a test that was not passed; then there is a second one, on other photos, and no third."""

FAMILIES = select(Synset.wnid, Synset.family)
KNOWN_PHOTOS = (
    select(Candidate.wnid, Candidate.gold, func.count())
    .where(Candidate.gold.is_not(None), Candidate.picture.is_not(None))
    .group_by(Candidate.wnid, Candidate.gold)
)
TO_BE_LABELLED = (
    select(Synset.family)
    .join(Candidate, Candidate.wnid == Synset.wnid)
    .where(Candidate.state.in_(TO_LABEL))
    .distinct()
)
_idle = (Hit.kind == KIND.name) & Hit.wnid.not_in(bindparam("asked", expanding=True))
_covered = Hit.wnid.in_(bindparam("covered", expanding=True))
STALE = select(Hit.hit_id).where(
    Hit.state == "open",
    Hit.hit_id.not_in(LEASED),
    _idle | ((Hit.kind == label_images.KIND.name) & (Hit.tested != _covered)),
)


@dataclass(frozen=True, slots=True)
class Tests:
    """The entry tests there are: by family, the synset that its test is about; and every synset's family."""

    about: Mapping[str, str]
    family: Mapping[str, str]

    def covers(self, wnid: str) -> bool:
        """Tell whether labelling a synset needs a passed test."""
        return self.family.get(wnid) in self.about


def entry_tests(session: Session, pass_mark: int) -> Tests:
    """Find the families that have a test: those of the synsets with known photos enough, the first each."""
    family: dict[str, str] = dict(session.execute(FAMILIES).all())
    able = _able(session, EACH) if pass_mark else []
    return Tests({family[wnid]: wnid for wnid in sorted(able, reverse=True)}, family)


def _able(session: Session, each: int) -> list[str]:
    """List the synsets with so many known photos of either truth, those shown as examples aside."""
    left: defaultdict[str, int] = defaultdict(int)
    for wnid, _, known in session.execute(KNOWN_PHOTOS):
        left[wnid] += known - as_examples(known) >= each
    return [wnid for wnid, truths in left.items() if truths == 2]


def tests_needed(
    tests: Tests, needs: Collection[Need], live: Mapping[tuple[str, str], tuple[int, int]]
) -> list[Need]:
    """List the tests to put on the market: of families with photos to label, up to a few each."""
    wanted = {tests.family[need.wnid] for need in needs if need.kind == label_images.KIND.name}
    short = {
        wnid: OUT - live.get((KIND.name, wnid), (0, 0))[1]
        for family, wnid in tests.about.items()
        if family in wanted
    }
    return [Need(KIND.name, wnid, n * KIND.items_per_hit, n) for wnid, n in sorted(short.items()) if n > 0]


def stale_tickets(session: Session, tests: Tests) -> list[str]:
    """List open tickets whose terms are past: tests that lead to no work, labels for others than today."""
    families = set(session.scalars(TO_BE_LABELLED)) if tests.about else set()
    asked = [wnid for family, wnid in tests.about.items() if family in families]
    covered = [wnid for wnid in tests.family if tests.covers(wnid)]
    return [str(hit_id) for hit_id in session.scalars(STALE, {"asked": asked, "covered": covered})]


def plan_retries(session: Session, tests: Tests, pass_mark: int, now: datetime) -> int:
    """Let workers try a second time where there are photos enough for another test; give their number."""
    if not tests.about:
        return 0
    able = set(_able(session, 2 * EACH))
    names = [passed(family) for family, wnid in tests.about.items() if wnid in able]
    failed = select(Qualification).where(
        Qualification.name.in_(names),
        Qualification.value < pass_mark,
        Qualification.changes == 1,
        Qualification.changed_at <= now - RETRY,
    )
    again = {(row.name, row.worker_id): None for row in session.scalars(failed)}
    return set_scores(session, again, now)


def warnings(session: Session, pass_mark: int) -> tuple[str, ...]:
    """Say which synsets anybody could label without a test, for want of known photos."""
    if not pass_mark:
        return ()
    tests = entry_tests(session, pass_mark)
    bare = sorted(wnid for wnid in tests.family if not tests.covers(wnid))
    if not bare:
        return ()
    named = ", ".join(bare[:NAMED]) + (" and others" if len(bare) > NAMED else "")
    return (f"{UNTESTED}: {len(bare):,} of {len(tests.family):,} synsets, {named}.",)
