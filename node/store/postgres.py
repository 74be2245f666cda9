"""The store in PostgreSQL: what differs from the file, and nothing else (docs/decisions/0017-postgresql-store.md).

One transaction writes at a time, as with SQLite: it takes an advisory lock first, so the log's numbers have no gaps and
appear in their order. Text and whole numbers are as wide as in SQLite, and text is compared by its bytes. Two nodes may
share a database, each in a schema of its own (`search_path`). Loaded only where a setting asks for it, by `database`.
"""

from __future__ import annotations

import time
from sys import maxsize
from typing import Any

from sqlalchemy import Column, Connection, Engine, LargeBinary, String, create_engine, event, inspect, make_url
from sqlalchemy.dialects.postgresql.base import PGTypeCompiler
from sqlalchemy.exc import ArgumentError, DBAPIError

from node.errors import ConfigProblem
from node.store.dialects import fit
from node.store.steps import MADE_BY
from node.store.tables import metadata
from search.postgres_index_server import KEEPALIVE

LOCK_TIMEOUT_MS = 15_000
"""How long a writer waits for another process, milliseconds."""
STATEMENT_TIMEOUT_MS = 120_000
"""How long one statement may take, milliseconds; a migration takes as long as it needs."""
IDLE_TIMEOUT_MS = 600_000
"""After which a transaction that does nothing is ended by the server: its process hangs, and others wait for it."""
REWRITTEN_MOST_BYTES = 64 * 2**20
"""Tables up to here are written anew after an erasure, which takes a second at most: whoever reads them waits."""
CONNECTIONS = 10
"""Connections kept; in need, as many again."""

_WRITERS, _USERS, _SIGNERS = 0x5761736C, 0x5761736D, 0x5761736E
"""Names of the advisory locks ("Wasl"): the one writer of a schema; everybody who has it open; the one who signs."""
_LOCK = "wasl_lock"
_NEWEST = {"isolation_level": "READ COMMITTED"}
"""Whoever has waited for a lock reads what was written meanwhile, whatever the server's own default says."""
_POLL_S = 0.05

_LOCKED = "55P03"
_OF_WORDS = (
    "log", "quarantine", "drafts", "draft_saves", "draft_asides", "draft_remarks", "draft_files", "mailings",
    "fediverse_actors", "fediverse_heard", "fediverse_inboxes", "fediverse_subscribers",
)  # fmt: skip
"""Tables from which somebody's words or names are erased."""
_WORDS_LENGTH = 250
"""Columns of these that are bounded by less hold no words, but what is looked up."""

_SMALL = """
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
    AND relname = ANY(%(names)s) AND pg_total_relation_size(oid) <= %(most)s
"""
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_xmin IS NOT NULL AND coalesce(xact_start, '-infinity') < %(since)s
"""
"""Who may still see what was erased. Since when another user reads (a dump, say), the server tells its administrator
only: then it may be long."""
_COMPRESSION = """
    SELECT set_config(name, 'lz4', false) FROM pg_settings
    WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)
"""  # where the server has it: packing a record takes a fifth of the time that PostgreSQL's own takes
_SIZE = """
    SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
"""


class PostgresKind:
    """One schema of one database and the connections to it."""

    name = "the PostgreSQL database"
    shared = True

    def __init__(self, address: str) -> None:
        self.reading: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self.writing: dict[str, Any] = {_LOCK: _WRITERS, **_NEWEST}
        self.turn: dict[str, Any] | None = {_LOCK: _SIGNERS, **_NEWEST}
        self.claiming: dict[str, Any] = dict(_NEWEST)  # without the writers' lock: work is taken by locks of rows
        self.engine = _engine(address)

    def exists(self) -> bool:
        """Whether the schema holds a store, whole or begun."""
        with self.engine.connect() as connection:
            return inspect(connection).has_table(MADE_BY)

    def size(self) -> int:
        """Bytes that the tables and their indexes take."""
        with self.engine.connect() as connection:
            return int(connection.exec_driver_sql(_SIZE).scalar_one())

    def check(self, connection: Connection) -> str:
        """`ok`, or which table is not there. Damage of the disk is PostgreSQL's to find (data checksums)."""
        missing = set(metadata.tables) - set(inspect(connection).get_table_names())
        if len(missing) == len(metadata.tables):
            return "there is no table"
        return f"no table {', '.join(sorted(missing))}" if missing else "ok"

    def prepare_steps(self, connection: Connection) -> None:
        """Let the steps of a migration, or a move, take their time."""
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")

    def finish_steps(self, connection: Connection) -> None:
        """Have PostgreSQL gather no statistics of columns with words in them.

        ANALYZE copies values of up to a thousand bytes into a table of the system, where no erasure comes.
        """
        for name in _OF_WORDS:
            for column in metadata.tables[name].c:
                if isinstance(column.type, (String, LargeBinary)) and (column.type.length or maxsize) >= _WORDS_LENGTH:
                    said = f"ALTER TABLE {_quoted(name)} ALTER {_quoted(column.name)} SET STATISTICS 0"
                    connection.exec_driver_sql(said)

    def alone(self, connection: Connection) -> bool:
        """Whether nobody else has this store open, until the end of the transaction."""
        return bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({_key(_USERS)})").scalar_one())

    def forget(self, wait_ms: int) -> bool:
        """Clear away the rows that stand for erased ones. False while somebody may still see them.

        VACUUM alone leaves their bytes in the free room of a page, so small tables with words in them are written anew.
        """
        with self.engine.connect() as plain:
            connection = plain.execution_options(isolation_level="AUTOCOMMIT")
            since = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
            until = time.monotonic() + wait_ms / 1000
            while connection.exec_driver_sql(_OTHERS, {"since": since}).scalar_one():
                if time.monotonic() > until:
                    return False
                time.sleep(_POLL_S)
            return _sweep(connection, wait_ms)


