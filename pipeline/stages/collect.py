"""Stage 1: candidates for each synset. Search, fetch, look at the picture, keep it once, drop copies of it.

ImageNet asked search engines for every synonym, with parent words and in other languages, and removed
duplicates within the synset (CVPR 2009, section 3.1).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from math import inf
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from pipeline import searches
from pipeline.errors import SettingsError
from pipeline.examination import Examined, Unusable
from pipeline.fetching import Outcome, fetch_and_examine
from pipeline.ports import Fetched, Found, ImageSource, Page
from pipeline.search_queries import SearchQuery, search_queries
from pipeline.searches import refusal
from pipeline.states import State
from pipeline.store import queries
from pipeline.store.insertion import insert_new
from pipeline.store.journal import Move, advance, event, record
from pipeline.store.models import Candidate, Picture, Synset
from pipeline.toolbox import Toolbox
from quality.copies import find_copies
from quality.first_copies import first_copies
from quality.phash import PHASH64
from quality.signature import SIGNATURE

TEXTS = ("wnid", "url", "fetch_url", "source", "query", "language", "license", "creator", "source_page")
LONGEST_LANGUAGE = 64
LOOKS = 20
"""Rows looked at for each one fetched, where many are of hosts that rest or have enough for a round."""


def tick(tools: Toolbox) -> int:
    """Search for what has not been searched, fetch what has been found; give the number of rows moved."""
    new = search(tools)
    _require_contact(tools)
    return new + fetch(tools)


def look_again(tools: Toolbox) -> None:
    """Before a run: let synsets be searched again for which a list, a source or a query is new."""
    asyncio.run(_look_again(tools))


async def _look_again(tools: Toolbox) -> None:
    async with tools.fetcher({}) as fetcher:
        sources = tools.sources(fetcher)
    with tools.store.writing() as session:
        wnids = _all_synsets(session)
        lists = [source.state for source in sources if not source.by_query]
        grown = not all(searches.is_read(session, state, wnids) for state in lists)
        asked = [source for source in sources if source.by_query]
        due = [wnid for wnid in wnids if grown or any(_unasked(session, tools, one, wnid) for one in asked)]
        session.execute(update(Synset).where(Synset.wnid.in_(due)).values(searched=False))


def _all_synsets(session: Session) -> Sequence[str]:
    return session.scalars(select(Synset.wnid).order_by(Synset.wnid)).all()


def _unasked(session: Session, tools: Toolbox, source: ImageSource, wnid: str) -> list[SearchQuery]:
    wanted, most = _queries(tools, wnid), tools.settings.collect.per_synset
    return searches.unasked(session, source.name, wnid, wanted, most)


def _require_contact(tools: Toolbox) -> None:
    if tools.settings.collect.may_ask_hosts:
        return
    with tools.store.reading() as session:
        web = (Candidate.state == State.FOUND, Candidate.fetch_url.like("http%"))
        waiting = session.scalar(select(func.count()).where(*web))
    if waiting:
        raise SettingsError(
            f"collect.contact is empty, and hosts of candidates on the web ({waiting:,}) must know "
            "whom to turn to: give a URL or mail address. Nothing is lost."
        )


def search(tools: Toolbox) -> int:
    """Read lists and folders, search for synsets not searched yet; give the number of new candidates."""
    with tools.store.reading() as session:
        wnids = session.scalars(select(Synset.wnid).where(~Synset.searched).order_by(Synset.wnid)).all()
    return asyncio.run(_search(tools, wnids)) if wnids else 0


def _queries(tools: Toolbox, wnid: str) -> list[SearchQuery]:
    synset = tools.wordnet.synset(wnid)
    above = map(tools.wordnet.synset, tools.wordnet.ancestors(wnid))
    return search_queries(synset, above, tools.translations)


async def _search(tools: Toolbox, wnids: Sequence[str]) -> int:
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
    return held.total() - before


async def _read_list(tools: Toolbox, source: ImageSource, held: Counter[str]) -> Counter[str]:
    state = source.state
    with tools.store.reading() as session:
        wnids, told = _all_synsets(session), searches.refusals(session, source.name)
        if searches.is_read(session, state, wnids):
            return held
    async for page in source.find({}):
        held = _note(tools, source, page, held, told)
    with tools.store.writing() as session:
        searches.note_read(session, state, wnids)
    return held


async def _ask(tools: Toolbox, source: ImageSource, wnid: str, held: Counter[str]) -> Counter[str]:
    with tools.store.reading() as session:
        wanted = _unasked(session, tools, source, wnid)
    if wanted:
        async for page in source.find({wnid: wanted}):
            held = _note(tools, source, page, held)
        with tools.store.writing() as session:
            searches.note_asked(session, source.name, wnid, wanted, tools.settings.collect.per_synset)
    return held


def _mark_searched(tools: Toolbox, wnid: str) -> None:
    # One by one: an engine that fails half-way need not be asked again for what it has answered.
    with tools.store.writing() as session:
        session.execute(update(Synset).where(Synset.wnid == wnid).values(searched=True))


def _note(
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
        known = queries.known_candidates(session, {(found.wnid, found.url) for found in page.found})
        for found in page.found:
            key = found.wnid, found.url
            if trouble := _trouble(found, held):
                refused.append({"wnid": found.wnid, "url": found.url, **trouble})
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
    if any("\0" in getattr(found, name) for name in TEXTS):
        return {"reason": "bad_row", "text": "it holds a NUL, which no database stores"}
    return None


def vars_of(entry: Any) -> dict[str, str]:
    """Give a refused entry's fields for its event."""
    return {name: getattr(entry, name) for name in ("where", "reason", "text", "wnid", "url")}


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


