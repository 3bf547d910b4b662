"""One source of defaults: a replay asks as a run would, unless told otherwise."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path

from quality.replay import SEED_SAMPLE
from quality.votes import Thresholds

CONFIG = Path(__file__).resolve().parents[2] / "config/default.toml"


def test_thresholds_are_the_settings():
    label = tomllib.loads(CONFIG.read_text())["label"]
    limits = asdict(Thresholds())
    assert {name: label[name] for name in limits} == limits
    assert label["seed_images"] == SEED_SAMPLE
