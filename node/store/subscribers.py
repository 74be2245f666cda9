"""Who follows this node in the fediverse, and the inboxes that are told: each inbox is a follower of the log.

An inbox has a cursor of its own (`seq`), so nothing is copied into a queue: what is told is read when it is told, and
what was erased meanwhile is not there to be told. The marker `FOLLOWER` says how far the log was looked through; an
inbox that stands there has heard all. Rows in, dataclasses out. Who follows is never listed to anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, or_, select, update

from node.store.tables import fediverse_inboxes as inboxes
from node.store.tables import fediverse_subscribers as subscribers

FOLLOWER = "fediverse"
"""Name of the marker, among the followers of the log."""
FAR_S = 86_400
"""No wait is as long, seconds: what is due later was written while the clock stood in the future, and is due now."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One account that follows. `inbox_id`: the inbox in which it is told; `follow`: id of its Follow."""

    id: int
    actor: str
    host: str
    own_inbox: str
    inbox_id: int
    follow: str
    created_at: int
    accepted_at: int | None
    next_at: int
    failures: int


@dataclass(frozen=True, slots=True)
class Inbox:
    """One address that is told. `seq`: our log up to there; moments: seconds since 1970 or None."""

    id: int
    url: str
    host: str
    seq: int
    next_at: int
    failures: int
    failing_since: int | None
    told_at: int | None
    error_code: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """How one host stands. `behind`: entries of the log that it was not told of yet, at most, of any origin."""

    host: str
    followers: int
    behind: int
    told_at: int | None
    failing_since: int | None
    error_code: str | None


def find(connection: Connection, actor: str) -> Subscriber | None:
    """The account of this address, if it follows."""
    row = connection.execute(select(subscribers).where(subscribers.c.actor == actor)).one_or_none()
    return Subscriber(**row._mapping) if row else None


def count(connection: Connection, host: str | None = None) -> int:
    """How many follow, in all or from one host."""
    question = select(func.count()).select_from(subscribers)
    if host is not None:
        question = question.where(of_host(subscribers.c.host, host))
    return int(connection.execute(question).scalar_one())


def add(connection: Connection, actor: str, host: str, now: int, **more: Any) -> None:
    """Let an account follow from now on; one that follows already is answered again.

    `more`: `own_inbox`, `inbox` (where it is told), `follow`, `seq` (our log now, for an inbox that is new).
    """
    values = {"own_inbox": more["own_inbox"], "follow": more["follow"], "accepted_at": None, "next_at": 0}
    values |= {"inbox_id": _inbox_of(connection, more["inbox"], host, more["seq"]), "failures": 0}
    known = find(connection, actor)
    if known is None:
        connection.execute(insert(subscribers).values(actor=actor, host=host, created_at=now, **values))
    else:
        connection.execute(update(subscribers).where(subscribers.c.id == known.id).values(**values))
    _drop_unread(connection)


def remove(connection: Connection, actor: str) -> bool:
    """Forget an account; its inbox, too, if it was the last there. Says whether it followed."""
    gone = connection.execute(delete(subscribers).where(subscribers.c.actor == actor)).rowcount
    _drop_unread(connection)
    return bool(gone)


def remove_inbox(connection: Connection, inbox_id: int) -> int:
    """Forget all that are told in this inbox, and it. Returns how many they were."""
    gone = connection.execute(delete(subscribers).where(subscribers.c.inbox_id == inbox_id)).rowcount
    _drop_unread(connection)
    return int(gone)


def remove_host(connection: Connection, host: str) -> int:
    """Forget everybody of a host; named without a port, of all its ports. Returns how many they were."""
    gone = connection.execute(delete(subscribers).where(of_host(subscribers.c.host, host))).rowcount
    _drop_unread(connection)
    return int(gone)


def remove_all(connection: Connection) -> None:
    """Forget everybody."""
    connection.execute(delete(subscribers))
    _drop_unread(connection)


