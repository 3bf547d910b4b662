"""Stage 1: candidates for each synset. Search, fetch, look at the picture, keep it once, drop copies of it.

ImageNet asked search engines for every synonym, with parent words and in other languages, and removed
duplicates within the synset (CVPR 2009, section 3.1).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from pipeline.collection import searches
from pipeline.collection.arrivals import Arrivals
from pipeline.collection.candidate_search import all_synsets, search_all, unasked
from pipeline.collection.examination import Examined, Outcome, Unusable
from pipeline.collection.fetching import fetch_and_examine
from pipeline.collection.local_files import is_file
from pipeline.copies.kept_copies import point_at
from pipeline.copies.on_arrival import Shown, copies_among
from pipeline.errors import SettingsError
from pipeline.ports import Fetched
from pipeline.states import State
from pipeline.store import duplicates, queries
from pipeline.store.insertion import insert_new
from pipeline.store.journal import Move, advance
from pipeline.store.models import Candidate, Picture, Synset
from pipeline.toolbox import Toolbox
from quality.copies import find_copies
from quality.phash import PHASH64
from quality.signature import SIGNATURE

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
    # A list is read whole for its state, which may take minutes: before pages and crowd wait for it.
    states = [source.state for source in sources if not source.by_query]
    with tools.store.writing() as session:
        wnids = all_synsets(session)
        grown = not all(searches.is_read(session, state, wnids) for state in states)
        asked = [source for source in sources if source.by_query]
        due = [wnid for wnid in wnids if grown or any(unasked(session, tools, one, wnid) for one in asked)]
        session.execute(update(Synset).where(Synset.wnid.in_(due)).values(searched=False))


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
    """Read lists and folders, search for synsets not searched yet, or some; give the new candidates."""
    with tools.store.reading() as session:
        wnids = session.scalars(select(Synset.wnid).where(~Synset.searched).order_by(Synset.wnid)).all()
    return asyncio.run(search_all(tools, wnids)) if wnids else 0


def fetch(tools: Toolbox) -> int:
    """Fetch and examine what has been found, as far as hosts can be asked now; give the candidates moved."""
    arrivals, moved, is_over = Arrivals(), 0, tools.rota.begin()

    def next_urls(chosen: Callable[[str], bool]) -> list[str]:
        with tools.store.reading() as session:
            return arrivals.expect(_waiting(session, tools, chosen))

    def more_files() -> list[str]:
        at_the_end, full = not tools.rota.after, len(arrivals.outcomes) >= tools.settings.run.tick_items
        return [] if at_the_end or full or is_over() else next_urls(is_file)

    def take(outcomes: Iterable[Outcome]) -> None:
        nonlocal moved
        moved += sum(_take_in(tools, part, arrivals.outcomes) for part in arrivals.add(outcomes))

    began = tools.rota.after
    urls = next_urls(tools.rota.sieve())
    if not urls and (began or tools.rota.after):  # the list goes on, or round
        urls = next_urls(tools.rota.sieve())
    if urls:
        fetch_and_examine(tools, urls, more_files, take)
    return moved + sum(_take_in(tools, part, arrivals.outcomes) for part in arrivals.rest())


def _waiting(session: Session, tools: Toolbox, chosen: Callable[[str], bool]) -> list[Any]:
    """Give some of a round's candidates, from where the last look ended; nothing at the end of the list."""
    most, rota = tools.settings.run.tick_items, tools.rota
    waiting, looked = [], 0
    for row in queries.found_candidates(session, rota.after, LOOKS * most):
        rota.after, looked = row.id, looked + 1
        if chosen(row.fetch_url):
            waiting.append(row)
        if len(waiting) == most:
            return waiting
    if looked < LOOKS * most:
        rota.after = 0
    return waiting


