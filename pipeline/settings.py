"""Settings: `default.toml`, overlaid by a file and by single values, checked key by key."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, get_type_hints

from pipeline.bounds import check_bounds
from pipeline.errors import SettingsError
from pipeline.rules import parse_rules
from pipeline.synset_terms import check_synsets
from quality.policies import parse

MERITS = {"pixels", "fidelity", "intact", "licence", "earliest"}
"""By which the copy to keep is chosen."""
NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
"""Control characters, ends of lines, and what XML cannot hold."""
SPLIT_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""A split names folders, files and devkit lists."""


@dataclass(frozen=True, slots=True)
class Run:
    """The run as a whole."""

    name: str
    seed: int
    tick_items: int


@dataclass(frozen=True, slots=True)
class Database:
    """Where the state is kept."""

    url: str


@dataclass(frozen=True, slots=True)
class Storage:
    """Where picture bytes are kept."""

    pictures: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class WordNetFiles:
    """Where words come from."""

    folder: str
    translations: list[str]


@dataclass(frozen=True, slots=True)
class Collect:
    """Candidate collection."""

    sources: list[str]
    local_folders: list[str]
    per_synset: int
    contact: str
    allow_private: bool
    openverse: str
    commons: str
    same_host: int
    host_interval_seconds: float
    timeout_seconds: float
    retries: int
    max_bytes: int
    max_pixels: int
    min_side: int
    processes: int
    engine: str
    cluster: str

    @property
    def may_ask_hosts(self) -> bool:
        """Whether hosts on the web can tell whom to turn to, or are our own."""
        return bool(self.contact) or self.allow_private


@dataclass(frozen=True, slots=True)
class Label:
    """Adaptive voting."""

    policy: str
    accept: float
    reject: float
    cap: int
    least: int
    seed_images: int
    seed_votes: int
    recheck_votes: int
    synsets: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Workers:
    """Who may go on working."""

    entry_test: int
    rules: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Boxes:
    """Drawing and verifying."""

    tries: int
    instances: int
    distinct_workers: bool


@dataclass(frozen=True, slots=True)
class Dedup:
    """Near-duplicates."""

    sure: float
    doubtful: float
    turns: bool
    votes: int
    before_labelling: bool
    weights: dict[str, float]


@dataclass(frozen=True, slots=True)
class Release:
    """What is handed out."""

    folder: str
    fractions: dict[str, float]


@dataclass(frozen=True, slots=True)
class Crowd:
    """The marketplace and the money."""

    endpoint: str
    region: str
    access_key: str
    secret_key: str
    site: str
    budget_cents: int
    fee_rate: float
    calls_per_second: float
    open_hits: int
    poll_seconds: float
    patience_hours: float


@dataclass(frozen=True, slots=True)
class Sites:
    """Our own pages."""

    url: str
    host: str
    port: int
    secret: str


@dataclass(frozen=True, slots=True)
class Pay:
    """What work is worth."""

    target_hourly_cents: int
    rewards: dict[str, int]
    underpay: bool


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Simulated people."""

    workers: int
    skill: float
    difficulty: float
    unsure: float
    careless: float
    adversarial: float
    spammers: float
    box_noise: list[float]
    loose: float
    miss: float
    abandon: float
    hours_a_day: float


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that may be turned; `config/default.toml` says what each knob does."""

    run: Run
    database: Database
    storage: Storage
    wordnet: WordNetFiles
    collect: Collect
    label: Label
    workers: Workers
    boxes: Boxes
    dedup: Dedup
    release: Release
    crowd: Crowd
    sites: Sites
    pay: Pay
    rehearsal: Rehearsal


def default_file() -> Path:
    """Find the defaults: inside an installed package, or in `config/` of a checkout."""
    installed = Path(__file__).with_name("default.toml")
    return installed if installed.exists() else Path(__file__).parents[1] / "config" / "default.toml"


@dataclass(frozen=True, slots=True)
class Layer:
    """What is laid over the settings so far: a TOML file, then `section.key=value` assignments."""

    config: Path | None = None
    assignments: Sequence[str] = ()


def load(config: Path | None = None, assignments: Sequence[str] = ()) -> Settings:
    """Read the defaults, overlay a TOML file, then `section.key=value` assignments.

    Raises
    ------
    SettingsError
        If a file cannot be read, or a key or value is not one that the defaults know.
    """
    return load_layers([Layer(config, assignments)])


