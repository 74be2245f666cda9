"""A clock that is set back while a worker runs stops none of its steps (attacks G10)."""

from __future__ import annotations

from simulator import Network

from node.errors import StoreFull
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
