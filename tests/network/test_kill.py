"""A node is killed with SIGKILL in the middle of a pull of 10,000 records; started again, it completes."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from node.assembly import Node, open_node
from node.bench import pulling
from node.demo.processes import Children
from node.store import feed, log
from node.store.records import MEMBERS

ROOT = Path(__file__).parent.parent.parent
RECORDS = 10_000
PORT = 8940


def _last_seq(node: Node) -> int:
    with node.database.reading() as connection:
        return log.last_seq(connection)


def _pull(home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "node.bench.pulling", str(home)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


@pytest.mark.network
def test_killed_pull_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """Promise 3: several kills at seeded points; in the end both logs hold the same digests, each once."""
    chance = random.Random(4711)
    giver, taker = pulling.staged(tmp_path, RECORDS, PORT)
    with Children() as children:
        children.start("giver", ["--home", str(tmp_path / "giver"), "serve", "--web-only"], tmp_path / "giver.log")
        pulling.wait_for(PORT)
        kills = 0
        for share in sorted(chance.uniform(0.05, 0.9) for _ in range(4)):
            before = _last_seq(taker)
            child = _pull(tmp_path / "taker")
            deadline = time.monotonic() + 60
            while _last_seq(taker) < max(before + 1, int(share * RECORDS)) and child.poll() is None:
                assert time.monotonic() < deadline, "the pull does not get on"
            child.kill()
            child.communicate()
            kills += child.returncode == -9
        assert kills >= 3, "the pull was too quick to be killed in its middle"
        last = _pull(tmp_path / "taker")
        _, trouble = last.communicate(timeout=120)
    with giver.database.reading() as there, taker.database.reading() as here:
        wanted = {digest for _, digest in feed.head_items(there, MEMBERS)}
        held = [digest for _, digest in feed.head_items(here, MEMBERS)]
    assert last.returncode == 0 or b"received" in trouble, trouble.decode()
    assert wanted <= set(held)
    assert len(held) == len(set(held))
    giver.close()
    taker.close()
    again = open_node(tmp_path / "taker", {})
    assert again.database.check() == "ok"
    again.close()
