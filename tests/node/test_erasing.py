"""Bytes that stand beside the tables after an erasure are cleared away, whenever the process ends."""

from __future__ import annotations

import pytest
from forge import ended
from simulator import Network

from node import intake, publish
from node.store import notes
from node.store.database import Database
from node.worker import Worker

pytestmark = pytest.mark.both_stores

WORDS = "geheimzuhaltendes"


def test_node_that_was_killed_right_after_an_erasure_owes_the_clearing(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C8, G3: in PostgreSQL the bytes would stand in free room for good."""
    fes = network.found("fes")
    said = fes.publish(text=WORDS)
    cleared: list[bool] = []

    def killed(_database: Database) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(Database, "forget", killed)
    with pytest.raises(KeyboardInterrupt):
        publish.end(fes.node, said.uri, "erased", "erasure-request")
    monkeypatch.setattr(Database, "forget", lambda _database: cleared.append(True) or True)
    worker = Worker(fes.node, sets=fes.sets)
    worker._show_life()
    fes.clock.seconds += 60
    worker._show_life()
    assert cleared == [True], "done, and owed no longer"


def test_erasure_that_comes_while_another_is_cleared_away_stays_owed(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    fes = network.found("fes")
    first, second = fes.publish(text=WORDS), fes.publish(text=WORDS)
    end = ended(fes, second, "erased", 2, second.digest)
    answers = iter([False, True, False])  # first somebody reads; then not, and in the middle the second erasure comes

    def forget(_database: Database) -> bool:
        answer = next(answers)
        if answer:
            assert intake.admit(fes.node, end).status == "accepted"
        return answer

    monkeypatch.setattr(Database, "forget", forget)
    publish.end(fes.node, first.uri, "erased", "erasure-request")
    Worker(fes.node, sets=fes.sets)._show_life()
    assert next(answers, "all asked") == "all asked"
    with fes.node.database.reading() as connection:
        assert notes.value(connection, "wal_owed")
