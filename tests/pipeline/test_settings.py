"""The defaults and the fields are the same knobs; mistakes get one line that says what to do."""

import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_type_hints

import pytest

from pipeline.errors import SettingsError
from pipeline.settings import Layer, Settings, default_file, load, load_layers


def test_every_key_has_a_field_and_every_field_a_key() -> None:
    defaults = tomllib.loads(default_file().read_text("utf-8"))
    kinds = get_type_hints(Settings)
    assert all(is_dataclass(kind) for kind in kinds.values())
    assert {name: set(section) for name, section in defaults.items()} == {
        name: {knob.name for knob in fields(kind)} for name, kind in kinds.items()
    }


def test_every_default_has_its_fields_type() -> None:
    settings = load()
    for section in fields(settings):
        values = getattr(settings, section.name)
        for name, hint in get_type_hints(type(values)).items():
            assert type(getattr(values, name)) is getattr(hint, "__origin__", hint), f"{section.name}.{name}"


def test_a_name_may_be_in_any_script() -> None:
    name = "Cats & گربه\u200cها 🐈\u200d⬛"
    assert load(None, [f'run.name="{name}"']).run.name == name


def test_a_file_then_single_values_are_laid_over(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[label]\ncap = 9\naccept = 1\n[run]\nname = "cats"\n')
    settings = load(own, ["label.cap=7", "run.seed = 3", "crowd.region=eu-west-1"])
    assert (settings.label.cap, settings.label.accept, settings.run.name) == (7, 1.0, "cats")
    assert (settings.run.seed, settings.crowd.region, settings.label.least) == (3, "eu-west-1", 2)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("label.capp=9", r"there is no setting 'label\.capp'; did you mean 'label\.cap'\?"),
        ("lable.cap=9", "there is no section 'lable'; did you mean 'label'"),
        ("nonsense.x=1", "there is no section 'nonsense'"),
        ("label.cap=nine", "label.cap must be a whole number, not 'nine'"),
        ("label.cap=9.5", "label.cap must be a whole number, not 9.5"),
        ("label.cap=true", "label.cap must be a whole number, not True"),
        ("label.accept=true", "label.accept must be a number"),
        ("boxes.distinct_workers=1", "boxes.distinct_workers must be true or false, not 1"),
        ("collect.sources=photos", "collect.sources must be a list"),
        ("run.name=7", "run.name must be text, not 7"),
        ("run.name=", "run.name must be a line of text without control characters, not ''"),
        ('run.name="a\\u0001"', r"run.name must be a line of text .* not 'a.x01'"),
        ('run.name="a\\nb"', "run.name must be a line of text"),
        ("release.fractions=0.5", "release.fractions must be a table"),
        ("release.fractions={train=0.5}", "release.fractions must add up to 1"),
        ("release.fractions={'train set'=0.8, val=0.2}", "'train set' cannot name a split"),
        ("dedup.doubtful=0.99", "dedup.doubtful must not exceed dedup.sure"),
        ("crowd.budget_cents=-1", "crowd.budget_cents must be at least 0, not -1"),
        ("label", "'label' is no setting; write section.key=value"),
        ("label.cap", "is no setting; write section.key=value"),
        ("run.seed=-1", "run.seed must be at least 0, not -1"),
        ("label.policy=foo", "label.policy: no voting policy is called 'foo'"),
        ("run.name=" + "[" * 5000, "run.name is nested too deeply"),
        ("rehearsal.workers=0", "rehearsal.workers must be at least 1, not 0"),
    ],
)
def test_mistakes_are_named(assignment: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        load(None, [assignment])
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "assignment",
    [
        'release.fractions={train="all"}',
        "collect.sources=[1]",
        "collect.local_folders=[1]",
        'dedup.weights={intact="3", pixels=1, licence=1, earliest=1, fidelity=1}',
        "pay.rewards={draw_box=true}",
        'rehearsal.box_noise=["a", "b"]',
        "dedup.weights={intact=nan, pixels=1, licence=1, earliest=1, fidelity=1}",
        "dedup.weights={intact=1, pixels=nan, licence=1, earliest=inf, fidelity=1}",
        "rehearsal.box_noise=[1.0, nan]",
        "run.tick_items=0",
        "label.cap=0",
        "label.accept=1.5",
        "dedup.votes=0",
        "boxes.tries=0",
        "crowd.open_hits=0",
        "crowd.fee_rate=-0.1",
        "crowd.patience_hours=-1",
        "collect.min_side=0",
        "collect.max_bytes=0",
        "collect.max_pixels=-1",
        "collect.timeout_seconds=0",
        "release.fractions={train=1.5, val=-0.5}",
        "sites.port=70000",
        "rehearsal.careless=1.1",
        "rehearsal.hours_a_day=nan",
        "rehearsal.box_noise=[nan, 0.1]",
    ],
)
def test_values_that_could_only_fail_later_are_refused_now(assignment: str) -> None:
    with pytest.raises(SettingsError):
        load(None, [assignment])


def test_layers_are_laid_over_each_other_in_their_order(tmp_path: Path) -> None:
    for name, cap in (("first", 7), ("second", 8)):
        (tmp_path / name).write_text(f"[label]\ncap = {cap}\n")
    first = Layer(tmp_path / "first", ["run.name=x", "boxes.tries=2"])
    second = Layer(tmp_path / "second", ["boxes.tries=3"])
    both, one = load_layers([first, second]), load_layers([first])
    assert (both.run.name, both.boxes.tries, both.label.cap) == ("x", 3, 8)
    assert (one.run.name, one.boxes.tries, one.label.cap) == ("x", 2, 7)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"Cannot read the settings file .*nowhere"):
        load(tmp_path / "nowhere.toml")
    (tmp_path / "bad.toml").write_text("[label\n")
    with pytest.raises(SettingsError, match="is not valid TOML"):
        load(tmp_path / "bad.toml")
    (tmp_path / "odd.toml").write_text("label = 3\n")
    with pytest.raises(SettingsError, match="label"):
        load(tmp_path / "odd.toml")


def test_a_file_that_is_nested_too_deeply_is_named(tmp_path: Path) -> None:
    own = tmp_path / "deep.toml"
    own.write_text("run = " + "[" * 5000)
    with pytest.raises(SettingsError, match=r"deep\.toml is not valid settings: it is nested too deeply"):
        load(own)
