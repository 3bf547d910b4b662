"""Settings of single synsets: read, refused with the reason, used and shown."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.cli.synsets import synsets
from pipeline.errors import SettingsError
from pipeline.settings import Settings, load
from pipeline.store.models import Vote
from pipeline.synset_terms import limits_of, policy_of

CAT, MUG = "n02123045", "n03063599"


def with_own(folder: Path, text: str) -> Settings:
    path = folder / "own.toml"
    path.write_text(f"[label.synsets.{CAT}]\n{text}\n", "utf-8")
    return load(path)


def test_a_synset_can_have_limits_of_its_own(tmp_path: Path) -> None:
    label = with_own(tmp_path, "accept = 0.99\ncap = 9").label
    own, other = limits_of(label, CAT), limits_of(label, MUG)
    assert (own.accept, own.reject, own.cap) == (0.99, label.reject, 9)
    assert (other.accept, other.cap) == (label.accept, label.cap)


def test_the_settings_go_before_what_was_chosen_with_the_synset(tmp_path: Path) -> None:
    label = with_own(tmp_path, 'policy = "majority:7"').label
    assert policy_of(label, CAT, "imagenet") == "majority:7"
    assert policy_of(label, MUG, "imagenet") == "imagenet"
    assert policy_of(label, MUG, None) == label.policy


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("acept = 0.9", "no setting 'acept'; did you mean 'accept'"),
        ("colour = 1", "there are policy, accept, reject, cap"),
        ('accept = "high"', r"accept must be a number, not 'high'"),
        ("cap = 2.5", "cap must be a whole number"),
        ("cap = true", "cap must be a whole number"),
        ("accept = 0.01", "0 <= reject < accept"),
        ("accept = 1.5", "0 <= reject < accept"),
        ("cap = 1", "least <= cap"),
        ('policy = "vote"', "no voting policy is called 'vote'"),
    ],
)
def test_what_means_nothing_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as refusal:
        with_own(tmp_path, text)
    assert f"label.synsets.{CAT}" in str(refusal.value)


def test_a_name_that_is_no_wnid_is_refused() -> None:
    with pytest.raises(SettingsError, match="such as n02123045"):
        load(None, ["label.synsets={cat = {accept = 0.99}}"])
    with pytest.raises(SettingsError, match="must be a table"):
        load(None, ["label.synsets={n02123045 = 3}"])


def test_the_stage_asks_each_synset_by_its_own_settings(make_world: Any, new_sqlite: Any) -> None:
    world = make_world(new_sqlite(), 'label.synsets={n03063599 = {policy = "majority:5"}}')
    world.add(2)
    mugs = world.add(2, MUG)
    world.play()
    assert world.count(Vote, Vote.kind == "label_images", Vote.subject.in_(mugs)) == 10
    assert world.count(Vote, Vote.kind == "label_images") == 16


def test_other_limits_decide_again_by_what_is_known(make_world: Any, new_sqlite: Any) -> None:
    world = make_world(new_sqlite(), "label.policy=dawid-skene", "label.cap=3")
    world.add(2)
    world.tick()
    world.set("label", synsets={CAT: {"cap": 5}})
    world.play()
    assert world.count(Vote, Vote.kind == "label_images") == 10


def test_lists_show_what_holds(light_world: Any) -> None:
    light_world.set("label", synsets={CAT: {"accept": 0.99}})
    run = CliRunner().invoke(synsets, ["list", "--json"], obj=light_world.tools.settings)
    facts = [json.loads(line) for line in run.stdout.splitlines()]
    assert [(one["wnid"], one["policy"], one["accept"]) for one in facts] == [
        (CAT, "majority:3", 0.99),
        (MUG, "majority:3", 0.95),
    ]
    shown = CliRunner().invoke(synsets, ["show", CAT], obj=light_world.tools.settings).stdout
    assert "accept = 0.99" in shown
