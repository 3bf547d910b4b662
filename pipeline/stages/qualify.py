"""Entry tests that were handed in: their scores go to the crowd, and open the HITs that ask for them.

ImageNetV2 and Su, Deng and Fei-Fei (2012) let nobody judge real images before a test. Answers are kept as
votes of a kind of their own, which count for nothing but the score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.desk.entry_paper import score, truths
from pipeline.desk.submissions import Answered, take_answers
from pipeline.hits.entry_test import KIND
from pipeline.hits.label_images import Look
from pipeline.store.insertion import insert_new
from pipeline.store.models import Candidate, Qualification, Synset, Vote
from pipeline.tickets.qualifications import set_scores
from pipeline.tickets.skills import passed
from pipeline.toolbox import Toolbox

SAYS = {Look.YES: "shows it", Look.NO: "does not"}


def tick(tools: Toolbox) -> int:
    """Take in tests, score them and plan to tell the crowd; give their number."""
    with tools.store.writing() as session:
        now, pass_mark = tools.clock(), tools.settings.workers.entry_test
        limit = tools.settings.run.tick_items // KIND.items_per_hit
        answers = take_answers(
            session, tools.desk, KIND.name, limit, now, lambda paper: _told(session, paper, pass_mark)
        )
        if not answers:
            return 0
        _keep(session, answers)
        papers: dict[str, list[Answered]] = {}
        for one in answers:
            papers.setdefault(one.assignment_id, []).append(one)
        set_scores(session, _new_scores(session, list(papers.values())), now)
        return len(papers)


def _told(session: Session, paper: Sequence[Answered], pass_mark: int) -> str:
    """Say how a test went, photo by photo where it went wrong."""
    truth = truths(session, [one.subject for one in paper])
    right = score({one.subject: one.value for one in paper}, truth)
    wrong = [
        f"photo {place} {SAYS[truth[one.subject]]}"
        for place, one in enumerate(paper, 1)
        if one.value != truth.get(one.subject, one.value)
    ]
    passed_it = f"You passed the test with {right} of {len(paper)}. The HITs it stands for are open to you."
    failed = f"You had {right} of {len(paper)}; {pass_mark} are needed. The test is paid all the same."
    said = passed_it if right >= pass_mark else failed
    return f"{said} Experts say: {'; '.join(wrong)}." if wrong else said


def _keep(session: Session, answers: Sequence[Answered]) -> None:
    rows = [one.vote(KIND.name) for one in answers]
    insert_new(session, Vote, rows, Vote.key)


def _new_scores(session: Session, papers: Sequence[Sequence[Answered]]) -> dict[tuple[str, str], int]:
    """Score papers by the family that each is about, leaving out what a better score is known for."""
    candidates = [one.subject for paper in papers for one in paper]
    truth, family = truths(session, candidates), _families(session, candidates)
    scores: dict[tuple[str, str], int] = {}
    for paper in papers:
        whose = (passed(family[paper[0].subject]), paper[0].worker_id)
        right = score({one.subject: one.value for one in paper}, truth)
        scores[whose] = max(right, scores.get(whose, 0))
    named = select(Qualification).where(Qualification.name.in_([name for name, _ in scores]))
    held = {(row.name, row.worker_id): row.value for row in session.scalars(named)}
    return {whose: right for whose, right in scores.items() if (held.get(whose) or -1) < right}


def _families(session: Session, candidates: Sequence[int]) -> Mapping[int, str]:
    of = select(Candidate.id, Synset.family).join(Synset, Synset.wnid == Candidate.wnid)
    return dict(session.execute(of.where(Candidate.id.in_(candidates))).all())
