"""Simulated people: how well each judges and draws, how fast, and the document each sends back.

A decent worker's chance to be right is a logistic function of skill minus the picture's difficulty, as in an
item response model: hard pictures mislead many at once, which is what makes agreement less than proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from math import exp, log, sqrt
from typing import Any

import numpy as np

from pipeline.hits.question import Item, Question
from pipeline.hits.submission import SCHEMA
from pipeline.rehearsal.chance import chance
from pipeline.rehearsal.looks import LOOKS, Eyes, Scene
from pipeline.rehearsal.truth import Oracle, PictureFacts, Truth
from pipeline.settings import Rehearsal

SECONDS = {
    "label_images": (2.0, 3.0),
    "entry_test": (4.0, 6.0),
    "draw_box": (25.5, 50.8),
    "check_box": (9.0, 21.9),
    "check_coverage": (7.8, 15.3),
    "check_duplicate": (9.0, 21.9),
}
"""Median and mean seconds for one item: drawing and checking as Su, Deng and Fei-Fei 2012, table 1, measured
them, pauses included, so that a forecast errs towards more hours; labels and pairs are assumed."""

PICTURES_KNOWN = 10_000
"""Of so many it is remembered how hard they are."""

PACE_SPREAD = 0.3
"""How unlike people's paces are: the standard deviation of the logarithm."""


class Temper(StrEnum):
    """What a worker is like."""

    DECENT = "decent"
    CARELESS = "careless"
    ADVERSARIAL = "adversarial"
    SPAMMER = "spammer"


CARELESS_SKILL = 0.75
CARELESS_FACTOR = 2.0
"""How much larger a careless worker's noise and oversights are."""

SPAMMER_PACE = 0.25


@dataclass(frozen=True, slots=True)
class Person:
    """One simulated worker. What a person says derives from the seed, the person and what is asked."""

    number: int
    seed: int
    temper: Temper
    eyes: Eyes
    pace: float
    abandon: float

    def answer(self, question: Question, truth: Truth, oracle: Oracle) -> dict[str, Any]:
        """Answer everything that is asked, as the document that the HIT page would send."""
        firsts = oracle.facts([item.picture for item in question.items])
        others = iter(oracle.facts([item.other for item in question.items if item.other]))
        answers = []
        for item, first in zip(question.items, firsts, strict=True):
            sides = [first, next(others)] if item.other else [first]
            same = bool(item.other) and oracle.same(item.picture, item.other or "")
            answers.append(self._answer(question.kind, item, sides, self._scene(item, sides, truth, same)))
        return {
            "schema": SCHEMA,
            "kind": question.kind,
            "lease": question.lease,
            "active_seconds": round(sum(answer["seconds"] for answer in answers), 1),
            "quiz": self._quiz(question),
            "comment": "",
            "answers": answers,
        }

    def abandons(self, turn: int) -> bool:
        """Whether the person leaves the HIT of this turn unfinished."""
        return bool(chance(self.seed, self.number, "abandon", turn).random() < self.abandon)

    def _answer(self, kind: str, item: Item, sides: Sequence[PictureFacts], scene: Scene) -> dict[str, Any]:
        asked = (kind, *_names(sides), item.boxes, item.box, sides[0].drawn)
        luck = chance(self.seed, self.number, *asked)
        value = LOOKS[kind](self.eyes, scene, luck)
        return {"key": item.key, "answer": value, "seconds": self._seconds(kind, luck)}

    def _scene(self, item: Item, sides: Sequence[PictureFacts], truth: Truth, same: bool) -> Scene:
        shown = (sides[0].url, sides[0].wnid)
        return Scene(
            width=item.width,
            height=item.height,
            shows=truth.shows(*shown),
            instances=truth.boxes(*shown),
            accepted=item.boxes,
            box=item.box,
            same=same,
            hardness=_hardness(self.seed, *_names(sides)),
        )

    def _seconds(self, kind: str, luck: np.random.Generator) -> float:
        median, mean = SECONDS[kind]
        spread = sqrt(2 * log(mean / median) - PACE_SPREAD**2)
        return round(self.pace * median * exp(spread * luck.normal()), 1)

    def _quiz(self, question: Question) -> int | None:
        if question.quiz is None:
            return None
        choices = question.quiz.choices
        if self.temper is Temper.SPAMMER:
            return int(chance(self.seed, self.number, "quiz", choices).integers(len(choices)))
        meant = [question.synset.gloss.startswith(choice) for choice in choices].index(True)
        return meant if self.temper is not Temper.ADVERSARIAL else (meant + 1) % len(choices)


@lru_cache(PICTURES_KNOWN)
def _hardness(seed: int, *names: tuple[str, str]) -> float:
    """Give how hard a picture, or a pair of them, is for everybody: many people look at each."""
    return float(chance(seed, "hardness", *names).normal())


def _names(pictures: Sequence[PictureFacts]) -> tuple[tuple[str, str], ...]:
    return tuple((facts.url, facts.wnid) for facts in pictures)


def people(settings: Rehearsal, seed: int) -> list[Person]:
    """Make the crowd that the settings describe; who is what is the seed's choice."""
    tempers = _tempers(settings)
    order = chance(seed, "people").permutation(len(tempers))
    return [_person(number, seed, tempers[place], settings) for number, place in enumerate(order)]


def perfect(settings: Rehearsal) -> Rehearsal:
    """Give the same crowd without a fault: what it answers depends on the truth alone."""
    return replace(
        settings,
        skill=1.0,
        difficulty=0.0,
        unsure=0.0,
        careless=0.0,
        adversarial=0.0,
        spammers=0.0,
        box_noise=[0.0, 0.0],
        loose=0.0,
        miss=0.0,
        abandon=0.0,
    )


def _tempers(settings: Rehearsal) -> list[Temper]:
    tempers = [Temper.DECENT] * settings.workers
    shares = (settings.careless, settings.adversarial, settings.spammers)
    upto = np.rint(np.cumsum(shares) * settings.workers).astype(int)
    for temper, start, end in zip(list(Temper)[1:], [0, *upto[:-1]], upto, strict=True):
        tempers[start:end] = [temper] * (end - start)
    return tempers[: settings.workers]


def _person(number: int, seed: int, temper: Temper, settings: Rehearsal) -> Person:
    pace = exp(PACE_SPREAD * chance(seed, number, "pace").normal())
    return Person(
        number=number,
        seed=seed,
        temper=temper,
        eyes=_eyes(temper, settings),
        pace=pace * (SPAMMER_PACE if temper is Temper.SPAMMER else 1.0),
        abandon=settings.abandon,
    )


def _eyes(temper: Temper, settings: Rehearsal) -> Eyes:
    careless = temper is Temper.CARELESS
    factor = CARELESS_FACTOR if careless else 1.0
    noise_x, noise_y = settings.box_noise
    return Eyes(
        skill=CARELESS_SKILL if careless else settings.skill,
        difficulty=settings.difficulty,
        unsure=settings.unsure,
        noise=(noise_x * factor, noise_y * factor),
        loose=min(1.0, settings.loose * factor),
        miss=min(1.0, settings.miss * factor),
        blind=temper is Temper.SPAMMER,
        contrary=temper is Temper.ADVERSARIAL,
    )
