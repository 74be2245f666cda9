"""Can this node serve now, and what should somebody look at? Cheap enough to be asked every few seconds.

A node is ready when its pages can be read: the database answers. What else is wrong (a silent worker, a full disk, an
index that is being built) takes nobody's page away, so it is told and does not make the node unready.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from node.assembly import Node
from node.errors import StoreProblem
from node.followers import LAG_MOST, SILENT_S
from node.indexing import Searcher
from node.store import log, notes
from search.errors import SearchError

OK = "ok"


@dataclass(frozen=True, slots=True)
class Readiness:
    """`checks`: name -> `ok` or a stable word for what is wrong; `ready`: whether pages can be served."""

    ready: bool
    checks: dict[str, str]


def look(node: Node, searcher: Searcher) -> Readiness:
    """Look at the node now. Never raises our own errors."""
    checks = {"disk": _disk(node)}
    try:
        with node.database.reading() as connection:
            last = log.last_seq(connection)
            beat = notes.value(connection, "worker_beat")
            state = notes.value(connection, "state")
            building = (notes.value(connection, "index") or "").startswith("rebuilding")
    except StoreProblem as error:
        return Readiness(False, {"database": error.code} | checks)
    checks |= {
        "database": OK,
        "worker": "not_run" if beat is None else "silent" if node.now() - int(beat) > SILENT_S else OK,
        "index": "rebuilding" if building else _index(searcher, last),
        "state": state if state in ("recovering", "doubled") else OK,
    }
    return Readiness(True, checks)


def _disk(node: Node) -> str:
    free = shutil.disk_usage(node.config.home).free
    return OK if free >= node.config.limits_free_mb * 1_000_000 else "full"


def _index(searcher: Searcher, last: int) -> str:
    try:
        done = searcher.asked(lambda index: index.cursor())
    except SearchError as error:
        return error.code
    return OK if last - done <= LAG_MOST else "behind"
