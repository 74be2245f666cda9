"""One node under load: readers of pages and searchers at once, while a peer pulls 10,000 new records from it.

The node is `wasl serve` with its worker; it holds 20,000 records, or 100,000 with `--large` (building its index then
takes minutes). It answers from one process a processor; readers (wrk) and the peer are processes of their own, on the
same processors. Promised is that no request fails; the rest are ambitions. Needs `reading`, `pulling`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node import peering
from node.assembly import Node
from node.bench import Figure, making, reading
from node.bench.making_texts import varied
from node.bench.pulling import wait_for
from node.demo.processes import Children, resident_mb
from node.indexing import Searcher
from node.store import chains, feed, log, peers
from protocol.cursor import Cursor
from protocol.limits import VERSION

HELD, HELD_LARGE = 20_000, 100_000
NEW = 10_000
SECONDS = 30
PAGES_RATE, SEARCHES_RATE = 350, 70
"""Requests a second that are tried: somewhat more than is promised."""

_KINDS = (reading.PAGES, reading.SEARCHES)
_PORT = 8965
_CONNECTIONS = 8
_NICE = "10"
"""The peer verifies on a machine of its own: here it yields to the node, and does not take half of its processors."""
_FAR_S = 3_600
_INDEX_S = 1_800.0
_WARM_S = 180
"""Until each process knows what many people search for: the first of `reading.SEARCHED`."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What came of it. `fresh`: share of the searches whose page was made, not remembered; `memory_mb`: of the node
    before, in the middle and after."""

    pages: dict[str, Any]
    searches: dict[str, Any]
    fresh: float
    pulled: dict[str, float]
    memory_mb: list[int]


def measure(large: bool) -> list[Figure]:
    """All figures of one run; none, and a word why, where there is no wrk."""
    if not reading.is_here():
        print(f"the load is not measured: {reading.WRK} is not installed (Debian: apt install wrk)", file=sys.stderr)
        return []
    held = HELD_LARGE if large else HELD
    with tempfile.TemporaryDirectory(prefix="wasl-bench-") as folder, Children() as children:
        home = Path(folder)
        node, taker = _staged(home, held)
        server = children.start("node", ["--home", str(home / "node"), "serve"], home / "node.log")
        wait_for(_PORT)
        _until_indexed(node)
        node.close()
        loaded = _loaded(server.pid, taker)
    failures = loaded.pages["failures"] + loaded.searches["failures"]
    before, *_, after = loaded.memory_mb
    said = f"{held:,} records, a peer pulling {NEW:,} ({loaded.pulled['seconds']:.0f} s)"
    print(
        f"memory before, meanwhile, after: {loaded.memory_mb} MB; {loaded.pages['unchanged']} pages unchanged",
        file=sys.stderr,
    )
    return [
        Figure(f"pages read, {said}", loaded.pages["rate"], "/s", 300, least=True, promised=False),
        Figure("  p95 of a page", loaded.pages["p95_ms"], "ms", 150, promised=False),
        Figure(
            f"searches meanwhile, {loaded.fresh:.0%} of them made anew",
            loaded.searches["rate"],
            "/s",
            60,
            least=True,
            promised=False,
        ),
        Figure("  p95 of a search", loaded.searches["p95_ms"], "ms", 150, promised=False),
        Figure("  requests that failed, and one", 1 + failures, "", 1),
        Figure("  memory after, of before", after / before, "x", 1.1, promised=False),
    ]


def _staged(home: Path, held: int) -> tuple[Node, Path]:
    """A node that holds `held` records, and a peer that has all of them behind it but the last `NEW`."""
    node = making.make_node(home / "node", "node", _PORT, web_port=_PORT, web_processes=_processes())
    taker = making.make_node(home / "taker", "taker", None)
    making.load(node, [node], held - NEW, say=varied)
    making.befriend(node, taker)
    with node.database.reading() as connection:
        last = log.last_seq(connection)
        digest = feed.entry_digest(connection, last) or bytes(32)
        cursor = Cursor(feed.epoch(connection), last, digest.hex()[:16])
        chain = chains.cards_of(connection, node.did)
    making.load(node, [node], NEW, seed=2, say=varied)
    _make_peers(taker, node.did, chain, cursor)
    taker.close()
    return node, home / "taker"


def _make_peers(taker: Node, did: str, chain: Sequence[bytes], cursor: Cursor) -> None:
    """As after a long acquaintance: the card is here, the cursor stands before the news, no reconciliation is due."""
    url = f"http://127.0.0.1:{_PORT}"
    with taker.database.writing() as connection:
        peers.add(connection, did, taker.now(), asked_by="us", url=url, chain=b"\n".join(chain), note="")
    peering.activate(taker, did, chain, actor="bench")
    with taker.database.writing() as connection:
        due = taker.now() + _FAR_S
        peers.note(connection, did, pull_cursor=cursor.to_text(), reconcile_at=due, version=VERSION)


def _until_indexed(node: Node) -> None:
    searcher = Searcher(node)
    with node.database.reading() as connection:
        last = log.last_seq(connection)
    deadline = time.monotonic() + _INDEX_S
    while not searcher.reaches(last):
        if time.monotonic() > deadline:
            raise AssertionError("the worker does not index")
        time.sleep(0.5)
    searcher.forget()


def _processes() -> int:
    return max(2, os.cpu_count() or 1)


def _loaded(pid: int, taker: Path) -> _Loaded:
    place = taker.parent
    for warming in [_readers(kind, _WARM_S, 1, place) for kind in _KINDS]:
        warming.seen()
    memory, cpu, before = [_memory_mb(pid)], _cpu_s(pid), _searches()
    readers = [_readers(kind, SECONDS, 2, place) for kind in _KINDS]
    peer = ["nice", "-n", _NICE, sys.executable, "-m", "node.bench.pulling", str(taker)]
    pulling = subprocess.Popen(peer, stdout=subprocess.PIPE)
    time.sleep(SECONDS / 2)
    memory.append(_memory_mb(pid))
    pages, searches = (each.seen() for each in readers)
    answered, remembered = (now - then for now, then in zip(_searches(), before, strict=True))
    pulled = _finished(pulling)
    if pulled["received"] < NEW:
        raise AssertionError(f"only {pulled['received']} of {NEW} records arrived")
    memory.append(_memory_mb(pid))
    print(f"the node had {_cpu_s(pid) - cpu:.0f} s of a processor in {SECONDS} s", file=sys.stderr)
    return _Loaded(pages, searches, 1 - remembered / max(1, answered), pulled, memory)


def _searches() -> tuple[float, float]:
    """How many searches all processes of the node have answered, and how many of them with a page that was remembered:
    as it tells Prometheus."""
    route = 'route="pages.search"'
    told = [line for line in reading.page(_PORT, "/metrics").splitlines() if route in line]
    return tuple(  # type: ignore[return-value]  # of two
        sum(float(line.rpartition(" ")[2]) for line in told if line.startswith(name))
        for name in ("wasl_http_requests_total", "wasl_pages_remembered_total")
    )


def _family(pid: int) -> list[int]:
    """A process and its children; itself alone where nobody tells. Source: proc(5), task/*/children."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, task.read_text("ascii").split())
    return found


def _memory_mb(pid: int) -> int:
    """Of a process and its children, megabytes; pages that they share are counted for each."""
    return sum(resident_mb(each) or 0 for each in _family(pid)) or 1


def _cpu_s(pid: int) -> float:
    """Seconds of a processor that a process and its children have had; 0 where nobody tells. Source: proc(5), stat,
    fields 14 and 15."""
    spent = 0
    for each in _family(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            return 0.0
        spent += int(fields[11]) + int(fields[12])
    return spent / os.sysconf("SC_CLK_TCK")


def _readers(kind: str, seconds: int, seed: int, place: Path) -> reading.Readers:
    rate = PAGES_RATE if kind == reading.PAGES else SEARCHES_RATE
    return reading.Readers(_PORT, kind, rate, _CONNECTIONS, seconds=seconds, seed=seed, place=place)


def _finished(child: subprocess.Popen[bytes]) -> dict[str, Any]:
    said, _ = child.communicate()
    if child.returncode:
        raise AssertionError(f"a process of the measurement ended with {child.returncode}")
    told: dict[str, Any] = json.loads(said)
    return told