def load_layers(layers: Iterable[Layer]) -> Settings:
    """Read the defaults and overlay each layer in turn, as `load` does with one.

    Raises
    ------
    SettingsError
        If a file cannot be read, or a key or value is not one that the defaults know.
    """
    tree = _read(default_file())
    for layer in layers:
        if layer.config is not None:
            _overlay(tree, _read(layer.config), str(layer.config))
        for assignment in layer.assignments:
            _overlay(tree, _parse(assignment), f"--set {assignment}")
    return _build(tree)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"Cannot read the settings file {path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error
    except RecursionError as error:
        raise SettingsError(f"{path} is not valid settings: it is nested too deeply.") from error


def _parse(assignment: str) -> dict[str, Any]:
    name, equals, value = assignment.partition("=")
    section, dot, key = name.strip().partition(".")
    if not (equals and dot):
        raise SettingsError(f"{assignment!r} is no setting; write section.key=value, as in label.cap=9.")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value
    except RecursionError as error:
        raise SettingsError(f"{name.strip()} is nested too deeply.") from error
    return {section: {key: parsed}}


def _overlay(tree: dict[str, Any], more: Mapping[str, Any], origin: str) -> None:
    for section, keys in more.items():
        known = tree.get(section)
        if known is None or not isinstance(keys, Mapping):
            raise SettingsError(f"{origin}: {_unknown('section', section, tree)}")
        for key, value in keys.items():
            if key not in known:
                raise SettingsError(
                    f"{origin}: {_unknown('setting', f'{section}.{key}', [f'{section}.{k}' for k in known])}"
                )
            known[key] = _fitting(f"{origin}: {section}.{key}", value, known[key])


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f"there is no {what} {name!r}" + (f"; did you mean {near[0]!r}?" if near else ".")


def _fitting(where: str, value: Any, default: Any) -> Any:
    if isinstance(default, float) and type(value) is int:
        return float(value)
    if type(value) is not type(default):
        raise SettingsError(f"{where} must be {_kind(default)}, not {value!r}.")
    return value


def _kind(value: Any) -> str:
    names = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "a table",
    }
    return names[type(value)]


def _build(tree: Mapping[str, Any]) -> Settings:
    sections = get_type_hints(Settings)
    missing = set(sections) ^ set(tree)
    if missing:
        raise SettingsError(f"The defaults and the code disagree about {', '.join(sorted(missing))}.")
    check_bounds(tree)
    settings = Settings(**{name: kind(**tree[name]) for name, kind in sections.items()})
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    if not settings.dedup.doubtful <= settings.dedup.sure <= 1:
        raise SettingsError("dedup.doubtful must not exceed dedup.sure, nor that 1.")
    weights = settings.dedup.weights
    if set(weights) != MERITS or not all(0 <= weight < inf for weight in weights.values()):
        raise SettingsError(f"dedup.weights needs {', '.join(sorted(MERITS))}, none negative or infinite.")
    _check_name(settings.run.name)
    _check_fractions(settings.release.fractions)
    if settings.label.reject >= settings.label.accept or settings.label.least > settings.label.cap:
        raise SettingsError("label.reject must be below label.accept, and label.least at most label.cap.")
    try:
        parse(settings.label.policy)
    except ValueError as error:
        raise SettingsError(f"label.policy: {error}.") from error
    check_synsets(settings.label)
    parse_rules(settings.workers.rules)
    _check_rehearsal(settings.rehearsal)


def _check_name(name: str) -> None:
    if not name.strip() or NO_TEXT.search(name):
        raise SettingsError(f"run.name must be a line of text without control characters, not {name!r}.")


def _check_fractions(fractions: Mapping[str, float]) -> None:
    if min(fractions.values(), default=0) < 0 or not abs(sum(fractions.values()) - 1) <= 1e-9:
        raise SettingsError("release.fractions must add up to 1, none negative.")
    if odd := [name for name in fractions if not SPLIT_NAME.fullmatch(name)]:
        raise SettingsError(
            f"release.fractions: {odd[0]!r} cannot name a split. Use up to 32 small letters, digits and "
            "underscores, beginning with a letter."
        )


def _check_rehearsal(rehearsal: Rehearsal) -> None:
    if rehearsal.careless + rehearsal.adversarial + rehearsal.spammers > 1:
        raise SettingsError("rehearsal.careless, adversarial and spammers must not add up to more than 1.")
    if len(rehearsal.box_noise) != 2 or not all(0 <= share < inf for share in rehearsal.box_noise):
        raise SettingsError(
            "rehearsal.box_noise must be two numbers, none negative or infinite: for x and for y."
        )
