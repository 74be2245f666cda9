"""The few things that SQLite and PostgreSQL say differently: said once here, asked for by name elsewhere."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, LargeBinary, Text, literal
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import BigInteger, Boolean

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def upsert(connection: Connection, table: FromClause) -> sqlite.Insert:
    """An INSERT into `table` that can say what to do with a row that is there already (`on_conflict_do_…`).

    Both kinds of it have the same methods; the type names the one.
    """
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # only nodes that use it load it

        return postgresql.insert(table)  # type: ignore[arg-type, return-value]
    return sqlite.insert(table)  # type: ignore[arg-type]


def fit(value: Any) -> Any:
    """A value as PostgreSQL can keep it: its text has no NUL, so U+FFFD stands for one. All else is as it was."""
    return value.replace("\0", _REPLACEMENT) if isinstance(value, str) and "\0" in value else value


class later(FunctionElement[int]):
    """The greater of two whole numbers of one row."""

    name, type, inherit_cache = "later", BigInteger(), True


class _Holds(FunctionElement[bool]):
    name, type, inherit_cache = "holds", Boolean(), True


class _Resembles(FunctionElement[bool]):
    name, type, inherit_cache = "resembles", Boolean(), True


def holds(column: ColumnElement[Any], part: bytes) -> ColumnElement[bool]:
    """Whether these bytes stand in the bytes of a column."""
    return _Holds(column, literal(part, LargeBinary()))


def resembles(column: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    r"""Whether the bytes of a column, which are UTF-8, are LIKE a pattern; A-Z counts as a-z, `\` escapes."""
    return _Resembles(column, literal(pattern, Text()))


def _two(element: FunctionElement[Any], compiler: Any, kw: dict[str, Any]) -> tuple[str, str]:
    one, other = (compiler.process(each, **kw) for each in element.clauses)
    return one, other


@compiles(later)
def _later(element: FunctionElement[Any], compiler: Any, **kw: Any) -> str:
    one, other = _two(element, compiler, kw)
    return f"max({one}, {other})"


@compiles(later, "postgresql")
def _later_postgresql(element: FunctionElement[Any], compiler: Any, **kw: Any) -> str:
    one, other = _two(element, compiler, kw)
    return f"greatest({one}, {other})"


@compiles(_Holds)
def _holds(element: FunctionElement[Any], compiler: Any, **kw: Any) -> str:
    column, part = _two(element, compiler, kw)
    return f"(instr({column}, {part}) > 0)"


@compiles(_Holds, "postgresql")
def _holds_postgresql(element: FunctionElement[Any], compiler: Any, **kw: Any) -> str:
    column, part = _two(element, compiler, kw)
    return f"(position({part} IN {column}) > 0)"


@compiles(_Resembles)
def _resembles(element: FunctionElement[Any], compiler: Any, **kw: Any) -> str:
    column, pattern = _two(element, compiler, kw)
    return f"(CAST({column} AS TEXT) LIKE {pattern} ESCAPE '\\')"


@compiles(_Resembles, "postgresql")
def _resembles_postgresql(element: FunctionElement[Any], compiler: Any, **kw: Any) -> str:
    column, pattern = _two(element, compiler, kw)
    return f"""(convert_from({column}, 'UTF8') COLLATE "C" ILIKE {pattern} ESCAPE '\\')"""
