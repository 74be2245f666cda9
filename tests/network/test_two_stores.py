"""Two real nodes, one with a file and one in PostgreSQL, with several processes: nobody can tell which is which."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from stores import Databases
from tour import ROOT, Town, agree, environment, practice, until

pytestmark = pytest.mark.network


@contextmanager
def worker(town: Town) -> Iterator[subprocess.Popen[bytes]]:
    """A worker more, beside the town's own process."""
    with (town.folder / f"{town.name}-worker.log").open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "node", "--home", str(town.home), "worker"],
            stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=ROOT, env=environment() | town.environ,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def test_towns_on_both_stores_agree_whoever_is_killed_and_forget_what_was_erased(
    tmp_path: Path, databases: Databases
) -> None:
    address = databases.new()
    rabat, fes = Town(tmp_path, "rabat"), Town(tmp_path, "fes", store_database=address)
    try:
        (fes.home / "wasl.db").unlink()  # only nodes with a file need it
        for town in (rabat, fes):
            town.start()
        fes.befriend(rabat)
        said = [town.publish() for town in (rabat, fes)]
        until(lambda: agree(rabat, fes) and len(fes.heads()) == 2, "each has the other's practice")

        with worker(fes) as second, worker(fes):
            for number in range(6):
                (rabat, fes)[number % 2].publish(**practice(f"Bilan {number} des compétences"))
                if number == 2:
                    second.kill()
                if number == 3:
                    fes.stop(kill=True)
                    fes.start()
            until(lambda: agree(rabat, fes) and len(rabat.heads()) == 8, "both hold all eight")
            assert fes.page("/").status_code == 200
            gone = said[0].uri
            rabat.wasl("withdraw", gone, "--erase", "--yes")
            until(lambda: gone not in fes.heads(), "what Rabat erased is erased in Fès")
            until(
                lambda: fes.page(f"/practices/{gone.replace('/records/', '/')}").status_code == 410, "its page is gone"
            )
        with fes.node.database.reading() as connection:
            from node.store import log

            entries = [entry.seq for entry in log.entries_after(connection, 0, 10_000)]
        assert entries == list(range(1, len(entries) + 1))
        assert not (fes.home / "wasl.db").exists()
        assert fes.told("doctor")
    finally:
        for town in (rabat, fes):
            town.close()
        databases.give_back(address)
