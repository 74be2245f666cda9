"""The demonstration, as a visitor starts it: real processes, all converged, one search across languages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.network
@pytest.mark.parametrize("nodes", [4, 12])
def test_demo_converges_and_finds_across_languages(nodes: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "node", "demo", "--check", "--json", "--nodes", str(nodes), "--base-port", "8700"],
        capture_output=True,
        cwd=ROOT,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout.decode() + ended.stderr.decode()
    told = json.loads(ended.stdout)
    assert told["ok"]
    assert told["nodes"] == nodes
    assert all(check["ok"] for check in told["checks"])
    if nodes == 12:
        assert told["records"] == 120
        assert told["addresses"]["tiznit"] is None, "Tiznit listens on no port, and is found all the same"
        assert told["searchable_everywhere_s"]["lost"] == 0
