"""Who may have which ticket, as the crowd checks it before anybody accepts one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from pipeline.crowd import Requirement
from pipeline.hits import entry_test, label_images
from pipeline.tickets.entry_tests import Tests
from pipeline.tickets.market import Page
from pipeline.tickets.skills import excluded_from, passed, skill_named


@dataclass(frozen=True, slots=True)
class Admission:
    """The house's rules: the score at which an entry test is passed (0: no tests), bars by family or none."""

    pass_mark: int = 0
    by_family: bool = False

    def requirements(self, session: Session, page: Page, tests: Tests) -> tuple[Requirement, ...]:
        """Say who may have a ticket: the same for all of a kind and synset, so that they are one group."""
        test = page.kind == entry_test.KIND.name
        scopes = [""]
        if test or page.kind == label_images.KIND.name:
            scopes += [label_images.KIND.name, *([tests.family[page.wnid]] if self.by_family else [])]
        asked = [Requirement(skill_named(session, excluded_from(scope))) for scope in scopes]
        if test or page.tested:
            skill = skill_named(session, passed(tests.family[page.wnid]))
            asked.append(Requirement(skill, None if test else self.pass_mark))
        return tuple(asked)


OPEN_TO_ALL = Admission()
