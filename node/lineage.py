"""Who took up what from whom: adaptations of a practice, of the practices that came of them, and what it came from.

Law: computed from signed adaptations, never typed, whatever the practice says of itself. A chain that leads back to
itself is walked once (attacks C27), depth and number are bounded, and what has ended keeps its place without its words.
What an adaptation is worth as evidence is said by `evidence`: a town counts once, its own repetition not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from node.store import records
from node.store.records import Stored

DEPTH_MOST = 50
"""Adaptations after each other that are followed."""
MOST = 300
"""Adaptations in one lineage."""

_UP_MOST = 200


@dataclass(frozen=True, slots=True)
class Branch:
    """One adaptation. `acknowledged`: the source's node says that it knows of it; `result`: the practice that came of
    it, where there is one; `children`: adaptations of that."""

    adaptation: Stored
    acknowledged: bool
    result: str | None
    children: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Lineage:
    """`root`: URI of the practice from which all comes; `source`: its head, None when it is not shown here; `whole`:
    whether nothing was left out."""

    root: str
    source: Stored | None
    branches: tuple[Branch, ...]
    whole: bool

    def everyone(self) -> list[Branch]:
        """All branches, each before those that come of it."""
        found: list[Branch] = []
        waiting = list(reversed(self.branches))
        while waiting:
            one = waiting.pop()
            found.append(one)
            waiting += reversed(one.children)
        return found


@dataclass(frozen=True, slots=True)
class Evidence:
    """`worked`: other towns where it worked, at least in part; `towns`: all that tried; `failed`: where only that."""

    worked: int
    towns: int
    failed: int


def evidence(adaptations: Iterable[Stored], origin: str) -> Evidence:
    """What the adaptations of a practice of `origin` say of it: each town by its best outcome."""
    best: dict[str, str] = {}
    order = ("worked", "partly", "failed", "ongoing", "planned", "unknown")
    for one in adaptations:
        outcome = str(one.content.get("outcome", "unknown"))
        if one.origin != origin and outcome in order:
            held = best.get(one.origin, "unknown")
            best[one.origin] = min(held, outcome, key=order.index)
    counts = Counter(best.values())
    tried = sum(counts[outcome] for outcome in order[:4])
    return Evidence(counts["worked"] + counts["partly"], tried, counts["failed"])


def acknowledged(connection: Connection, stored: Stored, audience: str) -> Stored | None:
    """The Acknowledgement of an adaptation or an answer that counts: by the origin of what it is about; else None."""
    owner = (stored.about or "").partition("/records/")[0]
    said = records.about(connection, stored.uri, audience, ["Acknowledgement"])
    return next((one for one in said if one.origin == owner), None)


def lineage(connection: Connection, uri: str, audience: str) -> Lineage:
    """The whole family of a practice, from the first one that it came from."""
    root = [uri, *above(connection, uri, audience)][-1]
    seen = {root}
    branches, whole = _branches(connection, root, audience, seen, 0)
    return Lineage(root, records.get(connection, root, audience), branches, whole)


def above(connection: Connection, uri: str, audience: str) -> list[str]:
    """The practices that one came of, the nearest first, by its authors' own adaptations; `DEPTH_MOST` at most."""
    found: list[str] = []
    for _ in range(DEPTH_MOST):
        here = found[-1] if found else uri
        origin = here.partition("/records/")[0]
        own = records.latest(connection, audience, ["Adaptation"], origin=origin, limit=_UP_MOST)
        sources = sorted(str(one.about) for one in own if one.content.get("result") == here and one.about)
        higher = next((source for source in sources if source not in (uri, *found)), None)
        if higher is None:
            break
        found.append(higher)
    return found


def _branches(
    connection: Connection, uri: str, audience: str, seen: set[str], depth: int
) -> tuple[tuple[Branch, ...], bool]:
    """The adaptations of a practice; `seen`: every URI that stands in the picture already."""
    found: list[Branch] = []
    whole = True
    for one in records.about(connection, uri, audience, ["Adaptation"]):
        if one.uri in seen or len(seen) > MOST or depth >= DEPTH_MOST:
            whole = whole and one.uri in seen
            continue
        seen.add(one.uri)
        result = str(one.content["result"]) if one.content.get("result") else None
        children: tuple[Branch, ...] = ()
        if result is not None and result not in seen and result.startswith(f"{one.origin}/records/"):
            seen.add(result)
            children, all_ = _branches(connection, result, audience, seen, depth + 1)
            whole = whole and all_
        found.append(Branch(one, acknowledged(connection, one, audience) is not None, result, children))
    return tuple(found), whole
