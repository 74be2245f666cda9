"""Health, readiness and figures for machines; one id and one line of the log for each request, and nobody in them."""

from __future__ import annotations

import json
import logging
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from simulator import Network, Town

from node import logs, publish
from node.app import create_app
from node.assembly import open_node
from node.care import supervisor
from node.publish import Statement
from node.store import notes
from tests.protocol.contents import accepted

FOREIGN = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def rabat(network: Network) -> Town:
    return network.found("rabat")


def client_of(town: Town) -> FlaskClient:
    return create_app(town.node, sets=town.sets).test_client()


def test_health_asks_nothing_and_answers_while_the_database_is_away(rabat: Town) -> None:
    client = client_of(rabat)
    away = rabat.node.config.database.with_suffix(".away")
    rabat.node.config.database.rename(away)
    assert client.get("/healthz").get_data() == b"ok\n"


def test_ready_node_says_what_is_fine_and_what_to_look_at(rabat: Town) -> None:
    client = client_of(rabat)
    told = client.get("/readyz")
    assert told.status_code == 200
    assert told.get_json()["checks"]["worker"] == "not_run"
    with rabat.node.database.writing() as connection:
        notes.set_value(connection, "worker_beat", str(rabat.node.now() - 10))
    assert client.get("/readyz").get_json()["checks"]["worker"] == "ok"
    rabat.clock.seconds += 600
    told = client.get("/readyz")
    assert (told.status_code, told.get_json()["checks"]["worker"]) == (200, "silent")


def test_g14_node_whose_database_is_damaged_is_not_ready(rabat: Town) -> None:
    client = client_of(rabat)
    rabat.node.database.close()
    path = rabat.node.config.database
    path.write_bytes(b"no database at all " * 1_000)
    for name in ("-wal", "-shm"):
        Path(f"{path}{name}").unlink(missing_ok=True)
    told = client.get("/readyz")
    assert told.status_code == 503
    assert told.get_json()["ready"] is False
    assert told.get_json()["checks"]["database"] != "ok"


def families(client: FlaskClient, **more: Any) -> dict[str, Any]:
    answer = client.get("/metrics", **more)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return {family.name: family for family in text_string_to_metric_families(answer.get_data(as_text=True))}


def test_figures_say_what_the_node_holds_in_the_words_of_prometheus(rabat: Town) -> None:
    client = client_of(rabat)
    publish.publish(rabat.node, Statement("Practice", accepted()["practice-least"]["content"], "fr"))
    client.get("/search?q=secret-words")
    found = families(client)
    records = {sample.labels["type"]: sample.value for sample in found["wasl_records"].samples}
    assert records["Practice"] == 1
    assert found["wasl_log_entries"].samples[0].value >= 2
    answered = {tuple(sample.labels.values()): sample.value for sample in found["wasl_http_requests"].samples}
    assert answered["GET", "pages.search", "200"] == 1
    assert "secret-words" not in client.get("/metrics").get_data(as_text=True)
    assert rabat.did not in client.get("/metrics").get_data(as_text=True)


def test_figures_name_no_type_that_somebody_has_made_up(rabat: Town) -> None:
    client = client_of(rabat)
    for name in ("Hologram", "Zaghareed"):
        rabat.publish(name, text="x")
    records = {sample.labels["type"]: sample.value for sample in families(client)["wasl_records"].samples}
    assert records["other"] == 2
    assert not {"Hologram", "Zaghareed"} & set(records)


def test_figures_are_for_this_machine_or_for_who_has_the_token(rabat: Town) -> None:
    client = client_of(rabat)
    assert client.get("/metrics", environ_base=FOREIGN).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
    rabat.node.close()
    rabat.node = open_node(rabat.node.config.home, {"WASL_CARE_METRICS_TOKEN": "a-long-token"})
    client = client_of(rabat)
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 404
    found = families(client, headers={"Authorization": "Bearer a-long-token"}, environ_base=FOREIGN)
    assert "a-long-token" not in repr(rabat.node.config)
    assert "wasl_records" in found


def test_line_of_a_request_has_an_id_and_no_word_that_was_searched(
    rabat: Town, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(rabat)
    logging.getLogger("wasl").propagate = True
    with caplog.at_level(logging.INFO, "wasl.request"):
        answer = client.get(
            "/search?q=secret-words", environ_base=FOREIGN, headers={"X-Request-Id": "chosen-by-a-stranger"}
        )
    given = answer.headers["X-Request-Id"]
    assert given != "chosen-by-a-stranger"
    line = json.loads(logs._Json().format(caplog.records[-1]))
    assert (line["route"], line["status"], line["request"]) == ("pages.search", 200, given)
    assert "secret-words" not in caplog.text
    assert "192.0.2.7" not in json.dumps(line)


@pytest.mark.parametrize("form", [logs._Json(), logs._Text()])
def test_no_letter_that_steers_a_terminal_passes_into_the_log(form: logging.Formatter) -> None:
    """E23: also those above ASCII, which JSON may hold as they are."""
    odd = "a\n\x1b[31m\x7f\x9b31m\u2028\u202e é 😀"
    record = logging.LogRecord("wasl.web", logging.ERROR, "", 0, odd, (), None)
    record.facts = {"path": odd}
    line = form.format(record)
    assert line.isprintable()
    assert "é 😀" in line
    if isinstance(form, logs._Json):
        assert json.loads(line)["path"] == odd


def test_server_speaks_in_lines_of_the_same_form_and_not_of_being_busy(capsys: pytest.CaptureFixture[str]) -> None:
    logs.start("warning", "json")
    logging.getLogger("waitress.queue").warning("Task queue depth is 3")
    logging.getLogger("waitress").error("it went wrong")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["room"], line["level"], line["event"]) for line in lines] == [("waitress", "error", "it went wrong")]


def test_page_that_fails_tells_the_id_under_which_the_log_has_it(rabat: Town) -> None:
    client = client_of(rabat)
    client.application.view_functions["pages.about"] = lambda: 1 // 0
    answer = client.get("/about?lang=en")
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.get_data(as_text=True)


def test_supervisor_is_told_and_its_absence_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    supervisor.tell(supervisor.READY)
    place = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(os.fspath(place))
        monkeypatch.setenv("NOTIFY_SOCKET", os.fspath(place))
        supervisor.tell(supervisor.ALIVE)
        assert listening.recv(100) == b"WATCHDOG=1"
    supervisor.tell(supervisor.ALIVE)
