"""Pull, verify and store 10,000 records of 4 KB between two node processes over loopback HTTP, and a sync with no news.

The puller is a process of its own without an index follower (`python -m node.bench.pulling HOME`), so that both cores
work as they would on two machines. Every signature is checked, every record is durable before it counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from node.assembly import Node, open_node
from node.bench import Figure, making
from node.demo.processes import Children
from node.federation import outbound
from node.federation.client import PeerClient
from node.federation.headsets import HeadSets
from node.store import peers
from node.sync import meet

RECORDS = 10_000
ORIGINS = 4
_PORT = 8950


def measure() -> list[Figure]:
    """Records a second, and the bytes of a meeting without news."""
    with tempfile.TemporaryDirectory(prefix="wasl-bench-") as folder, Children() as children:
        home = Path(folder)
        giver, taker = staged(home, RECORDS)
        giver.close()
        children.start("giver", ["--home", str(home / "giver"), "serve", "--web-only"], home / "giver.log")
        wait_for(_PORT)
        taker.close()
        answer = subprocess.run(
            [sys.executable, "-m", "node.bench.pulling", str(home / "taker")],
            check=True,
            capture_output=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent.parent)},
        )
        told = json.loads(answer.stdout)
    if told["received"] < RECORDS:
        raise AssertionError(f"only {told['received']} of {RECORDS} records arrived: {told}")
    return [
        Figure("pull + verify + store, 4 KB records", told["received"] / told["seconds"], "/s", 1_700, least=True),
        Figure(
            "the same, against the ambition",
            told["received"] / told["seconds"],
            "/s",
            3_300,
            least=True,
            promised=False,
        ),
        Figure("a sync with no news, bytes of the answer's body", told["noop_bytes"], "B", 1_000),
    ]


def staged(home: Path, count: int, port: int = _PORT) -> tuple[Node, Node]:
    """A giver that holds `count` records of four origins, and a taker that is its peer and holds none of them."""
    giver = making.make_node(home / "giver", "giver", port, web_port=port)
    taker = making.make_node(home / "taker", "taker", None)
    origins = [making.make_node(home / f"origin{number}", f"origin{number}", None) for number in range(ORIGINS)]
    for origin in origins:
        making.befriend(giver, origin)
    making.load(giver, origins, count)
    making.befriend(giver, taker)
    making.ask(taker, giver, port)
    for origin in origins:
        origin.close()
    return giver, taker


def wait_for(port: int, most_s: float = 30) -> None:
    """Until the node at `port` answers, `most_s` seconds at most."""
    deadline = time.monotonic() + most_s
    with outbound.open_session(private=True) as session:
        while time.monotonic() < deadline:
            try:
                outbound.exchange(session, "GET", f"http://127.0.0.1:{port}/federation/v1/node", {}, b"", 2, 65536)
            except Exception:  # noqa: BLE001, S112
                continue
            return
    raise AssertionError("the giver does not answer")


def pull(home: Path) -> dict[str, float]:
    """Meet the one peer of the node in `home` once; what came, in how many seconds, and what a second meeting costs."""
    node = open_node(home, {})
    sets = HeadSets(node.database)
    with node.database.reading() as connection:
        peer = peers.everyone(connection)[0]
    with outbound.open_session(private=True) as session:
        began = time.perf_counter()
        outcome = meet(node, peer, session, sets)
        seconds = time.perf_counter() - began
        with node.database.reading() as connection:
            peer = peers.everyone(connection)[0]
        page = PeerClient(node, peer.url or "", peer.did, session).changes(peer.pull_cursor, 1_000)
    node.close()
    if outcome.error_code:
        raise AssertionError(f"{outcome.error_code}: {outcome.error}")
    return {"received": outcome.received, "seconds": seconds, "noop_bytes": len(page.to_bytes())}


if __name__ == "__main__":
    print(json.dumps(pull(Path(sys.argv[1]))))
