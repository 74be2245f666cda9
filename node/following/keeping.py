"""Keeping up: a follower of the log that remembers, for every entry, whose news it is. One reading for everybody.

Law: what is news depends on the log and on when somebody began to follow, never on a clock or on when this runs. It may
be killed at any moment and goes on from its cursor; two at once write the same. Without follows it reads nothing.
Records arrive in any order: an entry that others have waited for makes them news, too (`_late`). Who may see what is
asked when news are read, so that a record which was hidden here for a while is news afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from node.assembly import Node
from node.following import matching, sifting
from node.store import accounts, chains, follows, log, notes, records, searches
from node.store.follows import SEARCH, Follow
from node.store.log import Entry
from node.store.records import HELD, Stored
from protocol.card import Card

FOLLOWER = "following"
"""The name of its cursor."""
BATCH = 100
"""Entries of the log looked at in one turn."""
LAG_MOST = 1_000
"""While nobody follows anything, the cursor is written this seldom: every so many entries."""

_News = set[tuple[int, int, int]]
"""(number of a follow, number of what is news, number of the entry by which it is)."""


def follow_once(node: Node) -> bool:
    """Look at the next entries. True when there may be more."""
    with node.database.reading() as connection:
        before, last = notes.cursor(connection, FOLLOWER), log.last_seq(connection)
        if before >= last:
            return False
        everyones = follows.everyones(connection)
        if not everyones and last - before < LAG_MOST:
            return False
        start = max(before, min((one.since for one in everyones), default=last))
        entries = log.entries_after(connection, start, BATCH)
        found = _found(connection, entries, everyones) if everyones else set()
        upto = entries[-1].seq if entries else last
    with node.database.writing() as connection:
        if notes.cursor(connection, FOLLOWER) == before:  # else another worker has been here: its cursor holds
            follows.put_news(connection, found)
            follows.purge(connection, node.now())
            notes.set_cursor(connection, FOLLOWER, upto, node.now())
    return upto < last


def _found(connection: Connection, entries: Sequence[Entry], everyones: Sequence[Follow]) -> _News:
    """All news of these entries."""
    seqs = [entry.seq for entry in entries if entry.type in matching.TYPES]
    live = [one for one in records.at(connection, seqs, HELD).values() if _is_live(one)]
    wanted: dict[tuple[str, str], list[Follow]] = defaultdict(list)
    for follow in everyones:
        wanted[follow.kind, follow.target].append(follow)
    found: _News = set()
    for entry in live:
        for stored in (entry, *_late(connection, entry)):
            for key in matching.concerns(connection, stored).wanted_by():
                found |= _news(wanted.get(key, ()), stored.seq, entry.seq)
    return found | _searched(connection, live, [one for one in everyones if one.kind == SEARCH])


def _late(connection: Connection, entry: Stored) -> list[Stored]:
    """What came before this entry, which it needed to be understood: what is about it, and answers to that.

    Only when the entry is the first that is held of its record, else all that is old would be news at each revision.
    """
    uris = [entry.uri] if entry.type in ("Practice", "Question") else []
    if entry.type == "Adaptation" and entry.content.get("result"):
        uris = [str(entry.content["result"])]
    found = []
    for uri in uris:
        found += records.about(connection, uri, HELD, matching.TYPES)
        came = records.get(connection, uri, HELD) if uri != entry.uri else None
        found += [came] if came is not None and came.type == "Practice" else []
    for asked in [one for one in found if one.type == "Question"]:
        found += records.about(connection, asked.uri, HELD, ["Answer"])
    waited = [one for one in found if one.seq < entry.seq and _is_live(one)]
    first = bool(waited) and min(one.seq for one in records.history(connection, entry.uri)) == entry.seq
    return waited if first else []


def _searched(connection: Connection, live: Sequence[Stored], wanting: Sequence[Follow]) -> _News:
    """News of saved searches: practices that they find, some only now that they are translated."""
    asked = {one: search for one in wanting if (search := _search_of(connection, one)) is not None}
    cards = chains.head_cards(connection) if asked else {}
    documents = sifting.documents(connection, live, cards) if asked else []
    every = sifting.found_by(asked.values(), documents, cards)
    seqs = {stored.uri: stored.seq for stored in live}
    found: _News = set()
    for one, search in asked.items():
        for uri in every.get(search, ()):
            found |= _news((one,), seqs[uri], seqs[uri])
    for stored in live if asked else ():
        if stored.type == "Translation":
            found |= _newly(connection, stored, asked, cards)
    return found


def _newly(
    connection: Connection, made: Stored, asked: Mapping[Follow, sifting.Search], cards: Mapping[str, Card]
) -> _News:
    """The practice that was translated is news for searches that find it now, and did not before."""
    target = records.get(connection, str(made.about), HELD)
    documents = sifting.documents(connection, [target] if target is not None else [], cards)
    former = sifting.without(documents[0], str(made.content.get("to"))) if documents else None
    if target is None or former is None or target.seq > made.seq:
        return set()
    now = sifting.found_by(asked.values(), documents, cards)
    then = sifting.found_by(asked.values(), [former], cards)
    fresh = [one for one, search in asked.items() if search in now and search not in then]
    return _news(fresh, target.seq, made.seq)


def _search_of(connection: Connection, follow: Follow) -> sifting.Search | None:
    """The search of a follow; None once it is gone."""
    saved = searches.find(connection, follow.user_id, int(follow.target)) if follow.target.isdecimal() else None
    user = accounts.find_number(connection, follow.user_id)
    return (saved.address, user.language or "") if saved is not None and user is not None else None


def _news(wanting: Iterable[Follow], seq: int, at: int) -> _News:
    return {(one.id, seq, at) for one in wanting if at > one.since}


def _is_live(stored: Stored) -> bool:
    return stored.state == "live" and stored.data is not None