def _take_in(tools: Toolbox, waiting: Sequence[Any], outcomes: Mapping[str, Outcome]) -> int:
    now = tools.clock()
    seen = {row.fetch_url: outcomes[row.fetch_url][1] for row in waiting}
    usable = {url: one for url, one in seen.items() if isinstance(one, Examined)}
    # Pages and crowd need the database meanwhile; nobody else adds pictures.
    copies = _copies(tools, [(row, usable[row.fetch_url]) for row in waiting if row.fetch_url in usable])
    with tools.store.writing() as session:
        gone, copies = _giving_way(session, copies, {row.id for row in waiting})
        moves = [_move(tools, row, *outcomes[row.fetch_url], copies.get(row.id), now) for row in waiting]
        later = [row.id for row, move in zip(waiting, moves, strict=True) if move is None]
        insert_new(session, Picture, [_picture(one, now) for one in usable.values()], ("sha256",))
        session.execute(
            update(Candidate).where(Candidate.id.in_(later)).values(fetch_tries=Candidate.fetch_tries + 1)
        )
        moved = advance(session, [*gone, *(move for move in moves if move)], now)
        for move in gone:
            point_at(session, move.data["of"], [move.id], now)
        return moved + len(later)


def _giving_way(
    session: Session, copies: Mapping[int, tuple[int, float]], arrived: Set[int]
) -> tuple[list[Move], dict[int, tuple[int, float]]]:
    """Give the moves of candidates that give way to better copies, and the copies among the arrivals."""
    kept = {one: of for one, of in copies.items() if one in arrived}
    gone = []
    for one in duplicates.facts(session, copies.keys() - arrived).values():
        better, chance = copies[one.id]
        if one.untouched:
            data = {"of": better, "probability": chance}
            columns = {"duplicate_of": better, "wanted": 0}
            gone.append(Move(one.id, State(one.state), State.DUPLICATE, "copy", data, columns))
        else:  # somebody was asked about it meanwhile
            same = {other: (one.id, each) for other, (of, each) in kept.items() if of == better}
            kept |= same | {better: (one.id, chance)}
    stay = kept.keys()
    return [move for move in gone if move.data["of"] not in stay], kept


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
        "stored_at": now,
    }


def _copies(tools: Toolbox, arrived: Sequence[tuple[Any, Examined]]) -> dict[int, tuple[int, float]]:
    """Map each candidate that copies a better one, or one that has to stay, to (that one, probability)."""
    found: dict[int, tuple[int, float]] = {}
    by_synset: dict[str, list[tuple[Any, Examined]]] = {}
    for row, one in arrived:
        by_synset.setdefault(row.wnid, []).append((row, one))
    for wnid, members in by_synset.items():
        with tools.store.reading() as session:
            held = queries.pictures_of_synset(session, wnid)
        shown = held.and_then(_shown(members))
        near = find_copies(shown.hashes, shown.signatures, old=len(held.ids))
        copied = np.unique(near.left[near.measured.probability >= tools.settings.dedup.sure])
        if len(copied):
            candidates = _held(tools, held.ids, copied) + [_arrived(*member) for member in members]
            settings = tools.settings.dedup
            found |= copies_among(candidates, shown.signatures, near, tools.open_blobs, settings)
    return found


def _held(tools: Toolbox, ids: Sequence[int], copied: Iterable[int]) -> list[Shown]:
    """Tell of the candidates that a synset has which may give way to a better copy: some of those copied."""
    with tools.store.reading() as session:
        known = duplicates.facts(session, [ids[row] for row in copied if row < len(ids)])
    return [_known(known[one]) if one in known else Shown(one, "", 0, 0, (), "", stays=True) for one in ids]


def _known(one: Any) -> Shown:
    size = (one.width, one.height)
    return Shown(one.id, one.picture, *size, one.changes, one.license, stays=not one.untouched)


def _arrived(row: Any, one: Examined) -> Shown:
    size, known = (one.width, one.height), row.gold is not None
    return Shown(row.id, one.sha256, *size, one.changes, row.license, stays=False, known=known)


def _shown(members: Sequence[tuple[Any, Examined]]) -> queries.ShownPictures:
    ids, pictures = [row.id for row, _ in members], [one for _, one in members]
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
