"""What a person sees in a picture and says about it, for each kind of HIT. Pure; luck is an argument."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, log
from typing import Any

import numpy as np

from pipeline.hits.submission import Box
from quality.boxes import as_boxes, iou_matrix, match_greedy, sides

Luck = np.random.Generator

GOOD_IOU = 0.65
"""Overlap with the object from which a box looks tight to most people."""

BLUR = 0.05
"""How far people's sense of that overlap scatters."""

STRANGE_IOU = 0.1
"""Overlap below which a box seems to be about something else."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """How well somebody judges and draws; `config/default.toml` says what the numbers mean."""

    skill: float
    difficulty: float
    unsure: float
    noise: tuple[float, float]
    loose: float
    miss: float
    blind: bool
    contrary: bool

    def right(self, hardness: float) -> float:
        """Chance of a right judgement of a picture whose hardness, over all pictures, is standard normal."""
        log_odds = log(self.skill / (1 - self.skill)) if self.skill < 1 else inf
        return 1 / (1 + exp(self.difficulty * hardness - log_odds))

    def tell(self, fact: bool, scene: Scene, luck: Luck) -> bool:
        """Say whether something is so."""
        if self.blind:
            return bool(luck.random() < 0.5)
        right = luck.random() < self.right(scene.hardness)
        return fact == (right != self.contrary)

    def shrugs(self, scene: Scene, luck: Luck) -> bool:
        """Whether the worker cannot tell; hard pictures puzzle more."""
        return bool(luck.random() < self.unsure * exp(self.difficulty * scene.hardness))


@dataclass(frozen=True, slots=True)
class Scene:
    """One item as it truly is, with the boxes that the page shows."""

    width: int
    height: int
    shows: bool
    instances: tuple[Box, ...]
    accepted: tuple[Box, ...]
    box: Box | None
    same: bool
    hardness: float

    def objects(self) -> tuple[Box, ...]:
        """The instances; where one is known to be there but not where, one in the middle stands for it."""
        if self.instances or not self.shows:
            return self.instances
        margin_x, margin_y = self.width // 6, self.height // 6
        return ((margin_x, margin_y, self.width - 1 - margin_x, self.height - 1 - margin_y),)

    def unboxed(self) -> list[Box]:
        """Instances without an accepted box, the largest first."""
        objects = self.objects()
        taken = set(match_greedy(self.accepted, objects).tolist())
        left = [box for number, box in enumerate(objects) if number not in taken]
        return sorted(left, key=lambda box: -float(sides([box]).prod()))


def label(eyes: Eyes, scene: Scene, luck: Luck) -> str:
    """Answer `label_images` and the test for it."""
    if eyes.shrugs(scene, luck):
        return "unsure"
    return "yes" if eyes.tell(scene.shows, scene, luck) else "no"


def draw(eyes: Eyes, scene: Scene, luck: Luck) -> dict[str, Any]:
    """Answer `draw_box`: the largest instance seen that has no box, or why there is none."""
    if eyes.blind or eyes.contrary:
        return {"box": _anywhere(scene, luck)}
    if eyes.shrugs(scene, luck):
        return {"none": "unsure"}
    if not eyes.tell(scene.shows, scene, luck):
        return {"none": "absent"}
    seen = _seen(eyes, scene, luck)
    if scene.shows and not seen:
        return {"none": "all_boxed"}
    return {"box": _drawn(eyes, scene, seen[0], luck) if seen else _anywhere(scene, luck)}


def check(eyes: Eyes, scene: Scene, luck: Luck) -> dict[str, Any]:
    """Answer `check_box`: does the box fit one instance?"""
    if eyes.shrugs(scene, luck):
        return {"good": None}
    overlap = iou_matrix([scene.box] if scene.box else [], scene.objects())
    best = float(overlap.max(initial=0))
    if eyes.tell(best + BLUR * luck.normal() >= GOOD_IOU, scene, luck):
        return {"good": True}
    return {"good": False, "reason": _fault(scene, overlap, best)}


def cover(eyes: Eyes, scene: Scene, luck: Luck) -> dict[str, Any]:
    """Answer `check_coverage`: has every instance a box?"""
    if eyes.shrugs(scene, luck):
        return {"covered": None}
    noticed = (luck.random(len(scene.unboxed())) >= eyes.miss).any()
    return {"covered": eyes.tell(not noticed, scene, luck)}


def compare(eyes: Eyes, scene: Scene, luck: Luck) -> str:
    """Answer `check_duplicate`: one photograph twice?"""
    if eyes.shrugs(scene, luck):
        return "unsure"
    if eyes.tell(scene.same, scene, luck):
        return "same"
    return "similar" if scene.hardness > 0 else "different"


LOOKS: dict[str, Callable[[Eyes, Scene, Luck], Any]] = {
    "label_images": label,
    "entry_test": label,
    "draw_box": draw,
    "check_box": check,
    "check_coverage": cover,
    "check_duplicate": compare,
}


def _seen(eyes: Eyes, scene: Scene, luck: Luck) -> list[Box]:
    # Told that the object is there, nobody overlooks all of it: the largest of a bare picture is seen.
    bare = not scene.accepted
    left = scene.unboxed()
    return [
        box
        for place, (box, missed) in enumerate(zip(left, luck.random(len(left)) < eyes.miss, strict=True))
        if not missed or (bare and place == 0)
    ]


def _drawn(eyes: Eyes, scene: Scene, true: Box, luck: Luck) -> list[int]:
    edges = as_boxes([true])[0]
    side = np.tile(sides([true])[0], 2)
    edges = edges + side * np.tile(eyes.noise, 2) * luck.standard_t(3, size=4)
    if luck.random() < eyes.loose:
        outward = luck.choice((-1.0, 1.0)) * luck.uniform(0.1, 0.3, size=4)
        edges = edges + side * outward * (-1, -1, 1, 1)
    return _inside(edges, scene)


def _anywhere(scene: Scene, luck: Luck) -> list[int]:
    x, y = luck.uniform(0, scene.width, size=2), luck.uniform(0, scene.height, size=2)
    return _inside(np.array([x[0], y[0], x[1], y[1]]), scene)


def _inside(edges: np.ndarray[Any, np.dtype[np.float64]], scene: Scene) -> list[int]:
    """A box that a page would let through: whole pixels in the picture, two or more each way."""
    corners = np.sort(edges.reshape(2, 2), axis=0)
    last = np.array([scene.width, scene.height]) - 1
    low = np.clip(np.rint(corners[0]), 0, last - 1)
    high = np.clip(np.rint(corners[1]), low + 1, last)
    return [int(edge) for edge in (*low, *high)]


def _fault(scene: Scene, overlap: np.ndarray[Any, np.dtype[np.float64]], best: float) -> str:
    if best < STRANGE_IOU or scene.box is None:
        return "wrong_object"
    nearest = scene.objects()[int(overlap.argmax())]
    return "loose" if sides([scene.box]).prod() > sides([nearest]).prod() else "cut"
