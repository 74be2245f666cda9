"""The other figures: reconciling large warm sets, a node's start and memory, how fast news travels."""

from __future__ import annotations

import hashlib
import math
import tempfile
import time
from pathlib import Path

from node.bench import Figure, making
from node.bench.pulling import wait_for
from node.demo import checking, running
from node.demo.processes import Children, resident_mb
from node.demo.saying import Voice
from protocol.limits import RECONCILE_FRAME
from protocol.negentropy import Initiator, ItemSet, buckets_for, respond

_PORT = 8960


def reconcile() -> list[Figure]:
    """Two warm sets with ten differences: bytes, round trips, CPU of both sides together."""
    figures = []
    for count, cpu in ((100_000, 0.1), (1_000_000, 0.3)):
        items = [(1_700_000_000 + n // 3, hashlib.sha256(b"%d" % n).digest()) for n in range(count)]
        spread = [place * count // 10 + count // 20 for place in range(10)]  # far apart: the dearest case
        lacking, theirs_only = set(spread[::2]), set(spread[1::2])
        ours = ItemSet.from_iterable(item for place, item in enumerate(items) if place not in lacking)
        theirs = ItemSet.from_iterable(item for place, item in enumerate(items) if place not in theirs_only)
        ours.fingerprint(0, len(ours))
        theirs.fingerprint(0, len(theirs))
        began = time.process_time()
        asking = Initiator(ours, RECONCILE_FRAME, buckets=buckets_for(len(ours)))
        message: bytes | None = asking.initiate()
        sent, found = 0, 0
        while message is not None:
            answer = respond(theirs, message, RECONCILE_FRAME)
            sent += len(message) + len(answer)
            message, have, need = asking.reconcile(answer)
            found += len(have) + len(need)
        spent = time.process_time() - began
        if found != 10:
            raise AssertionError(f"{found} differences found, not 10")
        figures.append(Figure(f"reconcile {count:,} heads, 10 differences: CPU", spent, "s", cpu))
        if count == 100_000:
            figures.append(Figure("  bytes, both ways", sent, "B", 16_000))
            figures.append(Figure("  round trips", asking.rounds, "", 2))
    return figures


def start() -> list[Figure]:
    """From the command to the first answer, and the memory of an idle node after it."""
    with tempfile.TemporaryDirectory(prefix="wasl-bench-") as folder, Children() as children:
        home = Path(folder)
        making.make_node(home / "node", "node", _PORT, web_port=_PORT).close()
        began = time.perf_counter()
        child = children.start("node", ["--home", str(home / "node"), "serve"], home / "node.log")
        wait_for(_PORT)
        seconds = time.perf_counter() - began
        memory = resident_mb(child.pid) or 0
    return [Figure("start of a node to its first answer", seconds, "s", 1.5), Figure("its memory", memory, "MB", 120)]


def news() -> list[Figure]:
    """The demonstration's twelve nodes: published on one, found on all."""
    with tempfile.TemporaryDirectory(prefix="wasl-bench-") as folder, Children() as children:
        network = running.build(Voice(), children, Path(folder), 12, 8970)
        if network.trouble:
            raise AssertionError("; ".join(network.trouble))
        took = checking.spread(network.members)
    p95 = checking.percentile(took, 95)
    return [Figure("published on one node, found on all twelve, p95", p95 if math.isfinite(p95) else 1e9, "s", 3.0)]
