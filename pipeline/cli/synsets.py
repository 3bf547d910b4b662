"""`synsetter synsets`: the classes of the dataset."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from pipeline.errors import UserError
from pipeline.search_queries import SearchQuery, Translations, search_queries
from pipeline.settings import Settings
from pipeline.wordnet import Synset, WordNet

_RELATIONS = {
    "a kind of": "parents",
    "an instance of": "instance_of",
    "kinds": "children",
    "instances": "instances",
    "parts": "parts",
    "part of": "wholes",
}


@click.group()
def synsets() -> None:
    """Look synsets up in WordNet 3.0 and choose those of the dataset."""


@synsets.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line for each synset.")
@click.pass_obj
def show(settings: Settings, name: str, as_json: bool) -> None:
    """Print what WordNet says of NAME, a wnid or a word, and the searches that would be made for it.

    \b
    synsetter synsets show n02123045
    synsetter synsets show "tabby cat"
    """
    wordnet = open_wordnet(settings)
    found = wordnet.find(name)
    if not found:
        raise UserError(
            f"WordNet 3.0 has no noun {name!r}. Try a synonym, the singular or a wider word; "
            "wnids of other releases differ."
        )
    translations = [Translations.read(Path(path)) for path in settings.wordnet.translations]
    for synset in found:
        queries = search_queries(synset, map(wordnet.synset, wordnet.ancestors(synset.wnid)), translations)
        if as_json:
            click.echo(json.dumps(_as_json(wordnet, synset, queries), ensure_ascii=False))
        else:
            click.echo("\n".join(_as_text(wordnet, synset, queries)) + "\n")


def open_wordnet(settings: Settings) -> WordNet:
    """Open the WordNet that the settings name."""
    return WordNet.load(Path(settings.wordnet.folder) if settings.wordnet.folder else None)


def _as_text(wordnet: WordNet, synset: Synset, queries: list[SearchQuery]) -> Iterator[str]:
    yield f"{click.style(synset.wnid, bold=True)}  {', '.join(synset.words)}"
    yield f"  {synset.gloss}"
    for title, relation in _RELATIONS.items():
        for wnid in getattr(synset, relation):
            yield f"  {title:<15} {_name(wordnet, wnid)}"
    for query in queries:
        yield f"  {f'search ({query.language})':<15} {query.text}"


def _as_json(wordnet: WordNet, synset: Synset, queries: list[SearchQuery]) -> dict[str, Any]:
    related = {
        relation: [{"wnid": wnid, "words": wordnet.synset(wnid).words} for wnid in getattr(synset, relation)]
        for relation in _RELATIONS.values()
    }
    return {
        "wnid": synset.wnid,
        "words": synset.words,
        "gloss": synset.gloss,
        **related,
        "queries": [{"text": query.text, "language": query.language} for query in queries],
    }


def _name(wordnet: WordNet, wnid: str) -> str:
    return f"{wnid}  {', '.join(wordnet.synset(wnid).words)}"
