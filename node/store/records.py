"""Reading what is held: heads, histories, counts. Only admitted origins; only what the audience may see and what is not
hidden here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Select, case, exists, func, select

from node.store.hiding import is_hidden
from node.store.tables import heads, hidden, log, origins
from protocol.envelope import NODE

PUBLIC = "public"
"""Audience: anybody."""
MEMBERS = "members"
"""Audience: admitted peers and people of this node (`public` and `network` records)."""
OURSELVES = "ourselves"
"""Audience: the people of this node at its own machine (also records that never leave it)."""
HELD = "held"
"""No audience: whatever is held, also what is hidden here. For what must not depend on being shown."""

ABOUT_MOST = 500
"""Records about one other that are looked at."""

_ABOUT_USUAL = 10
"""Records about one that are as many as there are as a rule."""

_CHUNK = 500
"""How many things one question names."""
_SEEN: Mapping[str, tuple[str, ...]] = {
    PUBLIC: ("public",),
    MEMBERS: ("public", "network"),
    OURSELVES: ("public", "network", "node"),
    HELD: ("public", "network", "node"),
}


@dataclass(frozen=True, slots=True)
class Stored:
    """One revision as held. `data`: the exact bytes, None once erased. `state`: live | withdrawn | erased.

    `via`: DID of the peer that brought it, None when written here; `received`, `modified`: seconds since 1970.
    """

    seq: int
    origin: str
    record: str
    revision: int
    type: str
    visibility: str
    digest: bytes
    modified: int
    received: int
    via: str | None
    key: str
    about: str | None
    void: bool
    forked: bool
    state: str
    data: bytes | None

    @property
    def uri(self) -> str:
        """`<origin>/records/<uuid>`."""
        return f"{self.origin}/records/{self.record}"

    @property
    def body(self) -> dict[str, Any]:
        """The parsed record; empty once erased."""
        return orjson.loads(self.data) if self.data is not None else {}

    @property
    def content(self) -> dict[str, Any]:
        """The parsed content; empty once erased."""
        return self.body.get("content", {})  # type: ignore[no-any-return]


def get(connection: Connection, uri: str, audience: str) -> Stored | None:
    """The head of one record, or None when unknown, not admitted or not for this audience."""
    place = _place(uri)
    if place is None:
        return None
    did, record = place
    question = _question(audience).where((origins.c.did == did) & (heads.c.record == record))
    row = connection.execute(question).one_or_none()
    return _stored(row) if row else None


def by_digest(connection: Connection, digest: bytes) -> Stored | None:
    """One revision, head or not, whatever its audience; None when it is not held."""
    row = connection.execute(_revisions().where(log.c.digest == digest)).one_or_none()
    return _stored(row) if row else None


def latest(
    connection: Connection,
    audience: str,
    types: Sequence[str] = ("Practice",),
    origin: str | None = None,
    limit: int = 20,
    before_seq: int | None = None,
) -> list[Stored]:
    """Live heads of these types, the last received first. `before_seq`: to page on."""
    question = _question(audience).where(heads.c.type.in_(types) & (heads.c.state == "live"))
    if origin is not None:
        question = question.where(origins.c.did == origin)
    if before_seq is not None:
        question = question.where(heads.c.seq < before_seq)
    return [_stored(row) for row in connection.execute(question.order_by(heads.c.seq.desc()).limit(limit))]


def about(connection: Connection, uri: str, audience: str, types: Sequence[str]) -> list[Stored]:
    """Live heads that are about `uri` (translations, adaptations, questions, answers), oldest first; of more than
    `ABOUT_MOST` those of its own origin, then the oldest."""
    question = _question(audience).where((heads.c.about == uri) & heads.c.type.in_(types) & (heads.c.state == "live"))
    others = case((origins.c.did == uri.partition("/")[0], 0), else_=1)
    rows = connection.execute(question.order_by(others, heads.c.seq).limit(ABOUT_MOST))
    return sorted((_stored(row) for row in rows), key=lambda stored: stored.seq)


def about_many(
    connection: Connection, uris: Iterable[str], audience: str, types: Sequence[str], *, own: bool = False
) -> dict[str, list[Stored]]:
    """As `about`, for many URIs with one question for each few hundred; those that nothing is about are absent.

    `own`: only those of the same origin as what they are about.
    """
    wanted = list(uris)
    question = _question(audience).where(heads.c.type.in_(types) & (heads.c.state == "live")).order_by(heads.c.seq)
    if own:
        question = question.where(heads.c.about.startswith(origins.c.did))
    found: dict[str, list[Stored]] = {}
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        most = ABOUT_MOST + _ABOUT_USUAL * len(chunk)
        rows = connection.execute(question.where(heads.c.about.in_(chunk)).limit(most + 1)).all()
        for stored in map(_stored, rows):
            found.setdefault(str(stored.about), []).append(stored)
        flooded = len(rows) > most  # somebody has written so much about one that the others' was not read
        for uri in chunk:
            if flooded or len(found.get(uri, ())) > ABOUT_MOST:
                found[uri] = [
                    one for one in about(connection, uri, audience, types) if not own or uri.startswith(one.origin)
                ]
    return {uri: several for uri, several in found.items() if several}


def attached(connection: Connection, uri: str) -> list[str]:
    """The URIs of all attachments of which some revision belongs to `uri`, whatever became of them."""
    question = (
        select(origins.c.did, log.c.record)
        .join(origins, origins.c.id == log.c.origin_id)
        .where((log.c.about == uri) & (log.c.type == "Attachment"))
        .distinct()
    )
    return [f"{did}/records/{record}" for did, record in connection.execute(question)]


def history(connection: Connection, uri: str) -> list[Stored]:
    """Every revision of a record that this node holds, lowest number first, void and erased ones included."""
    place = _place(uri)
    if place is None:
        return []
    did, record = place
    question = _revisions().where((origins.c.did == did) & (log.c.record == record))
    return [_stored(row) for row in connection.execute(question.order_by(log.c.revision, log.c.seq))]


def own(connection: Connection, did: str) -> list[Stored]:
    """Every head of one origin, whatever its type and state, in the order of the log."""
    question = _question(OURSELVES).where(origins.c.did == did).order_by(heads.c.seq)
    return [_stored(row) for row in connection.execute(question)]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A revision without its bytes. `held`: whether they are here; `head`: whether it counts now."""

    record: str
    revision: int
    digest: bytes
    type: str
    key: str
    void: bool
    erased: bool
    held: bool
    head: bool


