"""The nouns of WordNet 3.0, whose offsets are ImageNet's wnids: words, glosses and relations.

Princeton's noun file is kept whole in memory as text and read a line at a time, so opening it costs one
decompression and a synset some microseconds. Lines are found by their eight-digit offset field and not by
seeking, because offsets are wrong as file positions once line ends were changed.
"""

import gzip
import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import count
from pathlib import Path
from typing import Self

from pipeline.errors import SettingsError, UserError

PERSON = "n00007846"
NOUN_TABLE = Path(__file__).with_name("wordnet_nouns.gz")

_WNID = re.compile(r"n\d{8}")
_RELATIONS = {
    "parents": ("@",),
    "instance_of": ("@i",),
    "children": ("~",),
    "instances": ("~i",),
    "parts": ("%p", "%s", "%m"),
    "wholes": ("#p", "#s", "#m"),
}


class UnknownSynset(UserError):
    """WordNet 3.0 has no such noun synset."""

    def __init__(self, wnid: str) -> None:
        super().__init__(
            f"{wnid!r} is no noun synset of WordNet 3.0, and other releases have other wnids. "
            "Look for it by name: synsetter synsets show NAME."
        )


@dataclass(frozen=True, slots=True)
class Synset:
    """A noun synset; relations are wnids in WordNet's order, words have blanks in place of underscores."""

    wnid: str
    words: tuple[str, ...]
    gloss: str
    parents: tuple[str, ...]
    instance_of: tuple[str, ...]
    children: tuple[str, ...]
    instances: tuple[str, ...]
    parts: tuple[str, ...]
    wholes: tuple[str, ...]

    @property
    def definition(self) -> str:
        """The gloss without its example sentences."""
        return self.gloss.split('; "', 1)[0]

    @property
    def kinds_above(self) -> tuple[str, ...]:
        """What this synset is a kind of, or an instance of."""
        return self.parents + self.instance_of


class WordNet:
    """Read-only view of one noun file."""

    def __init__(self, nouns: bytes) -> None:
        self._nouns = nouns
        self.synset = lru_cache(maxsize=20_000)(self._synset)

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Open the table that came with the install, or `data.noun` in a WordNet 3.0 `dict` folder.

        Raises SettingsError when there is neither, or when the folder holds another release.
        """
        return cls(_read_nouns(folder))

    def find(self, name: str) -> list[Synset]:
        """Return the synsets that a wnid or a word (any case, blanks or underscores) names, by wnid."""
        if _WNID.fullmatch(name):
            line = self._line(name)
            return [self.synset(name)] if line else []
        word = re.sub(r"[\s_]+", "_", name.strip()).lower().encode()
        if not word:
            return []
        hits = re.finditer(rb" " + re.escape(word) + rb" [0-9a-f] ", self._lower_case)
        wnids = {f"n{self._line_at(hit.start())[:8].decode()}" for hit in hits}
        found = map(self.synset, sorted(wnids))
        return [synset for synset in found if word.decode() in map(_as_key, synset.words)]

    def __contains__(self, wnid: str) -> bool:
        try:
            self.synset(wnid)
        except UnknownSynset:
            return False
        return True

    def ancestors(self, wnid: str) -> tuple[str, ...]:
        """Return every hypernym of a synset up to `entity`, nearest first; instances count as kinds."""
        return tuple(self._levels_above(wnid))[1:]

    def siblings(self, wnid: str) -> tuple[str, ...]:
        """Return the other children of a synset's parents, in WordNet's order."""
        parents = map(self.synset, self.synset(wnid).kinds_above)
        others = (child for parent in parents for child in parent.children + parent.instances)
        return tuple(dict.fromkeys(other for other in others if other != wnid))

    def family(self, wnid: str) -> str:
        """Return what a synset shares with those that it is most easily taken for: its first hypernym.

        That of an instance counts too; a synset that has neither is its own family.
        """
        return next(iter(self.synset(wnid).kinds_above), wnid)

    def look_alikes(self, wnid: str, among: Iterable[str]) -> list[str]:
        """Return the others of `among`, nearest in the hypernym tree first, equally near ones by wnid."""
        return sorted(set(among) - {wnid}, key=lambda other: (self._distance(wnid, other), other))

    def _distance(self, one: str, other: str) -> int:
        above, below = self._levels_above(one), self._levels_above(other)
        return min(above[wnid] + below[wnid] for wnid in above.keys() & below.keys())

    def _levels_above(self, wnid: str) -> dict[str, int]:
        levels: dict[str, int] = {}
        level = [wnid]
        for height in count():
            level = [each for each in dict.fromkeys(level) if each not in levels]
            if not level:
                return levels
            levels.update(dict.fromkeys(level, height))
            level = [above for each in level for above in self.synset(each).kinds_above]
        raise AssertionError("count() never ends")

    def _synset(self, wnid: str) -> Synset:
        """Return the synset of a wnid. Raises UnknownSynset."""
        line = self._line(wnid)
        if not line:
            raise UnknownSynset(wnid)
        return _parse(line.decode())

    def _line(self, wnid: str) -> bytes:
        if not _WNID.fullmatch(wnid):
            return b""
        offset = wnid[1:].encode()
        before = bisect_left(range(len(self._nouns)), offset, key=self._offset_after)
        line = self._line_at(self._nouns.find(b"\n", before) + 1)
        return line if line.startswith(offset) else b""

    def _offset_after(self, position: int) -> bytes:
        start = self._nouns.find(b"\n", position) + 1
        return self._nouns[start : start + 8] or b"~"

    def _line_at(self, position: int) -> bytes:
        start = self._nouns.rfind(b"\n", 0, position) + 1
        return self._nouns[start : self._nouns.find(b"\n", start)]

    @cached_property
    def _lower_case(self) -> bytes:
        return self._nouns.lower()


def _read_nouns(folder: Path | None) -> bytes:
    path = NOUN_TABLE if folder is None else folder / "data.noun"
    if not path.is_file():
        raise SettingsError(
            f"No WordNet nouns at {path}: set wordnet.folder to a WordNet 3.0 dict folder, or install again."
        )
    data = path.read_bytes()
    nouns = gzip.decompress(data) if folder is None else data
    if b"WordNet 3.0" not in nouns[:4000]:
        raise SettingsError(f"{path} is not WordNet 3.0, the release whose offsets ImageNet's wnids are.")
    return nouns


def _parse(line: str) -> Synset:
    # wndb(5WN): offset lex_filenum ss_type w_cnt {word lex_id} p_cnt {pointer_symbol offset pos where}
    data, gloss = line.split(" | ", 1)
    fields = data.split()
    counter = 4 + 2 * int(fields[3], 16)
    pointers = [fields[at : at + 3] for at in range(counter + 1, len(fields), 4)]
    nouns = [(symbol, f"n{offset}") for symbol, offset, kind in pointers if kind == "n"]
    related = {
        name: tuple(wnid for symbol, wnid in nouns if symbol in symbols)
        for name, symbols in _RELATIONS.items()
    }
    words = tuple(word.replace("_", " ") for word in fields[4:counter:2])
    return Synset(f"n{fields[0]}", words, gloss.strip(), **related)


def _as_key(word: str) -> str:
    return word.replace(" ", "_").lower()
