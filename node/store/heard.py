"""What strangers in the fediverse have said and nobody has examined yet, and what was learnt of who they are.

Law: both are bounded, whatever comes. Of what was said only the few facts are kept that decide; of what cannot be
examined in a while nothing stays. Rows in, dataclasses out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from node.errors import NotAllowed
from node.store.dialects import upsert
from node.store.subscribers import FAR_S, of_host
from node.store.tables import fediverse_actors as actors
from node.store.tables import fediverse_heard as heard
from node.store.tables import fediverse_subscribers as subscribers

FOLLOW, UNDO, DELETE = "follow", "undo", "delete"

MOST_WAITING = 1_000
"""Things said that wait in all."""
MOST_OF_HOST = 50
"""Things said that wait of what claims to be one host."""
FORGOTTEN_S = 86_400
"""How long anything waits at most, seconds."""
MOST_ACTORS = 5_000
"""Strangers of whom something is remembered, beside those who follow."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing said. `kind`: follow | undo | delete; `base`: the text that was signed. Nothing of it is believed."""

    kind: str
    actor: str
    host: str
    activity: str
    key_id: str
    base: str
    signature: bytes
    at: int
    id: int = 0
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Actor:
    """What an actor's own server said of it at the moment `at`. `key`: PEM; `code`: why nothing is known, or None."""

    actor: str
    at: int
    code: str | None = None
    key_id: str = ""
    key: str = ""
    inbox: str = ""
    shared_inbox: str | None = None


def hear(connection: Connection, said: Heard) -> None:
    """Keep it until it is examined. Raises `NotAllowed` (`too_many_requests`) when too much waits.

    Where all room is taken, what has been tried most often in vain gives way: names of servers that do not exist cost
    nothing, and must not keep those out that do.
    """
    connection.execute(delete(heard).where(heard.c.at < said.at - FORGOTTEN_S))
    same_host = select(func.count()).select_from(heard).where(heard.c.host == said.host)
    if waiting(connection) >= MOST_WAITING:
        tried = select(heard.c.id).where(heard.c.tries > 0).order_by(heard.c.tries.desc(), heard.c.id).limit(1)
        connection.execute(delete(heard).where(heard.c.id.in_(tried)))
    if waiting(connection) >= MOST_WAITING or connection.execute(same_host).scalar_one() >= MOST_OF_HOST:
        raise NotAllowed("too much waits to be examined: try again later", "too_many_requests")
    values = {name: getattr(said, name) for name in Heard.__dataclass_fields__ if name != "id"}
    connection.execute(insert(heard).values(**values, next_at=0))


def waits(connection: Connection, actor: str, kind: str) -> bool:
    """Whether something of this kind waits that this actor is said to have said."""
    mine = (heard.c.actor == actor) & (heard.c.kind == kind)
    return connection.execute(select(heard.c.id).where(mine).limit(1)).one_or_none() is not None


def waiting(connection: Connection) -> int:
    """How much waits."""
    return int(connection.execute(select(func.count()).select_from(heard)).scalar_one())


def due(connection: Connection, now: int, busy: Sequence[str], limit: int) -> list[Heard]:
    """What is to be examined now: the oldest of each host that is not `busy`; what was never tried comes first."""
    time = or_(heard.c.next_at <= now, heard.c.next_at > now + FAR_S) & heard.c.host.not_in(list(busy))
    first = select(func.min(heard.c.id)).where(time).group_by(heard.c.host)
    question = select(heard).where(heard.c.id.in_(first)).order_by(heard.c.tries, heard.c.id).limit(limit)
    fields = tuple(Heard.__dataclass_fields__)
    return [Heard(**{name: row._mapping[name] for name in fields}) for row in connection.execute(question)]


def put_off(connection: Connection, said: Heard, next_at: int) -> None:
    """Try it again at this moment."""
    connection.execute(update(heard).where(heard.c.id == said.id).values(next_at=next_at, tries=said.tries + 1))


def done(connection: Connection, said: Heard) -> bool:
    """Forget it: it was examined. False when another worker was faster."""
    return bool(connection.execute(delete(heard).where(heard.c.id == said.id)).rowcount)


def drop_earlier(connection: Connection, said: Heard) -> None:
    """Forget what the same actor said before: it has left since."""
    connection.execute(delete(heard).where((heard.c.actor == said.actor) & (heard.c.id < said.id)))


def drop_host(connection: Connection, host: str) -> None:
    """Forget what waits of a host; named without a port, of all its ports."""
    connection.execute(delete(heard).where(of_host(heard.c.host, host)))


def known(connection: Connection, actor: str) -> Actor | None:
    """What is remembered of an actor."""
    row = connection.execute(select(actors).where(actors.c.actor == actor)).one_or_none()
    return Actor(**{name: value for name, value in row._mapping.items() if value is not None}) if row else None


def remember(connection: Connection, found: Actor) -> None:
    """Remember what was learnt of an actor; of strangers the oldest are forgotten."""
    values: dict[str, Any] = {name: getattr(found, name) for name in Actor.__dataclass_fields__}
    statement = upsert(connection, actors).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=["actor"], set_=values))
    strangers = actors.c.actor.not_in(select(subscribers.c.actor))
    old = select(actors.c.actor).where(strangers).order_by(actors.c.at.desc()).offset(MOST_ACTORS)
    connection.execute(delete(actors).where(actors.c.actor.in_(old.limit(100))))


def forget(connection: Connection, actor: str) -> None:
    """Remember nothing of an actor."""
    connection.execute(delete(actors).where(actors.c.actor == actor))