def numbered(connection: Connection, did: str, only: Sequence[str] | None = None) -> dict[str, list[Numbered]]:
    """Every revision but cards of one origin, by record, the record that changed last in the end.

    `only`: UUIDs, 500 at most, instead of all of its records.
    """
    question = (
        select(
            log.c.record,
            log.c.revision,
            log.c.digest,
            log.c.type,
            log.c.key,
            log.c.void,
            log.c.erased,
            log.c.data.is_not(None).label("held"),
            heads.c.seq.is_not(None).label("head"),
        )
        .join(origins, origins.c.id == log.c.origin_id)
        .outerjoin(heads, heads.c.seq == log.c.seq)
        .where((origins.c.did == did) & (log.c.kind == "revision") & (log.c.type != NODE))
        .order_by(log.c.seq.desc())
    )
    if only is not None:
        question = question.where(log.c.record.in_(only))
    found: dict[str, list[Numbered]] = {}
    for row in connection.execute(question):
        found.setdefault(row.record, []).append(Numbered(**row._mapping))
    return dict(reversed(found.items()))


def forked(connection: Connection, limit: int = 500) -> list[Stored]:
    """Heads that share their number with another valid revision, the last received first."""
    question = _question(OURSELVES).where(heads.c.forked).order_by(heads.c.seq.desc()).limit(limit)
    return [_stored(row) for row in connection.execute(question)]


def many(connection: Connection, uris: Iterable[str], audience: str) -> dict[str, Stored]:
    """Heads by URI, for a page of hits; unknown ones are absent."""
    names = [place[1] for uri in uris if (place := _place(uri))]
    found: dict[str, Stored] = {}
    for start in range(0, len(names), _CHUNK):
        some = heads.c.record.in_(names[start : start + _CHUNK])
        for row in connection.execute(_question(audience).where(some)):
            stored = _stored(row)
            found[stored.uri] = stored
    return found


def at(connection: Connection, seqs: Sequence[int], audience: str) -> dict[int, Stored]:
    """Heads by their numbers in the log, for a page of news; what is no head, or not for this audience, is absent."""
    found: dict[int, Stored] = {}
    for start in range(0, len(seqs), _CHUNK):
        some = heads.c.seq.in_(seqs[start : start + _CHUNK])
        found |= {row.seq: _stored(row) for row in connection.execute(_question(audience).where(some))}
    return found


