"""What came and was not admitted: waiting for a card or a vouch, held for a person to look at, refused, or skipped.

Never shown, indexed or relayed; only the administrator's pages read it. Every state has a small quota, so that nobody
can fill a disk with what we refuse. States: `pending` is tried again by itself when its reason may have gone;
`held` waits for a person; `refused` is evidence about the peer that brought it; `skipped` only remembers a digest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, or_, select

from node.errors import NotFound
from node.store.dialects import holds, upsert
from node.store.tables import quarantine, refusals

RECORD_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The id of a record as it stands in bytes."""
UNASKED = "altered"
"""Why bytes are refused unread that a peer gave and nobody had asked for; what waits here already goes on waiting."""
TARGET_ERASED = "target_erased"
"""Why a translation is not let in whose target was erased."""

PENDING_PER_ORIGIN = 64
"""Records of one origin that wait with their bytes; later ones are only remembered by digest."""
PENDING_BYTES = 32 * 1024 * 1024
"""Bytes of all that waits or is held."""
EVIDENCE_PER_PEER = 50
"""Refused records kept, with their bytes, for each peer that brought them: the newest."""
PASSING = ("future", "origin_quota")
"""Reasons that may be gone by themselves."""
RETRY_S = 86_400
"""Seconds after which such a thing is fetched again."""
SKIPPED_MOST = 200_000
"""Digests remembered as skipped."""


@dataclass(frozen=True, slots=True)
class Aside:
    """One thing set aside. `data` is None where only the fact is kept; `origin` is what the bytes claim."""

    id: int
    digest: bytes
    state: str
    code: str
    detail: str
    origin: str | None
    via: str | None
    first_at: int
    last_at: int
    times: int
    size: int
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Reason:
    """How many things lie aside in one state for one reason, and their bytes as they came."""

    state: str
    code: str
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """How often a peer brought something that was refused for one reason."""

    via: str
    code: str
    times: int
    last_at: int


def put(connection: Connection, items: Sequence[Aside]) -> None:
    """Remember things set aside (`id` is ignored). Quotas decide whether the bytes are kept."""
    if not items:
        return
    waiting = _waiting_bytes(connection)
    per_origin: dict[str | None, int] = {}
    rows = []
    for item in items:
        keep = item.data
        if item.state == "pending":
            if item.origin not in per_origin:
                per_origin[item.origin] = _pending_of(connection, item.origin)
            per_origin[item.origin] += 1
            if per_origin[item.origin] > PENDING_PER_ORIGIN or waiting + item.size > PENDING_BYTES:
                keep = None
        elif item.state == "held" and waiting + item.size > PENDING_BYTES:
            keep = None
        if keep is not None and item.state in ("pending", "held"):
            waiting += item.size
        rows.append(
            {
                "digest": item.digest,
                "state": "skipped" if keep is None and item.state == "pending" else item.state,
                "code": item.code,
                "detail": item.detail[:500],
                "origin": item.origin,
                "via": item.via,
                "first_at": item.first_at,
                "last_at": item.last_at,
                "times": 1,
                "size": item.size,
                "data": keep,
            }
        )
    statement = upsert(connection, quarantine)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["digest"],
            set_={
                "times": quarantine.c.times + 1,
                "last_at": statement.excluded.last_at,
                "state": statement.excluded.state,
                "code": statement.excluded.code,
                "detail": statement.excluded.detail,
                "via": statement.excluded.via,
                "data": statement.excluded.data,
            },
            where=or_(
                statement.excluded.code != UNASKED,
                (quarantine.c.state != "pending") & (quarantine.c.state != "held"),
            ),
        ),
        rows,
    )
    _trim(connection, {item.via for item in items if item.state == "refused"})


def drop(connection: Connection, digests: Iterable[bytes]) -> None:
    """Forget these: they were admitted, or a person decided."""
    wanted = list(digests)
    for start in range(0, len(wanted), 500):
        connection.execute(delete(quarantine).where(quarantine.c.digest.in_(wanted[start : start + 500])))


def forget_records(connection: Connection, uris: Sequence[str]) -> None:
    """Forget the bytes set aside in which the ids of these records stand (an erasure): revisions, translations, copies.

    What merely mentions one of them goes too; a peer that still has it brings it again.
    """
    ids = {uri.rpartition("/")[2].encode("ascii") for uri in uris}
    kept = select(quarantine.c.id, quarantine.c.data).where(quarantine.c.data.is_not(None))
    if len(ids) == 1:
        kept = kept.where(holds(quarantine.c.data, next(iter(ids))))
    gone = [row.id for row in connection.execute(kept) if not ids.isdisjoint(RECORD_ID.findall(row.data))]
    for start in range(0, len(gone), 500):
        connection.execute(delete(quarantine).where(quarantine.c.id.in_(gone[start : start + 500])))


def forget_buried(connection: Connection) -> None:
    """Forget which translations were kept out because their target was erased: an erasure has been voided."""
    connection.execute(delete(quarantine).where(quarantine.c.code == TARGET_ERASED))


def forget_skipped(connection: Connection, origins: Iterable[str]) -> int:
    """Forget that records of these origins were skipped, so that the next reconcile fetches them. Returns how many."""
    names = list(origins)
    if not names:
        return 0
    gone = connection.execute(
        delete(quarantine).where(quarantine.c.origin.in_(names) & (quarantine.c.state == "skipped"))
    )
    return int(gone.rowcount)


