"""What the log may say of an error of the database: which, and where; no value that somebody had typed."""

from __future__ import annotations

import traceback

import pytest
from simulator import Network
from sqlalchemy import insert

from node.errors import StoreProblem
from node.store.tables import meta

pytestmark = pytest.mark.both_stores


def test_error_of_the_database_tells_no_value_to_the_log(network: Network) -> None:
    town = network.found("fes")

    def twice() -> None:
        with town.node.database.writing() as connection:
            for _ in range(2):
                connection.execute(insert(meta).values(name="geheim", value="verysecret"))

    with pytest.raises(StoreProblem) as told:
        twice()
    logged = "".join(traceback.format_exception(told.value))
    assert "INSERT INTO meta" in logged  # the statement is there, for whoever looks for the fault
    assert "geheim" not in logged.replace('name="geheim"', "")
    assert "verysecret" not in logged.replace('value="verysecret"', "")