def unanswered(connection: Connection, now: int, limit: int) -> list[Subscriber]:
    """Accounts whose Follow is to be answered now, one of each host, the oldest first."""
    due = subscribers.c.accepted_at.is_(None) & _due(subscribers.c.next_at, now)
    first = select(func.min(subscribers.c.id)).where(due).group_by(subscribers.c.host)
    question = select(subscribers).where(subscribers.c.id.in_(first)).order_by(subscribers.c.id).limit(limit)
    return [Subscriber(**row._mapping) for row in connection.execute(question)]


def note_answer(connection: Connection, subscriber: Subscriber, **values: Any) -> None:
    """Write down how answering went, unless it has followed anew meanwhile."""
    same = (subscribers.c.id == subscriber.id) & (subscribers.c.follow == subscriber.follow)
    connection.execute(update(subscribers).where(same).values(**values))


def behind(connection: Connection, upto: int, now: int, limit: int) -> list[Inbox]:
    """Inboxes to be told now, which have not heard of the log up to `upto`; whoever waited longest first."""
    answered = select(subscribers.c.inbox_id).where(subscribers.c.accepted_at.is_not(None))
    wanted = (inboxes.c.seq < upto) & _due(inboxes.c.next_at, now) & inboxes.c.id.in_(answered)
    question = select(inboxes).where(wanted).order_by(inboxes.c.next_at, inboxes.c.seq, inboxes.c.id).limit(limit)
    return [_inbox(row) for row in connection.execute(question)]


def claim(connection: Connection, inbox: Inbox, until: int) -> bool:
    """Hold an inbox for one worker until then; False when another has it, or it was told meanwhile."""
    same = (inboxes.c.id == inbox.id) & (inboxes.c.next_at == inbox.next_at) & (inboxes.c.seq == inbox.seq)
    found = connection.execute(select(inboxes.c.id).where(same).with_for_update(skip_locked=True)).scalar_one_or_none()
    if found is None:
        return False
    connection.execute(update(inboxes).where(inboxes.c.id == found).values(next_at=until))
    return True


def note(connection: Connection, inbox_id: int, **values: Any) -> None:
    """Write down what telling an inbox taught us: any column."""
    connection.execute(update(inboxes).where(inboxes.c.id == inbox_id).values(**values))


def skip(connection: Connection, before: int, upto: int) -> None:
    """Nothing between these two entries concerns anybody: whoever had heard all still has."""
    connection.execute(update(inboxes).where(inboxes.c.seq.between(before, upto)).values(seq=upto))


def told(connection: Connection, upto: int) -> list[Told]:
    """How each host stands, the largest first."""
    question = (
        select(
            inboxes.c.host,
            func.count(subscribers.c.id),
            func.min(inboxes.c.seq),
            func.max(inboxes.c.told_at),
            func.min(inboxes.c.failing_since),
            func.max(inboxes.c.error_code),
        )
        .join(subscribers, subscribers.c.inbox_id == inboxes.c.id)
        .group_by(inboxes.c.host)
        .order_by(func.count(subscribers.c.id).desc(), inboxes.c.host)
    )
    return [
        Told(host, number, max(0, upto - seq), told_at, since, code)
        for host, number, seq, told_at, since, code in connection.execute(question)
    ]


def _inbox_of(connection: Connection, url: str, host: str, seq: int) -> int:
    held = connection.execute(select(inboxes.c.id).where(inboxes.c.url == url)).scalar_one_or_none()
    if held is not None:
        return int(held)
    made = connection.execute(insert(inboxes).values(url=url, host=host, seq=seq, next_at=0, failures=0))
    key = made.inserted_primary_key
    assert key is not None
    return int(key[0])


def _drop_unread(connection: Connection) -> None:
    """Forget inboxes in which nobody is told."""
    connection.execute(delete(inboxes).where(inboxes.c.id.not_in(select(subscribers.c.inbox_id))))


def of_host(column: ColumnElement[str], host: str) -> ColumnElement[bool]:
    """Whether a column names this host, with any port where `host` names none."""
    return (column == host) | column.startswith(f"{host}:", autoescape=True)


def _due(column: ColumnElement[int], now: int) -> ColumnElement[bool]:
    return or_(column <= now, column > now + FAR_S)


def _inbox(row: Row[Any]) -> Inbox:
    return Inbox(**row._mapping)
