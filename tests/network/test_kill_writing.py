"""A node is killed with SIGKILL while somebody writes: what was answered as saved is there when it runs again."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from person import PASSWORD, add_person, make_cheap
from tour import ROOT, environment

from node.assembly import open_node
from node.founding import Organisation, found
from node.store import drafts


def start(home: Path, port: int) -> subprocess.Popen[bytes]:
    settings = {"WASL_WEB_PORT": str(port), "WASL_LIMITS_FREE_MB": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "node", "--home", str(home), "serve", "--web-only"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment() | settings,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process
        except OSError:
            assert process.poll() is None, "the node does not start"
    raise AssertionError("the node does not answer")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def token_of(page: str) -> str:
    found_token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found_token
    return found_token[1]


@pytest.mark.network
def test_killed_node_loses_no_sentence_that_it_said_was_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_cheap(monkeypatch)
    home, port = tmp_path / "node", free_port()
    node = found(home, Organisation({"fr": "Commune de Béni Mellal"}, "MA", ("fr",)), {}, {})
    add_person(node, "samira", "editor")
    node.close()
    address = f"http://127.0.0.1:{port}"
    browser = requests.Session()
    browser.headers["Origin"] = address
    process = start(home, port)
    page = browser.get(f"{address}/admin/sign-in", timeout=30).text
    form = {"form_token": token_of(page), "name": "samira", "password": PASSWORD, "code": ""}
    browser.post(f"{address}/admin/sign-in", data=form, timeout=30)
    token = token_of(browser.get(f"{address}/admin/drafts", timeout=30).text)
    draft = browser.post(f"{address}/admin/drafts/new", data={"form_token": token, "language": "fr"}, timeout=30).url
    version, said = 1, ""
    for round_ in range(4):
        said += f" Phrase {round_}."
        form = {"form_token": token, "version": str(version), "tab": "a", "f.challenge": said}
        answer = browser.post(f"{draft}/autosave", data=form, timeout=30)
        version = answer.json()["version"]
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        process = start(home, port)
        assert said.strip() in browser.get(draft, timeout=30).text, "the session goes on, and the text is there"
    process.kill()
    process.wait()
    node = open_node(home, {})
    with node.database.reading() as connection:
        assert drafts.get(connection, 1).fields["challenge"] == said.strip()
    node.close()
