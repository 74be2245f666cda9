"""A worker goes on: a clock that is set back, or a disk that is full, stops none of its steps (attacks G1, G10)."""

from __future__ import annotations

import pytest
from simulator import Network

from node.errors import StoreFull, StoreProblem
from node.store import notes
from node.worker import REST_S, Worker


def test_g10_step_that_rests_goes_on_after_the_clock_was_set_back(network: Network) -> None:
    """It rests some seconds of the old clock, not until the old clock's time comes again."""
    fes = network.found("fes")
    worker = Worker(fes.node, sets=fes.sets)

    def full() -> bool:
        raise StoreFull("the disk is full")

    assert worker._guarded("index", full) is False
    assert worker._guarded("index", lambda: True) is False, "it rests"
    network.clock.seconds -= 86_400
    assert worker._guarded("index", lambda: True) is True
    network.clock.seconds += 86_400 + REST_S
    assert worker._guarded("index", lambda: True) is True


def test_g10_sign_of_life_goes_on_after_the_clock_was_set_back(network: Network) -> None:
    fes = network.found("fes")
    worker = Worker(fes.node, sets=fes.sets)
    worker._show_life()
    network.clock.seconds -= 86_400
    worker._show_life()

    with fes.node.database.reading() as connection:
        assert notes.value(connection, "worker_beat") == str(network.clock.seconds)


def test_g1_worker_that_can_write_nothing_is_alive_for_the_supervisor(network: Network) -> None:
    """It would be killed with the pages that it serves, every three minutes, and no room would come of it."""
    fes = network.found("fes")
    signs: list[int] = []
    worker = Worker(fes.node, sets=fes.sets, alive=lambda: signs.append(fes.node.now()))
    with fes.node.database.kind.engine.connect() as plain:
        plain.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(StoreProblem):
        worker._show_life()
    assert signs == [fes.node.now()]
