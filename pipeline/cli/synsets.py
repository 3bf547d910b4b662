"""`synsetter synsets`: the classes of the dataset."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.bootstrap import clock_of_run, open_store, open_wordnet
from pipeline.errors import UserError
from pipeline.settings import Settings
from pipeline.store.models import Synset as Row
from pipeline.store.queries import states_by_synset
from pipeline.synset_terms import limits_of, policy_of
from pipeline.synsets.choice import add_synsets
from pipeline.synsets.search_queries import SearchQuery, Translations, search_queries
from pipeline.synsets.wordnet import Synset, WordNet
from quality.policies import parse

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
        own = settings.label.synsets.get(synset.wnid, {})
        if as_json:
            known = _as_json(wordnet, synset, queries) | {"settings": own}
            click.echo(json.dumps(known, ensure_ascii=False))
        else:
            told = [f"  {'settings':<15} {key} = {json.dumps(value)}" for key, value in own.items()]
            click.echo("\n".join([*_as_text(wordnet, synset, queries), *told]) + "\n")


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


@synsets.command()
@click.argument("names", nargs=-1)
@click.option(
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="One a line; # comments.",
)
@click.option("--policy", help="The voting policy of these synsets, if not label.policy.")
@click.option(
    "--people", is_flag=True, help="Allow kinds of people: labels can insult, and pictures are of somebody."
)
@click.pass_obj
def add(
    settings: Settings, names: tuple[str, ...], file: Path | None, policy: str | None, people: bool
) -> None:
    """Add synsets to the dataset, by wnid or by a word that names one noun only.

    \b
    synsetter synsets add n02123045 "coffee mug"
    synsetter synsets add --file synsets.txt
    """
    wordnet, store = open_wordnet(settings), open_store(settings)
    wanted = [*names, *(_lines(file) if file else [])]
    if not wanted:
        raise UserError("Name at least one synset, or give --file.")
    if policy:
        _check_policy(policy)
    wnids = _wnids(wordnet, wanted)
    with store.writing() as session:
        added, notes = add_synsets(
            session, wordnet, wnids, allow_people=people, policy=policy, now=clock_of_run()()
        )
        kept = _kept_policies(session, wnids, policy) if policy else []
    for note in [*notes, *kept]:
        click.echo(f"Note: {note}", err=True)
    click.echo(f"{added} added, {len(wnids) - added} there before. Next: synsetter run")


@synsets.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def list_synsets(settings: Settings, as_json: bool) -> None:
    """List the synsets of the dataset, with how far their candidates are."""
    with open_store(settings).reading() as session:
        states = states_by_synset(session)
        rows = session.scalars(select(Row).order_by(Row.wnid)).all()
        for row in rows:
            counts, judged = states.get(row.wnid, {}), _judged(settings, row)
            if as_json:
                facts = {"wnid": row.wnid, "words": row.words, "gloss": row.gloss}
                click.echo(json.dumps(facts | {"states": counts} | judged))
            else:
                told = ", ".join(f"{count} {state}" for state, count in counts.items()) or "nothing yet"
                how = " ({policy}, accept {accept:g}, reject {reject:g}, cap {cap})".format(**judged)
                click.echo(f"{click.style(row.wnid, bold=True)}  {', '.join(row.words)}: {told}{how}")


def _judged(settings: Settings, row: Row) -> dict[str, Any]:
    limits = limits_of(settings.label, row.wnid)
    return {
        "policy": policy_of(settings.label, row.wnid, row.policy),
        "accept": limits.accept,
        "reject": limits.reject,
        "cap": limits.cap,
    }


def _wnids(wordnet: WordNet, names: Sequence[str]) -> list[str]:
    found = {name: wordnet.find(name) for name in names}
    if wrong := [_no_synset(name, synsets) for name, synsets in found.items() if len(synsets) != 1]:
        raise UserError("\n".join(wrong))
    return list(dict.fromkeys(synsets[0].wnid for synsets in found.values()))


def _kept_policies(session: Session, wnids: Sequence[str], policy: str) -> list[str]:
    """Say which synsets were there before, with another policy than this."""
    rows = session.scalars(select(Row).where(Row.wnid.in_(wnids)).order_by(Row.wnid))
    return [
        f"{row.wnid} was there before, and keeps the policy {row.policy or 'of label.policy'}. To change it, "
        f"write under [label.synsets] in your settings: {row.wnid} = {{ policy = {json.dumps(policy)} }}"
        for row in rows
        if row.policy != policy
    ]


def _no_synset(name: str, found: Sequence[Synset]) -> str:
    if not found:
        return f"WordNet 3.0 has no noun {name!r}. Look around with: synsetter synsets show WORD"
    choices = "; ".join(f"{synset.wnid} {synset.definition}" for synset in found)
    return f"{name!r} names {len(found)} synsets; give the wnid of the one you mean: {choices}"


def _lines(file: Path) -> list[str]:
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is no text in UTF-8: {error}. Save it as UTF-8.") from error
    return [line for line in (line.partition("#")[0].strip() for line in lines) if line]


def _check_policy(spec: str) -> None:
    try:
        parse(spec)
    except ValueError as error:
        raise UserError(f"{error}.") from error
