"""The search for candidates: what sources name becomes rows, page by page; what is refused becomes events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from math import inf
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipeline.collection import searches
from pipeline.collection.searches import refusal
from pipeline.ports import Found, ImageSource, Page
from pipeline.states import State
from pipeline.store import queries
from pipeline.store.insertion import insert_new
from pipeline.store.journal import event, record
from pipeline.store.models import Candidate, Synset
from pipeline.synsets.search_queries import SearchQuery, search_queries
from pipeline.toolbox import Toolbox

TEXTS = ("wnid", "url", "fetch_url", "source", "query", "language", "license", "creator", "source_page")
LONGEST_LANGUAGE = 64


async def search_all(tools: Toolbox, wnids: Sequence[str]) -> int:
    """Read lists and folders, search for some synsets, or as many of them as a round has time for.

    Give the number of new candidates. What is found is fetched before the search goes on: an index that wants
    pauses holds up neither that nor the crowd.
    """
    is_over = tools.rota.begin()
    with tools.store.reading() as session:
        held = Counter(queries.candidates_per_synset(session))
    before = held.total()
    async with tools.fetcher({}) as fetcher:
        sources = tools.sources(fetcher)
        for source in (one for one in sources if not one.by_query):
            held = await _read_list(tools, source, held)
        for wnid in wnids:
            for source in (one for one in sources if one.by_query):
                held = await _ask(tools, source, wnid, held)
            _mark_searched(tools, wnid)
            if is_over():
                break
    return held.total() - before


async def _read_list(tools: Toolbox, source: ImageSource, held: Counter[str]) -> Counter[str]:
    state = source.state
    with tools.store.reading() as session:
        wnids, told = all_synsets(session), searches.refusals(session, source.name)
        if searches.is_read(session, state, wnids):
            return held
    async for page in source.find({}):
        held = note_page(tools, source, page, held, told)
    with tools.store.writing() as session:
        searches.note_read(session, state, wnids)
    return held


async def _ask(tools: Toolbox, source: ImageSource, wnid: str, held: Counter[str]) -> Counter[str]:
    with tools.store.reading() as session:
        wanted = unasked(session, tools, source, wnid)
    if wanted:
        async for page in source.find({wnid: wanted}):
            held = note_page(tools, source, page, held)
        with tools.store.writing() as session:
            searches.note_asked(session, source.name, wnid, wanted, tools.settings.collect.per_synset)
    return held


def _mark_searched(tools: Toolbox, wnid: str) -> None:
    # One by one: an engine that fails half-way need not be asked again for what it has answered.
    with tools.store.writing() as session:
        session.execute(update(Synset).where(Synset.wnid == wnid).values(searched=True))


def all_synsets(session: Session) -> Sequence[str]:
    """List the run's synsets."""
    return session.scalars(select(Synset.wnid).order_by(Synset.wnid)).all()


def unasked(session: Session, tools: Toolbox, source: ImageSource, wnid: str) -> list[SearchQuery]:
    """Give a synset's queries that a source has not been asked."""
    wanted, most = _queries(tools, wnid), tools.settings.collect.per_synset
    return searches.unasked(session, source.name, wnid, wanted, most)


def _queries(tools: Toolbox, wnid: str) -> list[SearchQuery]:
    synset = tools.wordnet.synset(wnid)
    above = map(tools.wordnet.synset, tools.wordnet.ancestors(wnid))
    return search_queries(synset, above, tools.translations)


def note_page(
    tools: Toolbox,
    source: ImageSource,
    page: Page,
    held: Counter[str],
    told: Set[tuple[str, ...]] = frozenset(),
) -> Counter[str]:
    """Keep what a page names: of searches no more than a synset wants, of a curator's own lists all.

    Give how many candidates each synset holds then.
    """
    most = tools.settings.collect.per_synset if source.by_query else inf
    now, held, surplus = tools.clock(), held.copy(), Counter[str]()
    refused = [vars_of(entry) for entry in page.refused]
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    with tools.store.writing() as session:
        names = {(_text(found.wnid), _text(found.url)) for found in page.found}
        known = queries.known_candidates(session, names)
        for found in page.found:
            key = found.wnid, found.url
            if trouble := _trouble(found, held):
                refused.append({"wnid": _text(found.wnid), "url": _text(found.url), **trouble})
            elif key in known or key in rows:
                continue
            elif held[found.wnid] >= most:
                surplus[found.wnid] += 1
            else:
                held[found.wnid] += 1
                rows[key] = _row(found)
        events = [_event(source, searches.REFUSED, one, now) for one in refused if refusal(one) not in told]
        events += [_event(source, searches.SURPLUS, dict(surplus), now)] if surplus else []
        record(session, events)
        insert_new(session, Candidate, list(rows.values()), ("wnid", "url"))
    return held


def _trouble(found: Found, held: Mapping[str, int]) -> dict[str, str] | None:
    if found.wnid not in held:
        text = f"{found.wnid} is not among the synsets of this run"
        return {"reason": "unknown_synset", "text": text}
    if not _is_text(found):
        return {"reason": "bad_row", "text": "it holds a NUL or half a character, which no database stores"}
    return None


def _is_text(found: Found) -> bool:
    texts = "".join((*(getattr(found, name) for name in TEXTS), *found.extra.keys(), *found.extra.values()))
    return texts == _text(texts)


def _text(some: str) -> str:
    """Write what is no character in a way that can be stored and read."""
    return some.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def vars_of(entry: Any) -> dict[str, str]:
    """Give a refused entry's fields for its event."""
    return {name: _text(getattr(entry, name)) for name in ("where", "reason", "text", "wnid", "url")}


def _event(source: ImageSource, name: str, data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return event("source", source.name, name, data, now)


def _row(found: Found) -> dict[str, Any]:
    extra = dict(found.extra)
    return {
        **{name: getattr(found, name) for name in TEXTS},
        "language": found.language[:LONGEST_LANGUAGE],
        "extra": extra,
        "prior": _probability(extra.get("prior")),
        "gold": found.gold,
        "state": State.FOUND,
    }


def _probability(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None
