"""A node behind a real socket, and a real Chromium."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from browsing import ARGUMENTS, AXE
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from node.app import create_app
from node.founding import Organisation, found
from node.indexing import Searcher, follow_once
from node.publish import publish
from node.transfer.demo_lines import statement

DATA = Path(__file__).parent.parent.parent / "node" / "data" / "demo" / "practices.jsonl"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A node with ten practices behind a real socket."""
    place = {"lat": "34.0331", "lon": "-5.0003"}
    organisation = Organisation({"fr": "Commune de Fès", "ar": "جماعة فاس"}, "MA", ("fr", "ar"), location=place)
    node = found(tmp_path_factory.mktemp("browser") / "node", organisation, {"limits_free_mb": 0}, {})
    for text in DATA.read_text(encoding="utf-8").splitlines()[:10]:
        publish(node, statement(orjson.loads(text), lambda name: None, lambda uri: None))
    searcher = Searcher(node)
    while follow_once(node, searcher):
        pass
    server = make_server("127.0.0.1", 0, create_app(node, searcher), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    searcher.forget()
    node.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without it these tests are skipped, and fail in CI."""
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs Chromium: .ci/run installs it")
        pytest.skip("Chromium is not installed here")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core; without it these tests are skipped, and fail in CI."""
    if not AXE.exists():
        how = "npm install --prefix .cache/axe axe-core@4.14.1"
        if os.environ.get("CI"):
            pytest.fail(f"CI needs axe-core: .ci/run installs it ({how})")
        pytest.skip(f"axe-core is not here: {how}")
    return AXE.read_text(encoding="utf-8")
