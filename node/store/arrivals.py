"""How many new records each origin has brought lately: a day and a count for each, in the meta table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from node.store.dialects import upsert
from node.store.tables import meta

_PREFIX = "arrivals:"
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Arrivals:
    """`since`: when it was let in here (or its last flood was looked at), seconds; `day`: seconds since 1970 divided by
    86,400; `count`: new records on that day."""

    since: int
    day: int
    count: int


def of(connection: Connection, origin_ids: Iterable[int]) -> dict[int, Arrivals]:
    """What is known of these origins; nothing for those from which nothing has come since they were let in."""
    names = [f"{_PREFIX}{one}" for one in origin_ids]
    found = {}
    for start in range(0, len(names), _CHUNK):
        question = select(meta).where(meta.c.name.in_(names[start : start + _CHUNK]))
        for row in connection.execute(question):
            since, day, count = map(int, row.value.split())
            found[int(row.name.removeprefix(_PREFIX))] = Arrivals(since, day, count)
    return found


def put(connection: Connection, arrivals: Mapping[int, Arrivals]) -> None:
    """Write these."""
    rows = [
        {"name": f"{_PREFIX}{one}", "value": f"{said.since} {said.day} {said.count}"} for one, said in arrivals.items()
    ]
    if rows:
        statement = upsert(connection, meta)
        changed = {"value": statement.excluded.value}
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed), rows)