def _sweep(connection: Connection, wait_ms: int) -> bool:
    """VACUUM every table. False where one is in use for longer than `wait_ms`."""
    found = connection.exec_driver_sql(_SMALL, {"names": list(_OF_WORDS), "most": REWRITTEN_MOST_BYTES}).scalars()
    small = set(found)
    large = set(_OF_WORDS) - small
    for setting, value in (("statement_timeout", 0), ("lock_timeout", wait_ms)):
        connection.exec_driver_sql(f"SET {setting} = {value}")
    try:
        for how, names in (
            ("FULL", small),
            ("TRUNCATE OFF", large),  # indexes of a long log are left to PostgreSQL: no words stand in them
            ("INDEX_CLEANUP ON, TRUNCATE OFF", set(metadata.tables) - small - large),
        ):
            if names:
                connection.exec_driver_sql(f"VACUUM ({how}) {', '.join(map(_quoted, sorted(names)))}")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") != _LOCKED:
            raise
        return False
    finally:
        if not connection.invalidated:  # a session that was lost is not used again
            for setting, value in (("statement_timeout", STATEMENT_TIMEOUT_MS), ("lock_timeout", LOCK_TIMEOUT_MS)):
                connection.exec_driver_sql(f"SET {setting} = {value}")
    return True


class _AsInSqlite(PGTypeCompiler):
    """Types as wide as SQLite's, which bounds neither the length of a text nor a number by what its column says.

    What fits one store then fits the other. Text is compared by its bytes (`C`): in the same order as in SQLite, and an
    index does not depend on the system's tables of languages, which change with an update.
    """

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:
        return 'TEXT COLLATE "C"' if _of_column(kw) else "TEXT"

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:
        return self.visit_TEXT(type_, **kw)

    def visit_INTEGER(self, type_: Any, **kw: Any) -> str:
        return "BIGINT" if _of_column(kw) else "INTEGER"


def _of_column(kw: dict[str, Any]) -> bool:
    """Whether a table is being made; elsewhere a type says what a value is, also in SQLAlchemy's own questions."""
    return isinstance(kw.get("type_expression"), Column)


def _engine(address: str) -> Engine:
    try:
        url = make_url(address).set(drivername="postgresql+psycopg")
        if "@" in (url.host or ""):  # of a password whose @ is not written %40: told as a host that is not found
            raise ValueError
    except (ArgumentError, ValueError):  # its own sentence may show the password
        raise ConfigProblem(
            "the address of the database cannot be read: postgresql://user:password@host/name", "bad_database"
        ) from None
    engine = create_engine(
        url,
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_timeout=LOCK_TIMEOUT_MS / 1000,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": LOCK_TIMEOUT_MS // 1000, "application_name": "wasl", **KEEPALIVE},
    )
    engine.dialect.type_compiler_instance = _AsInSqlite(engine.dialect)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        for setting, value in (
            ("lock_timeout", LOCK_TIMEOUT_MS),
            ("statement_timeout", STATEMENT_TIMEOUT_MS),
            ("idle_in_transaction_session_timeout", IDLE_TIMEOUT_MS),
            ("client_min_messages", "warning"),
        ):
            connection.execute(f"SET {setting} = {value}")
        connection.execute(_COMPRESSION)
        connection.execute(f"SELECT pg_advisory_lock_shared({_key(_USERS)})")
        connection.autocommit = False

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if lock := connection.get_execution_options().get(_LOCK):
            # DO: a SELECT that the driver has prepared would hold its moment until the end, and nothing be cleared away
            connection.exec_driver_sql(f"DO 'BEGIN PERFORM pg_advisory_xact_lock({_key(lock)}); END'")

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def _fit(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> tuple[str, Any]:
        return statement, [_fitting(each) for each in parameters] if many else _fitting(parameters)

    return engine


def _fitting(parameters: Any) -> Any:
    if isinstance(parameters, dict):
        return {name: fit(value) for name, value in parameters.items()}
    return tuple(fit(value) for value in parameters) if parameters else parameters


def _key(lock: int) -> str:
    return f"{lock}, hashtext(current_schema())"


def _quoted(name: str) -> str:
    return f'"{name}"'
