"""The oracle: every node compared with what was acknowledged, and with the others.

Asked when links are whole, clocks right and the disk has room: first `settled`, while the servers run, then `judge`.
What it looks at is the database, the bytes of every file, and what the index answers. In PostgreSQL erased words may
stand in two places that no node reaches (docs/running.md): the server's own log of writes, and files that it left when
it was killed (`left_behind`, counted apart).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from node import doctor
from node.bench.torture.ledger import Ledger, Said
from node.bench.torture.publishing import MARK
from node.bench.torture.town import Town
from node.indexing import Searcher
from node.store import log, notes, origins, records
from node.store.records import HELD, Numbered, Stored
from search import Query

SAMPLE = 300
"""Words asked of each index, of each kind."""

_TELL_S = 5.0

_TRACE = re.compile(MARK.encode() + rb"[a-z]{10}")


@dataclass(slots=True)
class Verdict:
    """Sentences, one for each thing that is wrong; all empty when all is well."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    resurrected: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Nothing is wrong."""
        return not (self.lost or self.doubled or self.resurrected or self.different or self.broken)


def settle(
    towns: Sequence[Town], ledger: Ledger, timeout_s: float, revive: Callable[[], None], say: Callable[[str], None]
) -> float | None:
    """Wait until all nodes hold the same and have done their work on it: seconds, None when that does not come.

    `say`: hears now and then what is waited for.
    """
    began = time.monotonic()
    told = began
    searchers = [Searcher(town.node) for town in towns]
    traces = _traces(ledger)
    try:
        while time.monotonic() - began < timeout_s:
            revive()
            lacking = _lacking(towns, searchers, traces)
            if not lacking:
                return time.monotonic() - began
            if time.monotonic() - told > _TELL_S:
                told = time.monotonic()
                say(f"after {told - began:.0f} s: {lacking}")
            time.sleep(0.5)
        return None
    finally:
        for searcher in searchers:
            searcher.forget()


def _lacking(towns: Sequence[Town], searchers: Sequence[Searcher], traces: dict[bytes, str]) -> str:
    """What is still to come, in words; empty when nothing is."""
    heads = [heads_of(town) for town in towns]
    for town, one in zip(towns[1:], heads[1:], strict=True):
        if one != heads[0]:
            return f"{town.name} and {towns[0].name} differ in {len(one.items() ^ heads[0].items())} heads"
    for town, searcher in zip(towns, searchers, strict=True):
        if (ahead := _ahead_s(town)) > 0:  # the doctor would find fault with its clock until then
            return f"{town.name}: its last signature is still to come, in {ahead} s"
        if behind := _behind(town, searcher):
            return f"{town.name}: {behind}"
        if places := sorted({place for place, _ in found_in(town, traces)}):
            return f"{town.name}: words that were erased stand in {', '.join(places)}"
    return ""


def judge(towns: Sequence[Town], ledger: Ledger) -> Verdict:
    """Compare."""
    verdict = Verdict(doubled=[f"acknowledged twice: {one}" for one in ledger.doubled])
    first = heads_of(towns[0])
    traces = _traces(ledger)
    for town in towns:
        with town.node.database.reading() as connection:
            _compare(connection, town, ledger, verdict)
        for place, uri in sorted(found_in(town, traces)):
            verdict.resurrected.append(f"{town.name}: words of {uri} stand in {place}")
        _ask_index(town, ledger, verdict)
        heads = heads_of(town)
        verdict.different += [f"{town.name}: {uri}" for uri in heads.keys() ^ first.keys()]
        verdict.different += [f"{town.name}: {uri}" for uri in heads.keys() & first.keys() if heads[uri] != first[uri]]
        findings = doctor.examine(town.home, town.environ, town.node.now())
        verdict.broken += [
            f"{town.name}: {one.check}: {one.sentence}" for one in findings if one.state == doctor.BROKEN
        ]
    return verdict


def heads_of(town: Town) -> dict[str, tuple[bytes, str]]:
    """URI -> digest and state of every head of every admitted origin."""
    with town.node.database.reading() as connection:
        return {one.uri: (one.digest, one.state) for one in _heads(connection)}


def found_in(town: Town, traces: dict[bytes, str]) -> set[tuple[str, str]]:
    """(File, URI) for each erased record of which a word stands in a file of this node."""
    found = set()
    tables = town.cluster.files()[0] if town.cluster else []
    for path in [*town.home.rglob("*"), *town.logs, *tables]:
        for trace in _traces_in(path):
            if trace in traces:
                found.add((path.name, traces[trace]))
    return found


def left_behind(towns: Sequence[Town], ledger: Ledger) -> dict[str, tuple[int, int]]:
    """By town: files that a killed PostgreSQL left and that belong to no table, and in how many erased words stand."""
    traces = _traces(ledger)
    found = {}
    for town in towns:
        if town.cluster and (left := town.cluster.files()[1]):
            found[town.name] = (len(left), sum(bool(_traces_in(path) & traces.keys()) for path in left))
    return found


