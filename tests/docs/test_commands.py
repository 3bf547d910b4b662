import importlib.util
import pkgutil
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click
import pytest

from pipeline import cli
from pipeline.cli.program import NOUNS, synsetter

ROOT = Path(__file__).parents[2]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_commands_is_what_help_says():
    written = load(ROOT / "docs/commands.py")
    assert written.PAGE.read_text("utf-8") == written.page(), "docs/commands.md is stale. Run: make docs"


def test_every_noun_exists_and_every_file_of_a_noun_is_listed():
    modules = [import_module(f"pipeline.cli.{found.name}") for found in pkgutil.iter_modules(cli.__path__)]
    names = [module.__name__.rpartition(".")[2] for module in modules]
    nouns = {
        name
        for name, module in zip(names, modules, strict=True)
        if isinstance(getattr(module, name, None), click.Command)
    }
    assert sorted(NOUNS) == sorted(nouns)


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        return [(path, command)]
    context = click.Context(command)
    found = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [leaf for name, one in found if one for leaf in leaves(one, (*path, name))]


@pytest.mark.parametrize(("path", "command"), leaves(synsetter), ids=lambda value: str(value))
def test_every_command_and_option_explains_itself(path, command):
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{' '.join(path)} {parameter.opts[0]} says nothing of itself"
