"""Who has replied to what, without the words: for lists that count answers and look for what is accepted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, select

from node.store.hiding import is_hidden
from node.store.tables import heads, origins

_CHUNK = 500
"""How many things one question names."""


class Reply(NamedTuple):
    """A public live record that is about another."""

    uri: str
    origin: str


def replies(connection: Connection, uris: Iterable[str], type_: str) -> dict[str, list[Reply]]:
    """The replies of a type to each of these records, oldest first; those that nobody replied to are absent."""
    wanted = list(uris)
    question = (
        select(heads.c.about, origins.c.did, heads.c.record)
        .join(origins, origins.c.id == heads.c.origin_id)
        .where(origins.c.admitted.is_(True), heads.c.type == type_, heads.c.state == "live")
        .where(heads.c.visibility == "public", ~is_hidden())
        .order_by(heads.c.seq)
    )
    found: dict[str, list[Reply]] = {}
    for start in range(0, len(wanted), _CHUNK):
        some = question.where(heads.c.about.in_(wanted[start : start + _CHUNK]))
        for about, did, record in connection.execute(some):
            found.setdefault(str(about), []).append(Reply(f"{did}/records/{record}", did))
    return found