def pending(connection: Connection, origins: Iterable[str]) -> list[Aside]:
    """What waits, with its bytes, for these origins: oldest first."""
    names = list(origins)
    question = (
        select(quarantine)
        .where(quarantine.c.origin.in_(names) & (quarantine.c.state == "pending") & quarantine.c.data.is_not(None))
        .order_by(quarantine.c.id)
    )
    return [Aside(**row._mapping) for row in connection.execute(question)]


def known(connection: Connection, digests: Iterable[bytes], now: int) -> set[bytes]:
    """Which of these digests need not be fetched again: pending, held or skipped here.

    What was skipped for want of room, or held for its date, is asked for again after a day: both pass.
    """
    passing = quarantine.c.code.in_(PASSING) & (quarantine.c.last_at <= now - RETRY_S)
    wanted = list(digests)
    found: set[bytes] = set()
    for start in range(0, len(wanted), 500):
        part = quarantine.c.digest.in_(wanted[start : start + 500])
        question = select(quarantine.c.digest).where(
            part & quarantine.c.state.in_(("pending", "held", "skipped")) & ~passing
        )
        found.update(connection.execute(question).scalars())
    return found


def listing(
    connection: Connection,
    via: str | None = None,
    limit: int = 100,
    *,
    state: str | None = None,
    code: str | None = None,
    origin: str | None = None,
    before: int | None = None,
) -> list[Aside]:
    """The newest things set aside; the skipped ones, of which only a digest is kept, when `state` asks for them.

    `via`: the peer that brought them; `origin`: as the bytes claim; `before`: only ids below it, to page on.
    """
    question = select(quarantine).where(quarantine.c.state == state if state else quarantine.c.state != "skipped")
    for column, wanted in ((quarantine.c.via, via), (quarantine.c.code, code), (quarantine.c.origin, origin)):
        if wanted is not None:
            question = question.where(column == wanted)
    if before is not None:
        question = question.where(quarantine.c.id < before)
    rows = connection.execute(question.order_by(quarantine.c.id.desc()).limit(limit))
    return [Aside(**row._mapping) for row in rows]


def many(connection: Connection, ids: Iterable[int] | None) -> list[Aside]:
    """The things with these ids, oldest first; with None, everything whose bytes are kept."""
    chosen = quarantine.c.data.is_not(None) if ids is None else quarantine.c.id.in_(list(ids))
    rows = connection.execute(select(quarantine).where(chosen).order_by(quarantine.c.id))
    return [Aside(**row._mapping) for row in rows]


def find(connection: Connection, id_: int) -> Aside:
    """One thing set aside. Raises `NotFound` (`not_aside`)."""
    found = many(connection, [id_])
    if not found:
        raise NotFound("nothing lies aside under this number; `wasl quarantine list` shows what does", "not_aside")
    return found[0]


def reasons(connection: Connection) -> list[Reason]:
    """How much is set aside, by state and reason: most first."""
    question = (
        select(quarantine.c.state, quarantine.c.code, func.count().label("count"), func.sum(quarantine.c.size))
        .group_by(quarantine.c.state, quarantine.c.code)
        .order_by(func.count().desc(), quarantine.c.code)
    )
    return [
        Reason(str(state), str(code), int(count), int(size or 0))
        for state, code, count, size in connection.execute(question)
    ]


def bytes_by_peer(connection: Connection) -> dict[str, int]:
    """Bytes kept aside, by the peer that brought them."""
    kept = quarantine.c.data.is_not(None) & quarantine.c.via.is_not(None)
    question = select(quarantine.c.via, func.sum(quarantine.c.size)).where(kept).group_by(quarantine.c.via)
    return {str(via): int(size) for via, size in connection.execute(question)}


def counts(connection: Connection) -> dict[str, int]:
    """How many things are in each state."""
    question = select(quarantine.c.state, func.count()).group_by(quarantine.c.state)
    return {str(state): int(count) for state, count in connection.execute(question)}


def count_refusal(connection: Connection, via: str, code: str, now: int, times: int = 1) -> None:
    """Count against a peer that what it brought was refused."""
    statement = upsert(connection, refusals).values(via=via, code=code, times=times, last_at=now)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["via", "code"], set_={"times": refusals.c.times + times, "last_at": now}
        )
    )


def refusal_counts(connection: Connection, via: str | None = None) -> list[RefusalCount]:
    """Refusals by peer and reason, most frequent first."""
    question = select(refusals).order_by(refusals.c.times.desc())
    if via is not None:
        question = question.where(refusals.c.via == via)
    return [RefusalCount(**row._mapping) for row in connection.execute(question)]


def _pending_of(connection: Connection, origin: str | None) -> int:
    mine = (quarantine.c.origin == origin) & (quarantine.c.state == "pending")
    return int(connection.execute(select(func.count()).where(mine)).scalar() or 0)


def _waiting_bytes(connection: Connection) -> int:
    waiting = quarantine.c.state.in_(("pending", "held")) & quarantine.c.data.is_not(None)
    return int(connection.execute(select(func.sum(quarantine.c.size)).where(waiting)).scalar() or 0)


def _trim(connection: Connection, peers: Iterable[str | None]) -> None:
    for via in peers:
        mine = (quarantine.c.via == via) & (quarantine.c.state == "refused")
        keep = select(quarantine.c.id).where(mine).order_by(quarantine.c.id.desc()).limit(EVIDENCE_PER_PEER)
        connection.execute(delete(quarantine).where(mine & quarantine.c.id.not_in(keep)))
    excess = select(quarantine.c.id).where(quarantine.c.state == "skipped").order_by(quarantine.c.id.desc())
    connection.execute(delete(quarantine).where(quarantine.c.id.in_(excess.offset(SKIPPED_MOST).limit(10_000))))