def fetch(tools: Toolbox) -> int:
    """Fetch and examine what has been found, as far as hosts can be asked now; give the candidates moved."""
    with tools.store.reading() as session:
        waiting = _waiting(session, tools) or _waiting(session, tools)
    if not waiting:
        return 0
    outcomes = fetch_and_examine(tools, list(dict.fromkeys(row.fetch_url for row in waiting)))
    arrived = [row for row in waiting if row.fetch_url in outcomes]
    return _take_in(tools, arrived, outcomes) if arrived else 0


def _waiting(session: Session, tools: Toolbox) -> list[Any]:
    """Give a round's candidates, from where the last look ended; nothing at the end of the list."""
    most, chosen = tools.settings.run.tick_items, tools.rota.sieve()
    waiting = []
    for row in queries.found_candidates(session, tools.rota.after, LOOKS * most):
        tools.rota.after = row.id
        if chosen(row.fetch_url):
            waiting.append(row)
        if len(waiting) == most:
            return waiting
    tools.rota.after = 0
    return waiting


def _take_in(tools: Toolbox, waiting: Sequence[Any], outcomes: Mapping[str, Outcome]) -> int:
    now = tools.clock()
    with tools.store.writing() as session:
        usable = {url: one for url, (_, one) in outcomes.items() if isinstance(one, Examined)}
        insert_new(session, Picture, [_picture(one, now) for one in usable.values()], ("sha256",))
        copies = _copies(
            session, tools, [(row, usable[row.fetch_url]) for row in waiting if row.fetch_url in usable]
        )
        moves = [_move(tools, row, *outcomes[row.fetch_url], copies.get(row.id), now) for row in waiting]
        later = [row.id for row, move in zip(waiting, moves, strict=True) if move is None]
        session.execute(
            update(Candidate).where(Candidate.id.in_(later)).values(fetch_tries=Candidate.fetch_tries + 1)
        )
        return advance(session, [move for move in moves if move], now) + len(later)


def _picture(one: Examined, now: datetime) -> dict[str, Any]:
    return {
        "sha256": one.sha256,
        "width": one.width,
        "height": one.height,
        "size": one.size,
        "changes": list(one.changes),
        "hash_name": PHASH64,
        "phash": one.phash,
        "signature_name": SIGNATURE,
        "signature": one.signature,
        "fidelity": one.fidelity,
        "stored_at": now,
    }


def _copies(
    session: Session, tools: Toolbox, arrived: Sequence[tuple[Any, Examined]]
) -> dict[int, tuple[int, float]]:
    """Map each arrival that shows a picture its synset already has to (that candidate, probability)."""
    found: dict[int, tuple[int, float]] = {}
    by_synset: dict[str, list[tuple[int, Examined]]] = {}
    for row, one in arrived:
        by_synset.setdefault(row.wnid, []).append((row.id, one))
    for wnid, members in by_synset.items():
        members.sort(key=lambda member: (-member[1].width * member[1].height, member[0]))
        held = queries.pictures_of_synset(session, wnid)
        shown = held.and_then(_shown(members))
        near = find_copies(shown.hashes, shown.signatures, old=len(held.ids))
        for copy, (original, chance) in first_copies(near, len(held.ids), tools.settings.dedup.sure).items():
            found[shown.ids[copy]] = (shown.ids[original], chance)
    return found


def _shown(members: Sequence[tuple[int, Examined]]) -> queries.ShownPictures:
    ids, pictures = [row for row, _ in members], [one for _, one in members]
    return queries.ShownPictures.of(ids, [one.phash for one in pictures], [one.signature for one in pictures])


def _move(
    tools: Toolbox,
    row: Any,
    fetched: Fetched,
    examined: Examined | Unusable | None,
    copy: tuple[int, float] | None,
    now: datetime,
) -> Move | None:
    if fetched.retry and row.fetch_tries + 1 < tools.settings.collect.retries:
        return None
    columns: dict[str, Any] = {"fetched_at": now, "http_status": fetched.status, "reason": None}
    if examined is None:
        data = {"reason": fetched.refusal, "text": fetched.text, "final_url": fetched.final_url}
        return Move(
            row.id, State.FOUND, State.REFUSED, "refused", data, columns | {"reason": fetched.refusal}
        )
    if isinstance(examined, Unusable):
        data = {"reason": examined.reason, "text": examined.text}
        return Move(
            row.id, State.FOUND, State.REFUSED, "refused", data, columns | {"reason": examined.reason}
        )
    columns |= {"picture": examined.sha256, "source_sha256": examined.source_sha256}
    columns["shuffle"] = queries.shuffle(tools.settings.run.seed, row.wnid, examined.sha256)
    if copy:
        of, probability = copy
        why = {"of": of, "probability": probability}
        return Move(row.id, State.FOUND, State.DUPLICATE, "copy", why, columns | {"duplicate_of": of})
    return Move(row.id, State.FOUND, State.COLLECTED, "collected", {"changes": examined.changes}, columns)
