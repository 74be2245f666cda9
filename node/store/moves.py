"""All that a store holds, poured from one database into another of this version, and compared row by row there.

The order of the tables is that of their foreign keys, the order of rows that of their primary keys, which both kinds of
database sort alike. Only text with a NUL in it changes on its way into PostgreSQL, which has none (`dialects.fit`).
Called by `migrating` and `backup`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, LargeBinary, Table, func, insert, inspect, select

from node.errors import NotAllowed, StoreProblem
from node.store import steps
from node.store.database import Database
from node.store.dialects import fit
from node.store.tables import metadata

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""

BATCH_ROWS, BATCH_BYTES = 500, 8_000_000
"""What is written at a time, at most; at least one row."""

_STEP_ROWS = 20
"""Rows read at a time of a table that keeps bytes of any length: a file of a draft has 12 MB."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was compared of one table. `digest`: SHA-256 (hex) of all rows; `mended`: texts that had a NUL."""

    table: str
    rows: int
    digest: str
    mended: int


def into_file(source: Database, path: Path, progress: Progress) -> None:
    """Copy a store as it is at this moment into the new SQLite file `path`, while others go on writing."""
    target = Database(path)
    try:
        with source.reading() as ours, target.writing() as connection:
            begin(target, connection)
            pour(ours, connection, progress)
    finally:
        target.close()


def rows_in(connection: Connection) -> int:
    """How many rows all tables have."""
    counts = [select(func.count()).select_from(table) for table in metadata.sorted_tables]
    return sum(int(connection.execute(count).scalar_one()) for count in counts)


def begin(target: Database, connection: Connection) -> None:
    """Make the tables, in the transaction of `connection`. Raises `NotAllowed` (`store_not_empty`)."""
    if inspect(connection).get_table_names():
        raise NotAllowed("there are tables in that database: give an empty one", "store_not_empty")
    target.kind.prepare_steps(connection)
    steps.take(connection)
    target.kind.finish_steps(connection)


def pour(source: Connection, target: Connection, progress: Progress) -> None:
    """Copy every row of every table into the empty tables of `target`."""
    done, total = 0, rows_in(source)
    for table in metadata.sorted_tables:
        with closing(_batches(source, table)) as batches:
            for batch in batches:
                target.execute(insert(table), batch)
                done += len(batch)
                progress(done, total)
        _go_on_counting(target, table)


def compare(source: Connection, target: Connection, progress: Progress) -> tuple[Proof, ...]:
    """Read both again, row beside row. Raises `StoreProblem` (`store_differs`) at the first difference.

    Of each entry of the log that has its bytes, these are held against its digest too.
    """
    done, total = 0, rows_in(source)
    proofs = []
    for table in metadata.sorted_tables:
        digest, rows, mended = sha256(), 0, 0
        with closing(_rows(source, table)) as ours, closing(_rows(target, table)) as theirs:
            for one, other in zip_longest(ours, theirs):
                mended += _must_be_same(table, rows + 1, one, other)
                digest.update(_written(other))
                rows += 1
                if not rows % BATCH_ROWS:
                    progress(done + rows, total)
        done += rows
        progress(done, total)
        proofs.append(Proof(table.name, rows, digest.hexdigest(), mended))
    return tuple(proofs)


def _must_be_same(table: Table, number: int, ours: tuple[Any, ...] | None, theirs: tuple[Any, ...] | None) -> int:
    """Raise unless both are one row, and an entry of the log is itself. Returns how many texts had a NUL."""
    expected = tuple(map(fit, ours)) if ours is not None else None
    if ours is None or expected is None or expected != theirs:
        raise StoreProblem(f"row {number} of the table {table.name} is not the same there", "store_differs")
    if table.name == "log":
        _must_be_itself(table, expected)
    return sum(one is not other for one, other in zip(ours, expected, strict=True))


def _rows(connection: Connection, table: Table) -> Generator[tuple[Any, ...]]:
    step = _STEP_ROWS if any(_unbounded(column.type) for column in table.c) else BATCH_ROWS
    question = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=step)
    with connection.execute(question) as found:
        for row in found:
            yield tuple(row)


def _unbounded(type_: Any) -> bool:
    return isinstance(type_, LargeBinary) and type_.length is None


def _batches(connection: Connection, table: Table) -> Generator[list[dict[str, Any]]]:
    names = [column.name for column in table.c]
    batch: list[dict[str, Any]] = []
    size = 0
    with closing(_rows(connection, table)) as rows:
        for row in rows:
            batch.append(dict(zip(names, row, strict=True)))
            size += sum(len(value) for value in row if isinstance(value, (bytes, str)))
            if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number new rows behind those that came; SQLite does so by itself."""
    column = table.autoincrement_column
    if column is None or connection.dialect.name != "postgresql":
        return
    last = connection.execute(select(func.max(column))).scalar_one()
    if last is not None:
        place = func.pg_get_serial_sequence(f'"{table.name}"', column.name)
        connection.execute(select(func.setval(place, last)))


def _must_be_itself(table: Table, row: tuple[Any, ...]) -> None:
    entry = dict(zip((column.name for column in table.c), row, strict=True))
    if entry["data"] is not None and sha256(entry["data"]).digest() != entry["digest"]:
        raise StoreProblem(f"the bytes of entry {entry['seq']} of the log are not those of its digest", "store_differs")


def _written(row: tuple[Any, ...]) -> bytes:
    """A row as bytes, the same from both kinds of database and for no other row."""
    parts = []
    for value in row:
        kind, plain = type(value).__name__, value if isinstance(value, bytes) else str(value).encode()
        parts.append(b"%s %d " % (kind.encode(), len(plain)) + plain)
    return b"".join(parts)
