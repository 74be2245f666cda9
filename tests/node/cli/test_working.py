"""`wasl sync`, `wasl worker`, `wasl search`, `wasl reindex`, `wasl key`, `wasl doctor`, as they are called."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from node.app import create_app

PRIVATE = {"WASL_SYNC_PRIVATE_ADDRESSES": "true"}


@pytest.fixture
def served(founded, opened) -> Iterator[tuple]:
    """A node that answers on a port of this machine: its folder and address."""
    home = founded("casablanca", sync_private_addresses=True)
    server = make_server("127.0.0.1", 0, create_app(opened(home)), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield home, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_two_nodes_become_peers_and_meet_from_the_terminal(wasl, rabat, served, practice):
    home, address = served
    wasl(home, "publish", "-", input=json.dumps(practice()))
    asked = wasl(rabat, "peer", "request", address, "--note", "Bonjour", **PRIVATE)
    assert asked.exit_code == 0, asked.stderr
    assert "theirs:" in asked.stdout
    ours = json.loads(wasl(rabat, "node", "show", "--json").stdout)["did"]
    assert wasl(home, "peer", "accept", ours, "--words-checked", "by telephone").exit_code == 0
    met = json.loads(wasl(rabat, "sync", "--json", **PRIVATE).stdout)["meetings"]
    assert [(meeting["error_code"], meeting["received"] > 0) for meeting in met] == [(None, True)]
    theirs = json.loads(wasl(home, "node", "show", "--json").stdout)["did"]
    one = wasl(rabat, "sync", "--peer", theirs[-8:], **PRIVATE)
    assert (one.exit_code, "met" in one.stdout) == (0, True), one.stderr
    found = json.loads(wasl(rabat, "search", "bilans", "compétences", "--commune", "casablanca", "--json").stdout)
    assert found["total"] == 1
    assert found["hits"][0]["node"] == "Casablanca"


def test_peer_that_does_not_answer_needs_attention(wasl, rabat, served, opened):
    _, address = served
    wasl(rabat, "peer", "request", address, **PRIVATE)
    node = opened(rabat)
    with node.database.writing() as connection:
        connection.exec_driver_sql("UPDATE peers SET url = 'http://127.0.0.1:9'")
    result = wasl(rabat, "sync", **PRIVATE)
    assert result.exit_code == 3
    assert "unreachable" in result.stdout


def test_without_peers_there_is_nobody_to_meet(wasl, rabat):
    assert wasl(rabat, "sync").exit_code == 0
    assert json.loads(wasl(rabat, "worker", "--once", "--json").stdout) == {"meetings": []}


def test_unknown_peer_cannot_be_met(wasl, rabat):
    result = wasl(rabat, "sync", "--peer", "zzzzzzzz")
    assert (result.exit_code, "unknown_peer" in result.stderr) == (1, True)


def test_search_finds_a_french_practice_for_a_german_reader(wasl, rabat, published):
    assert wasl(rabat, "reindex").exit_code == 0
    found = json.loads(wasl(rabat, "search", "Kompetenzbilanz", "--language", "de", "--json").stdout)
    assert [hit["uri"] for hit in found["hits"]] == [published]
    assert (found["complete"], found["not_indexed_yet"], found["hits"][0]["original_language"]) == (True, 0, "fr")


def test_search_tells_when_the_index_is_behind(wasl, rabat, practice):
    wasl(rabat, "reindex")
    wasl(rabat, "publish", "-", input=json.dumps(practice()))
    result = wasl(rabat, "search", "bilans")
    assert "not indexed yet" in result.stderr
    wasl(rabat, "worker", "--once")
    assert "1 of 1" in wasl(rabat, "search", "bilans").stdout


def test_search_without_an_index_says_so(wasl, rabat):
    result = wasl(rabat, "search", "bilans")
    assert result.exit_code == 0
    assert "wasl reindex" in result.stderr


def test_search_in_a_town_that_is_not_there_is_not_found(wasl, rabat):
    result = wasl(rabat, "search", "bilans", "--commune", "Atlantis")
    assert (result.exit_code, "unknown_node" in result.stderr) == (1, True)


def test_passage_of_a_search_shows_the_words_asked_for(wasl, rabat, published):
    wasl(rabat, "reindex")
    assert "AMAPPE" in wasl(rabat, "search", "AMAPPE").stdout


def test_doctor_exits_with_3_when_a_person_should_look(wasl, rabat):
    assert wasl(rabat, "doctor", "--offline").exit_code == 0
    (rabat / "keys" / "recovery.seed").chmod(0o640)
    result = wasl(rabat, "doctor", "--offline", "--json")
    assert result.exit_code == 3
    told = json.loads(result.stdout)
    broken = [check for check in told["checks"] if check["state"] != "fine"]
    assert [check["remedy"] for check in broken] == [f"chmod 600 {rabat / 'keys' / 'recovery.seed'}"]
    assert f"do: chmod 600 {rabat}" in wasl(rabat, "doctor").stdout