def _traces_in(path: Path) -> set[bytes]:
    try:
        return set(_TRACE.findall(path.read_bytes())) if path.is_file() else set()
    except FileNotFoundError:
        return set()  # a file of the index that was merged away


def _traces(ledger: Ledger) -> dict[bytes, str]:
    """The beginning of each erased word: an index keeps stems."""
    return {word[: len(MARK) + 10].encode(): uri for word, uri in ledger.erased_words().items()}


def _ahead_s(town: Town) -> int:
    """How far its last signature, made while its clock stood in the future, is ahead of it."""
    with town.node.database.reading() as connection:
        return int(notes.value(connection, "last_signed") or 0) - 1 - town.node.now()


def _behind(town: Town, searcher: Searcher) -> str:
    with town.node.database.reading() as connection:
        last = log.last_seq(connection)
        reached = {name: notes.cursor(connection, name) for name in ("hints", "files", "receipts")}
        ahead = town.node.now() < int(notes.value(connection, "last_signed") or 0) - 1
    if ahead:  # whose clock was ahead signs no receipts until that moment
        del reached["receipts"]
    late = [name for name, cursor in reached.items() if cursor < last]
    if not searcher.reaches(last):
        late.append("index")
    return ", ".join(late)


def _heads(connection: Connection) -> list[Stored]:
    admitted = [did for did, origin in origins.everyone(connection).items() if origin.admitted]
    return [one for did in admitted for one in records.own(connection, did)]


def _compare(connection: Connection, town: Town, ledger: Ledger, verdict: Verdict) -> None:
    held = {one.uri: one for one in _heads(connection)}
    numbered = {did: records.numbered(connection, did) for did in {uri.partition("/")[0] for uri in ledger.records}}
    for uri, said in ledger.records.items():
        did, _, record = uri.partition("/records/")
        revisions = numbered[did].get(record, [])
        gone = said.target is not None and ledger.records.get(said.target, Said()).erasing
        if not gone:
            verdict.lost += [
                f"{town.name}: {uri} {why}" for why in _lost(said, held.get(uri), revisions, did == town.node.did)
            ]
        if said.erased is not None:
            verdict.resurrected += [f"{town.name}: {uri} {why}" for why in _back(held.get(uri), revisions)]
    for did, of_origin in numbered.items():
        for record, revisions in of_origin.items():
            numbers = [one.revision for one in revisions]
            if len(numbers) != len(set(numbers)) or sum(one.head for one in revisions) > 1:
                verdict.doubled.append(f"{town.name}: {did}/records/{record} {sorted(numbers)}")


def _lost(said: Said, head: Stored | None, revisions: Sequence[Numbered], ours: bool) -> list[str]:
    """Each acknowledged revision, or a later one, counts; at its own node each is in the log, byte for byte."""
    if not said.revisions:
        return []
    newest = max(said.revisions)
    if head is None:
        return ["is not there"]
    if head.revision < newest:
        return [f"stands at revision {head.revision} of {newest}"]
    if head.revision == newest and head.digest.hex() != said.revisions[newest]:
        return [f"says something else at revision {newest}"]
    if not ours:
        return []
    known = {one.digest.hex() for one in revisions}
    return [f"has lost revision {number}" for number, digest in said.revisions.items() if digest not in known]


def _back(head: Stored | None, revisions: Sequence[Numbered]) -> list[str]:
    found = [f"is {head.state if head else 'unknown'}, not erased"] if head is None or head.state != "erased" else []
    return found + [f"holds the text of revision {one.revision}" for one in revisions if one.held and not one.erased]


def _ask_index(town: Town, ledger: Ledger, verdict: Verdict) -> None:
    """A live practice is found once by its word, an erased one never."""
    searcher = Searcher(town.node)
    erased = ledger.erased_words()
    for word, uri in list(erased.items())[-SAMPLE:]:
        if _hits(searcher, word):
            verdict.resurrected.append(f"{town.name}: the index finds {uri}")
    with town.node.database.reading() as connection:
        live = records.latest(connection, HELD, limit=SAMPLE)
    for stored in live:
        title = str(stored.content["title"]["fr"])
        hits = _hits(searcher, title.rsplit(maxsplit=1)[-1])
        if hits.count(stored.uri) != 1 or len(hits) != 1:
            where = verdict.doubled if len(hits) > 1 else verdict.lost
            where.append(f"{town.name}: the index finds {stored.uri} {len(hits)} times")
    searcher.forget()


def _hits(searcher: Searcher, word: str) -> list[str]:
    return [hit.uri for hit in searcher.find(Query(word, "fr")).results.hits]
