"""Telling the inboxes what was published, revised and ended: each goes through the log with a cursor of its own.

What is told is made when it is told, from what counts at that moment, and has the same id whenever it is told: a worker
that is killed between saying and writing down says it again, and the other side knows it. An inbox that does not answer
is tried later and later, and forgotten with those who are told there when it took nothing for days.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests
from sqlalchemy import Connection

from node.assembly import Node
from node.errors import PeerProblem
from node.federation import outbound
from node.fediverse import asking, documents
from node.fediverse.documents import Document
from node.fediverse.place import Place, place_of
from node.logs import facts, get_log
from node.outputs.rows import moment
from node.store import lives, log, notes, records, subscribers
from node.store.lives import Life, Mention
from node.store.records import PUBLIC, Stored
from node.store.subscribers import FOLLOWER, Inbox, Subscriber
from node.wording import translations_of

AT_ONCE = 20
"""Activities that one inbox is told in a row before others have their turn."""
LONGEST_WAIT_S = 6 * 3_600
"""Between two tries of an inbox that does not answer, seconds."""
_AGAIN = (401, 403, 408, 429)
"""Refusals that may end: a clock, a key that is not known yet, too much at once."""

_log = get_log("fediverse")


def look(node: Node) -> bool:
    """See whether the log holds something to tell. Always False: there is no hurry."""
    with node.database.reading() as connection:
        if not _speaks(connection, node) or notes.cursor(connection, FOLLOWER) >= log.last_seq(connection):
            return False
    with node.database.writing() as connection:
        seen, last = notes.cursor(connection, FOLLOWER), log.last_seq(connection)
        if not lives.mentions(connection, node.did, seen, last, 1):
            subscribers.skip(connection, seen, last)
        notes.set_cursor(connection, FOLLOWER, max(seen, last), node.now())
    return False


def behind(node: Node, limit: int) -> list[Inbox]:
    """The inboxes to be told now."""
    with node.database.reading() as connection:
        if not _speaks(connection, node):
            return []
        return subscribers.behind(connection, notes.cursor(connection, FOLLOWER), node.now(), limit)


def unanswered(node: Node, limit: int) -> list[Subscriber]:
    """The accounts whose Follow is to be answered now."""
    with node.database.reading() as connection:
        return subscribers.unanswered(connection, node.now(), limit) if place_of(connection, node) else []


def tell(node: Node, inbox: Inbox, stopping: Callable[[], bool] = lambda: False) -> None:
    """Tell one inbox what it has not heard, at most `AT_ONCE` activities; no more once `stopping` says so."""
    with node.database.claiming() as connection:
        if not subscribers.claim(connection, inbox, _lease(node)):
            return
    with node.database.reading() as connection:
        place, upto = place_of(connection, node), notes.cursor(connection, FOLLOWER)
        news = lives.mentions(connection, node.did, inbox.seq, upto, AT_ONCE)
    if place is None:
        return
    with outbound.open_session(node.config.sync_private_addresses) as session:
        for mention in news:
            if stopping() or not _say(node, place, session, inbox, mention):
                return
    _note(node, inbox, seq=upto if len(news) < AT_ONCE else news[-1].seq, next_at=0)


def answer(node: Node, subscriber: Subscriber) -> None:
    """Answer a Follow with Accept."""
    with node.database.writing() as connection:
        place = place_of(connection, node)
        subscribers.note_answer(connection, subscriber, next_at=_lease(node))
    if place is None:
        return
    said = documents.accept(place, subscriber.actor, subscriber.follow)
    with outbound.open_session(node.config.sync_private_addresses) as session:
        code = _code(node, place, session, subscriber.own_inbox, said)
    over = node.now() - subscriber.created_at > _patience_s(node)
    with node.database.writing() as connection:
        if not code:
            subscribers.note_answer(connection, subscriber, accepted_at=node.now(), next_at=0, failures=0)
        elif code in ("not_found", "refused") or over:
            subscribers.remove(connection, subscriber.actor)
        else:
            wait = _wait(node, subscriber.failures)
            failures = subscriber.failures + 1
            subscribers.note_answer(connection, subscriber, next_at=node.now() + wait, failures=failures)


def activity_of(connection: Connection, node: Node, place: Place, mention: Mention) -> Document | None:
    """What an entry of the log means to the fediverse now; None where it means nothing, or a later one says it."""
    begun = [life for life in lives.of_record(connection, node.did, mention.record) if life.began <= mention.seq]
    if not begun:
        return _without_translation(connection, node, place, mention)
    life = begun[-1]
    if mention.seq == life.ended:
        return documents.delete(place, life.name)
    if life.ended is not None:
        return None
    stored = practice_of(connection, node, life)
    if stored is None:
        return documents.delete(place, life.name) if mention.kind == "void" else None
    said = note_of(connection, place, stored, life)
    if mention.seq == life.began:
        return documents.create(place, said)
    return documents.update(place, said, stored.digest) if mention.seq == stored.seq or mention.kind == "void" else None


def _without_translation(connection: Connection, node: Node, place: Place, mention: Mention) -> Document | None:
    """The practice that this entry takes a translation from, said anew: its words stand on servers everywhere."""
    ending = lives.ending_of(connection, node.did, mention)
    own, _, record = (ending.target if ending is not None else "").partition("/records/")
    begun = lives.of_record(connection, node.did, record) if own == node.did else []
    stored = practice_of(connection, node, begun[-1]) if begun else None
    if ending is None or stored is None:
        return None
    said = note_of(connection, place, stored, begun[-1]) | {"updated": moment(max(ending.stamp, stored.modified))}
    return documents.update(place, said, ending.digest)


def practice_of(connection: Connection, node: Node, life: Life) -> Stored | None:
    """The practice as anybody may read it; None when this life has ended."""
    stored = records.get(connection, f"{node.did}/records/{life.record}", PUBLIC)
    if life.ended is not None or stored is None or stored.type != lives.PRACTICE or stored.data is None:
        return None
    return stored


def address_of(connection: Connection, node: Node, stored: Stored) -> str:
    """Where the fediverse finds a live practice; empty for one of another node, or while the account is off."""
    place = place_of(connection, node) if stored.origin == node.did and stored.type == lives.PRACTICE else None
    found = lives.of_record(connection, node.did, stored.record) if place is not None else []
    return place.note(found[-1].name) if place is not None and found and found[-1].ended is None else ""


def note_of(connection: Connection, place: Place, stored: Stored, life: Life) -> Document:
    """A live practice as a Note."""
    return documents.note(place, stored, life, translations_of(connection, stored))


def _say(node: Node, place: Place, session: requests.Session, inbox: Inbox, mention: Mention) -> bool:
    """Tell an inbox one thing. False when it did not take it and the rest must wait."""
    with node.database.reading() as connection:
        said = activity_of(connection, node, place, mention)
    if said is None:
        return True
    code = _code(node, place, session, inbox.url, said)
    now = node.now()
    if not code or code == "refused":
        fine: dict[str, Any] = {"failures": 0, "failing_since": None, "error_code": None}
        _note(node, inbox, seq=mention.seq, next_at=_lease(node), told_at=now, **fine)
        return True
    since = inbox.failing_since if inbox.failing_since is not None else now
    if code == "not_found" or now - since > _patience_s(node):
        with node.database.writing() as connection:
            gone = subscribers.remove_inbox(connection, inbox.id)
        _log.warning("followers forgotten", extra=facts(host=inbox.host, followers=gone, code=code))
        return False
    wait = _wait(node, inbox.failures)
    _note(node, inbox, failures=inbox.failures + 1, failing_since=since, error_code=code, next_at=now + wait)
    return False


def _code(node: Node, place: Place, session: requests.Session, url: str, said: Document) -> str:
    """Say it. Empty when it was taken; `refused` when it never will be; `not_found` when nobody is there; else why."""
    try:
        status = asking.post(node, place, session, url, said)
    except PeerProblem as error:
        return error.code
    if status < 400:
        return ""
    if status in asking.GONE:
        return "not_found"
    if status in _AGAIN:
        return "peer_refused"
    return "refused" if status < 500 else "peer_down"


def _speaks(connection: Connection, node: Node) -> bool:
    """Whether the account is on; not while this node recovers, or somebody else signs with its key."""
    return place_of(connection, node) is not None and not notes.value(connection, "state")


def _note(node: Node, inbox: Inbox, **values: Any) -> None:
    with node.database.writing() as connection:
        subscribers.note(connection, inbox.id, **values)


def _lease(node: Node) -> int:
    """Until when another worker leaves it alone: whoever is killed holds up nobody for long."""
    return node.now() + 2 * asking.timeout_s(node)


def _wait(node: Node, failures: int) -> int:
    """Seconds until the next try after so many in vain: a minute, two, four, up to six hours."""
    return int(min(min(60, node.config.sync_interval_s) * 2 ** min(failures, 20), LONGEST_WAIT_S))


def _patience_s(node: Node) -> int:
    return node.config.activitypub_give_up_days * 86_400
