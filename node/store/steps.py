"""The steps of the schema: which there are, at which one a database stands, and how it gets to the newest.

The names are read from the files themselves. Alembic, a tenth of what a node loads, is loaded when a step is taken.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect

MADE_BY = "alembic_version"
"""The table with the name of the step that a database stands at. Source: the documentation of Alembic."""

_FOLDER = Path(__file__).parent / "migrations"


@cache
def names() -> tuple[str, ...]:
    """Every step of this version of Wasl, the newest last: a file each, `0009_following.py` is step `0009`."""
    return tuple(sorted(path.stem.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*_*.py")))


def reached(connection: Connection) -> str | None:
    """The step that a database stands at; None if it is empty."""
    if not inspect(connection).has_table(MADE_BY):
        return None
    name = connection.exec_driver_sql(f"SELECT version_num FROM {MADE_BY}").scalar()  # noqa: S608  # a constant
    return None if name is None else str(name)


def take(connection: Connection) -> None:
    """Bring the schema to the newest step, inside a transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