def erased(connection: Connection, uris: Iterable[str]) -> set[str]:
    """Which of these records were erased, whether or not their origin is admitted now."""
    names = [place[1] for uri in uris if (place := _place(uri))]
    question = (
        select(origins.c.did, heads.c.record)
        .join(origins, origins.c.id == heads.c.origin_id)
        .where(heads.c.state == "erased")
    )
    found: set[str] = set()
    for start in range(0, len(names), _CHUNK):
        some = connection.execute(question.where(heads.c.record.in_(names[start : start + _CHUNK])))
        found.update(f"{did}/records/{record}" for did, record in some)
    return found


def counts(connection: Connection, audience: str) -> dict[tuple[str, str], int]:
    """Live heads by (origin's DID, type)."""
    question = (
        select(origins.c.did, heads.c.type, func.count())
        .join(origins, origins.c.id == heads.c.origin_id)
        .where(visible(audience) & (heads.c.state == "live"))
        .group_by(origins.c.did, heads.c.type)
    )
    return {(did, type_): count for did, type_, count in connection.execute(question)}


def received_since(connection: Connection, moment: int, most: int) -> int:
    """How many of the newest `most` entries came at or after `moment`."""
    newest = select(log.c.received_at).order_by(log.c.seq.desc()).limit(most).subquery()
    return int(connection.execute(select(func.count()).where(newest.c.received_at >= moment)).scalar_one())


def held_of(connection: Connection, dids: Iterable[str]) -> dict[tuple[str, str], int]:
    """Live heads by (origin's DID, type) of these origins, whether or not they are admitted now."""
    question = (
        select(origins.c.did, heads.c.type, func.count())
        .join(origins, origins.c.id == heads.c.origin_id)
        .where(origins.c.did.in_(list(dids)) & (heads.c.state == "live"))
        .group_by(origins.c.did, heads.c.type)
    )
    return {(did, type_): count for did, type_, count in connection.execute(question)}


def _place(uri: str) -> tuple[str, str] | None:
    did, sign, record = uri.partition("/records/")
    return (did, record) if sign and len(uri) <= 200 else None


def visible(audience: str) -> ColumnElement[bool]:
    """Of a question about `heads` and `origins`: what this audience may see."""
    seen = origins.c.admitted.is_(True) & heads.c.visibility.in_(_SEEN[audience])
    return seen if audience == HELD else seen & ~is_hidden()


def source_visible(audience: str) -> ColumnElement[bool]:
    """Of a question about `heads`: what the record is about lives here, and this audience may see it.

    A translation repeats the words of its source: where that is not shown, neither is what was made of it.
    """
    source, place = heads.alias("source"), origins.alias("place")
    same = (hidden.c.origin_id == source.c.origin_id) & (hidden.c.record == source.c.record)
    question = (
        select(source.c.seq)
        .join(place, place.c.id == source.c.origin_id)
        .where(
            source.c.record == func.substr(heads.c.about, func.length(heads.c.about) - 35),  # the UUID at its end
            place.c.did + "/records/" + source.c.record == heads.c.about,
            place.c.admitted.is_(True),
            source.c.visibility.in_(_SEEN[audience]),
            source.c.state == "live",
            ~exists(select(hidden.c.record).where(same)),
        )
    )
    return exists(question.correlate(heads))


_COLUMNS = (
    log.c.seq, origins.c.did, log.c.record, log.c.revision, log.c.type, log.c.visibility, log.c.digest, log.c.stamp,
    log.c.received_at, log.c.via, log.c.key, log.c.about, log.c.void, log.c.erased, log.c.data,
)  # fmt: skip


@cache
def _question(audience: str) -> Select[Any]:
    return (
        select(*_COLUMNS, heads.c.forked, heads.c.state)
        .join(heads, heads.c.seq == log.c.seq)
        .join(origins, origins.c.id == heads.c.origin_id)
        .where(visible(audience))
    )


def _revisions() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(origins, origins.c.id == log.c.origin_id)
        .where((log.c.kind == "revision") & origins.c.admitted)
    )


def _stored(row: Row[Any]) -> Stored:
    fields = row._mapping
    state = fields.get("state") or ("erased" if fields["erased"] or fields["data"] is None else "live")
    return Stored(
        seq=row.seq,
        origin=row.did,
        record=row.record,
        revision=row.revision,
        type=row.type,
        visibility=row.visibility,
        digest=bytes(row.digest),
        modified=row.stamp,
        received=row.received_at,
        via=row.via,
        key=row.key,
        about=row.about,
        void=row.void,
        forked=bool(fields.get("forked", False)),
        state=str(state),
        data=bytes(row.data) if row.data is not None else None,
    )
