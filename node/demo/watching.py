"""How far the network has come: what each node holds and how much of it can be searched.

Read from each node's database and index, which is also how Tiznit is watched, whom nobody can ask over HTTP. Converged
means more than equal counts: every node offers the same set of revisions, by digest, and every index has read its
node's log to the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from node.demo.members import Member
from node.store import feed, log
from node.store.records import MEMBERS
from search.errors import SearchError


@dataclass(frozen=True, slots=True)
class State:
    """One node now. `digests`: all that it offers; `read`: entries of its log (`last`) that are in the index."""

    word: str
    digests: frozenset[bytes]
    last: int
    read: int

    def held(self, expected: frozenset[bytes]) -> int:
        """How many of the expected revisions it holds."""
        return len(self.digests & expected)

    @property
    def indexed(self) -> bool:
        """True when everything that it holds can be searched."""
        return self.read >= self.last


def state_of(member: Member) -> State:
    """One node as it is now. The index is asked first, so that it is never said to be further than the log."""
    try:
        read = member.searcher.index().cursor()
    except SearchError:
        member.searcher.forget()
        read = -1
    with member.node.database.reading() as connection:
        digests = frozenset(digest for _, digest in feed.head_items(connection, MEMBERS))
        return State(member.word, digests, log.last_seq(connection), read)


def converged(states: Sequence[State], expected: frozenset[bytes]) -> bool:
    """True when all hold the same, the expected is among it, and every index is current."""
    same = all(state.digests == states[0].digests for state in states)
    return same and expected <= states[0].digests and all(state.indexed for state in states)


def diagnosis(members: Sequence[Member], expected: frozenset[bytes]) -> list[str]:
    """What each node that is behind lacks, with the last errors of its log, in sentences."""
    states = [state_of(member) for member in members]
    everything = frozenset().union(*(state.digests for state in states)) | expected
    said = []
    for member, state in zip(members, states, strict=True):
        lacks = everything - state.digests
        if lacks:
            some = ", ".join(sorted(digest.hex()[:12] for digest in lacks)[:5])
            said.append(f"{member.word} lacks {len(lacks)} of {len(everything)} revisions: {some}")
        if not state.indexed:
            said.append(f"{member.word}: the index has read {state.read} of {state.last} entries")
        if lacks or not state.indexed:
            said += [f"{member.word} logged: {line}" for line in errors_of(member)]
    return said


def errors_of(member: Member, most: int = 5) -> list[str]:
    """The last warnings and errors of the node's log file, and lines that are no log lines (a traceback)."""
    try:
        lines = member.log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [line[:500] for line in lines if _is_trouble(line)][-most:]


def _is_trouble(line: str) -> bool:
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError:
        return bool(line.strip()) and not line.startswith("http://")
    return isinstance(entry, dict) and entry.get("level") in ("warning", "error")
