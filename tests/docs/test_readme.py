import re
from pathlib import Path

import click
import pytest

from pipeline.cli.program import synsetter

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```[a-z]*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)


def code(page: Path) -> list[str]:
    """Lines of code in a page, those in the text included."""
    blocks = CODE.findall(page.read_text("utf-8"))
    return [line.partition("#")[0] for block in blocks for line in "\n".join(block).splitlines()]


def called(page: Path, program: str) -> set[str]:
    """What follows a program's name, in each place where a line of code runs it."""
    lines = code(page)
    found = (re.search(rf"(?:^|[\s;&|]){program} +([^#|;&]+)", f" {line}") for line in lines)
    return {match[1].strip() for match in found if match}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page):
    targets = LINK.findall(FENCED.sub("", page.read_text("utf-8")))
    near = [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    missing = [target for target in near if not (page.parent / target).exists()]
    assert not missing


def test_every_make_target_of_the_readme_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {words.split()[0] for words in called(ROOT / "README.md", "make")}
    assert asked
    assert asked <= targets


def resolve(words: list[str]) -> None:
    command: click.Command = synsetter
    while isinstance(command, click.Group) and words:
        while words and words[0].startswith("-"):  # options of the program, each with its value
            words = words[2:]
        found = command.get_command(click.Context(command), words[0])
        assert found, f"there is no command {words[0]!r}"
        command, words = found, words[1:]


def test_every_command_of_the_readme_exists():
    asked = called(ROOT / "README.md", "synsetter")
    assert asked
    for words in asked:
        resolve(words.split())
