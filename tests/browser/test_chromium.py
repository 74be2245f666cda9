"""A real Chromium looks: nothing sticks out at phone width, right to left is right to left, the keyboard suffices."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from node.app import create_app
from node.founding import Organisation, found
from node.indexing import Searcher, follow_once
from node.publish import publish
from node.transfer.demo_lines import statement

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DATA = Path(__file__).parent.parent.parent / "node" / "data" / "demo" / "practices.jsonl"

_STICKING_OUT = """() => [...document.querySelectorAll('body *')].filter(one => {
    const box = one.getBoundingClientRect(); return box.left < -0.5 || box.right > window.innerWidth + 0.5
}).slice(0, 5).map(one => one.tagName + '.' + one.className + ' ' + one.textContent.trim().slice(0, 60))"""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A node with ten practices behind a real socket."""
    import orjson

    organisation = Organisation({"fr": "Commune de Fès", "ar": "جماعة فاس"}, "MA", ("fr", "ar"))
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
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs Chromium: .ci/run installs it")
        pytest.skip("Chromium is not installed here")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


def _open(browser: Browser, url: str, language: str, width: int, script: bool = True) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        extra_http_headers={"Accept-Language": language},
        java_script_enabled=script,
    )
    page = context.new_page()
    page.goto(url)
    return page


def _practices(browser: Browser, address: str) -> list[str]:
    page = _open(browser, f"{address}/search?q=", "fr", 1280)
    links = page.locator("main .item-title a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    page.context.close()
    return [str(link) for link in links]


@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_its_window(browser: Browser, address: str, language: str, width: int) -> None:
    practices = _practices(browser, address)
    assert len(practices) == 10
    for path in ("/", "/search?q=bilan", "/communes", "/network", "/about", *practices):
        page = _open(browser, address + path, language, width)
        sticking_out = page.evaluate(_STICKING_OUT)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, sticking_out)
        direction = page.evaluate("getComputedStyle(document.documentElement).direction")
        assert direction == ("rtl" if language == "ar" else "ltr")
        page.context.close()


def test_keyboard_alone_leads_from_the_first_page_to_a_practice(browser: Browser, address: str) -> None:
    page = _open(browser, address, "fr", 1280)
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.getAttribute('href') || '').startsWith('/practices/did')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/practices/did"))
    assert page.locator("h1").count() == 1
    page.context.close()


def test_search_works_without_scripts(browser: Browser, address: str) -> None:
    page = _open(browser, address, "fr", 390, script=False)
    page.locator('main input[type="search"], main input[name="q"]').first.fill("bilan de compétences")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/search"))
    assert page.locator('main a[href^="/practices/did"]').count() >= 1
    page.context.close()
