"""The demonstration, as a visitor starts it: real processes, all converged, one search across languages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.network
def test_demo_of_twelve_converges_and_finds_across_languages() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "node", "demo", "--check", "--json", "--base-port", "8700"],
        capture_output=True,
        cwd=ROOT,
        timeout=500,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout.decode() + ended.stderr.decode()
    told = json.loads(ended.stdout)
    assert told["ok"]
    assert told["nodes"] == 12
    assert all(check["ok"] for check in told["checks"])
    assert told["records"] == 120
    assert told["addresses"]["tiznit"] is None, "Tiznit listens on no port, and is found all the same"
    assert told["searchable_everywhere_s"]["lost"] == 0
