"""`make bench-scale` on few records: every figure is there, searches find, and what is done is not done again."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.bench import scaling, scaling_asking, scaling_load, scaling_peers

RECORDS = 300
SMALL = {"shared_buffers": "64MB", "maintenance_work_mem": "64MB", "max_wal_size": "256MB"}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """As much of everything as three hundred records need."""
    monkeypatch.setattr(scaling_load, "ORIGINS", 2)
    for name, few in (("QUERIES", 20), ("PAGES", 3), ("NEWS", 1)):
        monkeypatch.setattr(scaling_asking, name, few)
    monkeypatch.setattr(scaling_peers, "DIFFERENCES", (3, 40))
    monkeypatch.setattr(scaling_peers, "NODES", 100)


@pytest.mark.usefixtures("few", "postgres")
def test_figures_of_a_large_node_are_taken_and_kept() -> None:
    with scaling.own_folder(None) as folder:  # where the user `postgres` may look: in a folder of pytest it may not
        _taken_and_kept(folder)


def _taken_and_kept(folder: Path) -> None:
    figures = scaling.measure(folder, RECORDS, SMALL)
    assert {name.partition(":")[0] for name in figures} == {"records", "index", "asking", "peers"}
    assert figures["index: documents"] == RECORDS
    assert figures["index: of it the lists of words, MB"] > 0
    for kind in ("plain", "filtered", "faceted", "phrase"):
        assert figures[f"asking: query, {kind}, p50, ms"] <= figures[f"asking: query, {kind}, p95, ms"]
    assert figures["asking: queries that find something, %"] > 50
    assert figures["peers: 40 differences, round trips"] >= 1
    assert figures["peers: 40 differences, bytes both ways"] > 32 * 40
    assert scaling.measure(folder, RECORDS, SMALL) == figures
