"""Very many records let in by the one door of a node on PostgreSQL: made and signed in a process of their own.

The maker (`python -m node.bench.scaling_load FOLDER RECORDS FIRST`) writes lines to its standard output, `BATCH` of one
origin after `BATCH` of the next; the door verifies and keeps them, so both processors work. The same batch is made of
the same words each time: what a killed run let in is not made again. Comes from: `scaling`.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

from node import intake
from node.assembly import Node, open_node
from node.bench import making
from node.bench.making_texts import quick
from node.store import log
from protocol import moment
from protocol.record import seal

ORIGINS = 48
PORT = 8958
"""Where the node would serve, and does in `scaling_peers`."""

BATCH = 1_000
"""Records that come to the door at once: a page of a peer's changes."""

YEARS_S = 3 * 365 * 86_400
"""Over how many seconds the records are dated."""

_TOLD_S = 10.0


def found(folder: Path, store: str, search: str) -> Node:
    """A node in the databases at these addresses, and its `ORIGINS` peers, as folders beside it."""
    chosen = {"store_database": store, "search_database": search}
    if (folder / "node" / "wasl.toml").exists():
        return open_node(folder / "node", {})
    node = making.make_node(folder / "node", "node", PORT, **chosen)
    for place in range(ORIGINS):
        with closing(making.make_node(_origin(folder, place), f"origin{place}", None)) as origin:
            making.befriend(node, origin)
    return node


def load(folder: Path, node: Node, records: int) -> tuple[int, float]:
    """Let in what is lacking of `records` records. Returns how many those were, and the seconds that it took."""
    with node.database.reading() as connection:
        held = log.held(connection, "Practice")
    began = told = time.monotonic()
    done = min(held - held % BATCH, records)
    dids = [_did(folder, place) for place in range(ORIGINS)]
    with _maker(folder, records, done // BATCH) as lines:
        for number in range(done // BATCH, -(-records // BATCH)):
            batch = [line.rstrip(b"\n") for _, line in zip(range(min(BATCH, records - done)), lines, strict=False)]
            wrong = [
                verdict
                for verdict in intake.admit_many(node, batch, dids[number % ORIGINS])
                if verdict.status not in (intake.ACCEPTED, intake.DUPLICATE)
            ]
            if wrong or not batch:
                raise AssertionError(
                    f"a record was {wrong[0].status}: {wrong[0].detail}" if wrong else "no record came"
                )
            done += len(batch)
            if time.monotonic() > told + _TOLD_S:
                told = time.monotonic()
                rate = (done - held) / (told - began)
                print(f"  {done:,} of {records:,} records, {rate:,.0f} a second", file=sys.stderr, flush=True)
    return records - held, time.monotonic() - began


def made(folder: Path, records: int, first: int = 0) -> Iterator[bytes]:
    """The lines of all batches from `first` on."""
    now = int(time.time())
    for number in range(first, -(-records // BATCH)):
        chance = random.Random(f"batch/{number}")  # noqa: S311
        with closing(open_node(_origin(folder, number % ORIGINS), {})) as origin:
            for place in range(number * BATCH, min(records, (number + 1) * BATCH)):
                body = making.practice(origin.did, place, now, chance, quick)
                at = moment.to_text(now - 86_400 - int(YEARS_S * (1 - place / records)))
                yield seal(body | {"createdAt": at, "modifiedAt": at}, origin.signing.private, at)


@contextmanager
def _maker(folder: Path, records: int, first: int) -> Iterator[BinaryIO]:
    command = [sys.executable, "-m", "node.bench.scaling_load", str(folder), str(records), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=1 << 20) as process:
        assert process.stdout is not None
        try:
            yield process.stdout  # type: ignore[misc]
        finally:
            process.kill()


def _origin(folder: Path, place: int) -> Path:
    return folder / "origins" / str(place)


def _did(folder: Path, place: int) -> str:
    with closing(open_node(_origin(folder, place), {})) as origin:
        return origin.did


if __name__ == "__main__":
    for each in made(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])):
        sys.stdout.buffer.write(each + b"\n")
