"""Bytes that change on the disk, and many who write at one time."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from forge import line_up
from simulator import Network, Town

from node import doctor, soundness
from node.assembly import open_node
from node.indexing import Searcher
from node.publish import Statement, publish
from node.store import log
from node.worker import Worker
from protocol.envelope import Envelope

DAY = 86_400


def rot(town: Town, said: Envelope) -> None:
    """One byte of a record changes on the disk; SQLite cannot notice."""
    with closing(sqlite3.connect(town.node.config.database)) as plain:
        data = bytearray(said.data)
        data[len(data) // 2] ^= 1
        plain.execute("UPDATE log SET data = ? WHERE digest = ?", (bytes(data), said.digest))
        plain.commit()


def findings(town: Town) -> dict[str, str]:
    return {one.check: one.state for one in doctor.examine(town.node.config.home, {}, town.clock())}


def test_damaged_record_of_another_town_is_noticed_and_comes_back_from_a_peer(network: Network) -> None:
    """G5: noticed by its digest within a day, given by nobody meanwhile, and whole again after the next meeting."""
    fes, rabat, berlin = line_up(network, "fes", "rabat", "berlin")
    said = fes.publish(text="the bytes that were signed")
    network.settle()
    rot(rabat, said)
    found = soundness.look(rabat.node)
    assert (found.database, found.asked_again, found.ours) == ("ok", 1, 0)
    assert rabat.get(said.uri) is None
    assert findings(rabat)["soundness"] == doctor.ATTENTION
    network.settle()
    held = rabat.get(said.uri)
    assert held is not None
    assert held.data == said.data
    assert soundness.look(rabat.node).asked_again == 0
    assert berlin.heads() == rabat.heads() == fes.heads()


def test_damaged_record_of_our_own_is_told_and_kept_for_a_backup_to_mend(network: Network) -> None:
    """G5: our own record coming back from others would look like a second node with our key."""
    fes, rabat = line_up(network, "fes", "rabat")
    said = fes.publish(text="ours")
    network.settle()
    rot(fes, said)
    assert soundness.look(fes.node).ours == 1
    assert findings(fes)["soundness"] == doctor.BROKEN
    network.settle()
    held = rabat.get(said.uri)
    assert held is not None
    assert held.data == said.data


def test_worker_looks_once_a_day(town: Town) -> None:
    """G5."""
    searcher = Searcher(town.node)
    worker = Worker(town.node, searcher, town.sets)
    looked = []
    for seconds in (0, 60, DAY - 120, 120):
        town.clock.seconds += seconds
        worker._keep_index()
        with town.node.database.reading() as connection:
            found = soundness.last(connection)
        assert found is not None
        looked.append(found.at)
    searcher.forget()
    assert [at - looked[0] for at in looked] == [0, 0, 0, DAY + 60]


WRITERS = 20


def together(acts: list[Callable[[], None]]) -> None:
    """Do all these at one time, each in a thread."""
    gate = threading.Barrier(len(acts))
    failed: list[Exception] = []

    def run(act: Callable[[], None]) -> None:
        gate.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failed == []


def test_twenty_who_write_at_one_time_all_succeed(town: Town) -> None:
    """G6: each waits for its turn, nobody hears that the database is locked, and nothing is lost."""

    def write(number: int) -> Callable[[], None]:
        def act() -> None:
            for step in range(5):
                town.publish(text=f"{number} {step}")
                with town.node.database.reading() as connection:
                    assert log.last_seq(connection) > 0

        return act

    before = len(town.heads())
    together([write(number) for number in range(WRITERS)])
    assert len(town.heads()) == before + 5 * WRITERS
    with town.node.database.reading() as connection:
        assert log.last_seq(connection) >= 5 * WRITERS


def _process(home: str, number: int) -> None:
    node = open_node(Path(home), {})
    try:
        for step in range(5):
            publish(node, Statement("Note", {"text": f"{number} {step}"}, "fr"))
    finally:
        node.close()


@pytest.mark.parametrize("processes", [3])
def test_other_processes_that_write_meanwhile_succeed_too(town: Town, processes: int) -> None:
    """G6: the worker, the server and a command at the terminal are processes of their own."""
    before = len(town.heads())
    context = multiprocessing.get_context("spawn")
    started = [context.Process(target=_process, args=(str(town.node.config.home), one)) for one in range(processes)]
    for each in started:
        each.start()
    for step in range(5):
        publish(town.node, Statement("Note", {"text": f"here {step}"}, "fr"))
    for each in started:
        each.join(120)
    assert [each.exitcode for each in started] == [0] * processes
    assert len(town.heads()) == before + 5 * (processes + 1)


def spoil_pages(town: Town, table: str) -> None:
    """The pages in which the rows of a table end are overwritten on the disk; the others can be read."""
    town.node.database.close()
    with closing(sqlite3.connect(town.node.config.database)) as plain:
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = int(plain.execute("PRAGMA page_size").fetchone()[0])
        pages = [
            int(row[0])
            for row in plain.execute("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", (table,))
        ]
    with town.node.config.database.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(b"\xff" * size)


def test_database_whose_records_cannot_be_read_is_told_and_looked_at_once_a_day(town: Town) -> None:
    """G5."""
    for _ in range(30):
        town.publish(text="words " * 200)
    spoil_pages(town, "log")
    assert soundness.look_daily(town.node)
    with town.node.database.reading() as connection:
        found = soundness.last(connection)
    assert found is not None
    assert found.database != soundness.OK
    assert findings(town)["database"] == doctor.BROKEN
    assert not soundness.look_daily(town.node)
