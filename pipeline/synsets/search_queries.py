"""What to ask an image search for a synset, as ImageNet asked (Deng et al. 2009, section 3.1)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pipeline.errors import SettingsError
from pipeline.synsets.wordnet import Synset

ENGLISH = "eng"
# entity, physical entity, object and whole say nothing about a picture.
_TOO_WIDE = frozenset({"n00001740", "n00001930", "n00002684", "n00003553"})
# MultiWordNet's way to say that a language has no word for a synset.
_GAP = "GAP!"


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Words for an image search and their language (ISO 639-3)."""

    text: str
    language: str = ENGLISH


@dataclass(frozen=True, slots=True)
class Translations:
    """The words of one language for noun synsets, by wnid."""

    language: str
    words: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a tab file of the Open Multilingual WordNet.

        Its first line is `# name<TAB>language<TAB>...`; the others are `offset-pos<TAB>lemma<TAB>word`, where
        the middle may be `cmn:lemma`. Raises SettingsError when the file cannot be read as that.
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"Cannot read the translations in {path}: {error}.") from error
        header = lines[0].split("\t") if lines else []
        if len(header) < 2 or not header[0].startswith("#"):
            raise SettingsError(f"{path} has no '# name<TAB>language' on top: not Open Multilingual WordNet.")
        words: dict[str, dict[str, None]] = {}
        for wnid, word in _noun_words(lines[1:]):
            words.setdefault(wnid, {})[word] = None
        return cls(header[1].strip(), {wnid: tuple(found) for wnid, found in words.items()})


def search_queries(
    synset: Synset, ancestors: Iterable[Synset], translations: Iterable[Translations] = ()
) -> list[SearchQuery]:
    """Return each query once: synonyms, synonyms with an ancestor's word from the gloss, other languages.

    Whippet, a greyhound and so a dog, "small slender dog of greyhound type": "whippet", "whippet greyhound",
    "whippet dog".
    """
    english = [*synset.words, *_expanded(synset, ancestors)]
    queries = [SearchQuery(text) for text in english]
    queries += [
        SearchQuery(word, each.language) for each in translations for word in each.words.get(synset.wnid, ())
    ]
    return list(dict.fromkeys(queries))


def _expanded(synset: Synset, ancestors: Iterable[Synset]) -> Iterator[str]:
    gloss = _spaced(synset.definition)
    telling = (ancestor for ancestor in ancestors if ancestor.wnid not in _TOO_WIDE)
    shared = [word for ancestor in telling for word in ancestor.words if _spaced(word) in gloss]
    for synonym in synset.words:
        yield from (f"{synonym} {word}" for word in shared if not set(_words(word)) <= set(_words(synonym)))


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'-]+", text.lower())


def _spaced(text: str) -> str:
    return f" {' '.join(_words(text))} "


def _noun_words(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, kind, *rest = line.split("\t")
        if key.endswith("-n") and kind.split(":")[-1] == "lemma" and rest:
            # The Chinese wordnet sets grammatical endings off with a plus sign: 中意+的人.
            word = re.sub(r"\+[的地]$", "", rest[0].strip()).replace("+", "").replace("_", " ")
            if word and not word.endswith(_GAP):
                yield f"n{key[:-2]}", word
