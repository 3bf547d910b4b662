"""`synsetter run`: what it says before there is anything to do, and at its end."""

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.cli import run as command
from pipeline.errors import SettingsError
from pipeline.states import State


@pytest.fixture
def run(light_world: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    monkeypatch.setattr(command, "make_toolbox", lambda _: light_world.tools)
    monkeypatch.setattr(command, "make_crowd_tools", lambda _: light_world.crowd_tools())

    def invoke() -> str:
        settings = light_world.tools.settings
        return CliRunner().invoke(command.run, ["--quiet"], obj=settings, catch_exceptions=False).stdout

    return invoke


def test_without_sources_and_candidates_there_is_nothing_to_run(light_world: Any, run: Any) -> None:
    with pytest.raises(SettingsError, match=r"collect\.sources is empty, and there are no candidates"):
        run()
    light_world.set("collect", sources=["folder:photos"])
    assert run() == "Every image is settled, and none was accepted. See: synsetter status\n"


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (State.BOXED, "settled. Next: synsetter release VERSION"),
        (State.REJECTED, "settled, and none was acc"),
    ],
)
def test_the_end_says_whether_there_is_anything_to_release(
    light_world: Any, run: Any, state: State, told: str
) -> None:
    light_world.add(2, state=state)
    assert told in run()
