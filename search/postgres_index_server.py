"""Connections to PostgreSQL: made when needed, kept, made again when lost; and what can go wrong, by our codes.

Law: psycopg's errors do not leave the rooms `postgres_index*`, and no message says where the database is or by which
password it is reached. A read is one transaction that sees one moment (`REPEATABLE READ`, read only) under a
`statement_timeout`; what was lost with the connection is tried once more. Comes from: `postgres_index`.
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from typing import Any, TypeVar

import psycopg
from psycopg import errors, sql

from search.errors import IndexAway, IndexBroken, IndexBusy

Connection = psycopg.Connection[tuple[Any, ...]]
Result = TypeVar("Result")

CONNECT_S = 5
"""Seconds to wait for the server."""

KEEPALIVE: dict[str, Any] = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""After a minute without a sign a connection is lost, not after the two hours of most systems: a server that lost its
power, or a link that was cut, says nothing. Seconds, and milliseconds. Source: the documentation of libpq."""

LOOK_S = 5
"""How often the server looks whether a process that it builds an index for is still there, seconds."""

WAIT_S = 5.0
"""Seconds to wait for another writer."""

_SETTINGS = (
    "SET search_path TO {schema}",
    "SET client_min_messages TO warning",
    "SET jit TO off",  # compiling takes longer than any of our statements
    "SET max_parallel_workers_per_gather TO 0",  # a query is one reader's; the others are asking too
    "SET enable_seqscan TO off",  # never for words: a sequential scan reads every text
    "SELECT set_config(name, '256MB', false) FROM pg_settings"  # a GIN is built in as few rounds as it takes
    " WHERE name = 'maintenance_work_mem' AND setting::bigint < 256 * 1024",
    "SELECT set_config(name, 'lz4', false) FROM pg_settings"  # where the server has it: five times as fast
    " WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)",
)
_MISSING = (errors.UndefinedTable, errors.InvalidSchemaName, errors.UndefinedColumn)
_DAMAGED = (errors.DataCorrupted, errors.IndexCorrupted)
_BUSY = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)
_STRANGE = re.compile("[\x00-\x1f\\\\\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


class Gone(Exception):
    """A table was taken away between two statements: a new index has taken over. Look again."""


class Server:
    """One database, for any number of threads. `schema`: where everything of this index is."""

    def __init__(self, conninfo: str, schema: str, timeout_ms: int) -> None:
        self._conninfo = conninfo
        self._timeout_ms = timeout_ms
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._closed = False
        self.schema = schema

    def read(self, ask: Callable[[Connection], Result]) -> Result:
        """Let `ask` read in one transaction; again with a new connection if the one at hand was lost."""

        def reading(connection: Connection) -> Result:
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                connection.execute(f"SET LOCAL statement_timeout TO {self._timeout_ms:d}")
                return ask(connection)

        return self._attempted(reading)

    def write(self, act: Callable[[Connection], Result]) -> Result:
        """Let `act` change something in one transaction: all of it, or nothing; tried again like a read.

        Raises IndexBusy if what it needs is locked for longer than `WAIT_S`.
        """

        def writing(connection: Connection) -> Result:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout TO {int(WAIT_S * 1e3)}")
                return act(connection)

        return self._attempted(writing)

    def alone(self, act: Callable[[Connection], Result]) -> Result:
        """Let `act` do what cannot be done in a transaction, or needs several. Not tried again."""
        with self._connection(fresh=False) as connection:
            return act(connection)

    def close(self) -> None:
        """Close every connection that is not in use, and those in use when they are given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for each in idle:
            each.close()

    def _attempted(self, act: Callable[[Connection], Result]) -> Result:
        try:
            with self._connection(fresh=False) as connection:
                return act(connection)
        except IndexAway:
            with self._connection(fresh=True) as connection:
                return act(connection)

    @contextmanager
    def _connection(self, fresh: bool) -> Iterator[Connection]:
        with told():
            connection = self._taken(fresh)
            try:
                yield connection
            finally:
                self._give_back(connection)

    def _taken(self, fresh: bool) -> Connection:
        with self._lock:
            idle, self._idle = (self._idle, []) if fresh else ([], self._idle)
            known = self._idle.pop() if self._idle else None
        for each in idle:
            each.close()  # as old as the one that was lost
        if known is not None:
            return known
        try:
            made = psycopg.connect(
                self._conninfo, autocommit=True, connect_timeout=CONNECT_S, client_encoding="utf8", **KEEPALIVE
            )
        except psycopg.Error as error:  # its message tells host, user, or the whole of what cannot be understood
            raise IndexAway(error.sqlstate or type(error).__name__) from None
        try:
            for setting in _SETTINGS:
                made.execute(sql.SQL(setting).format(schema=sql.Identifier(self.schema)))
        except BaseException:
            made.close()
            raise
        return made

    def _give_back(self, connection: Connection) -> None:
        status = connection.info.transaction_status
        with self._lock:
            if not self._closed and not connection.closed and status == psycopg.pq.TransactionStatus.IDLE:
                self._idle.append(connection)
                return
        connection.close()


def end_with_us(connection: Connection) -> None:
    """Let the server stop what it does for this process soon after the process has ended: a GIN is built for minutes.

    From PostgreSQL 14 on, where its system can tell; elsewhere it goes on to the end of the statement.
    """
    statement = (
        "SELECT set_config(name, %s, false) FROM pg_settings"
        " WHERE name = 'client_connection_check_interval' AND setting = '0'"
    )
    with suppress(errors.InvalidParameterValue):
        connection.execute(statement, [f"{LOOK_S}s"])


@contextmanager
def told() -> Iterator[None]:
    """PostgreSQL's errors as ours."""
    try:
        yield
    except errors.QueryCanceled as error:
        raise TimeoutError("a statement of the search took too long") from error
    except _BUSY as error:
        raise IndexBusy("another process is writing to the search index") from error
    except _DAMAGED as error:
        raise IndexBroken("index_damaged", "PostgreSQL finds the search index damaged") from error
    except _MISSING as error:
        raise Gone from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise IndexAway(error.sqlstate or type(error).__name__) from None  # it names host and user
    except (errors.InsufficientPrivilege, errors.FeatureNotSupported) as error:
        raise IndexAway(error.sqlstate or "refused") from None


def key(schema: str, purpose: str) -> int:
    """The number of an advisory lock."""
    return int.from_bytes(blake2b(f"wasl/{schema}/{purpose}".encode(), digest_size=8).digest(), "big", signed=True)


def safe(text: str) -> str:
    """`text` without what PostgreSQL cannot keep (NUL, surrogates) or what has a meaning here; reversible."""
    return _STRANGE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def plain(text: str) -> str:
    """What `safe` was given."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "\\" in text else text
