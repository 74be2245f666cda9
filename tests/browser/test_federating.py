"""Two towns that have nothing become peers, in a real browser, in under twelve clicks; in French and in Arabic.

Real `wasl serve` processes on empty folders: the first-run page, the recovery sheet, an invitation pasted, and the
first practice of each on the other's pages. Clicks are counted as a person makes them; typing and pasting are free.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import tour
from playwright.sync_api import Browser, Locator, Page, sync_playwright
from tour import practice, until

from node.assembly import open_node
from node.publish import Statement, publish

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
MOST_CLICKS = 11
PASSWORD = "quatre mots qui vont ensemble"

pytestmark = pytest.mark.browser


@dataclass(eq=False)
class Fresh:
    """A `wasl serve` in an empty folder, as an IT officer starts it."""

    name: str
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def home(self) -> Path:
        return self.folder / self.name

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        settings = {"WASL_WEB_PORT": str(self.port), "WASL_SYNC_PRIVATE_ADDRESSES": "true", "WASL_LIMITS_FREE_MB": "10"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "node", "--home", str(self.home), "serve"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=tour.ROOT,
                env=tour.environment() | settings | {"WASL_SYNC_INTERVAL_S": "1"},
            )  # fmt: skip
        until(self.address, f"{self.name} prints its address")

    def address(self) -> str:
        found = re.search(r"http://\S+\?code=\S+", self.log.read_text(encoding="utf-8"))
        return found.group() if found else ""

    def publish(self, title: str) -> str:
        node = open_node(self.home, {"WASL_SYNC_PRIVATE_ADDRESSES": "true"})
        try:
            return publish(node, Statement("Practice", practice(title), "fr")).uri
        finally:
            node.close()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)


class Person:
    """Somebody at a screen. Counts clicks."""

    def __init__(self, browser: Browser, language: str, width: int) -> None:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, extra_http_headers={"Accept-Language": language}
        )
        self.page: Page = context.new_page()
        self.clicks = 0

    def click(self, what: str | Locator) -> None:
        self.clicks += 1
        found = self.page.locator(what) if isinstance(what, str) else what
        found.locator("visible=true").first.click()
        self.page.wait_for_load_state()

    def make_node(self, node: Fresh, commune: str, language: str) -> None:
        """The first-run page: one click, after five answers; then the recovery sheet, and on to the overview."""
        page = self.page
        page.goto(node.address())
        page.select_option("#commune", commune)
        page.fill("#url", f"http://127.0.0.1:{node.port}")
        page.select_option("#language", language)
        page.fill("#name", "admin")
        page.fill("#password", PASSWORD)
        self.click("form.questions button")
        page.wait_for_url(re.compile("/admin/keys/sheet"))
        assert page.locator(".sheet-words li, .words li").count() >= 18, "the recovery sheet is shown"
        self.click('a[href$="/admin/overview"], a[href$="/admin/"]')
        page.wait_for_url(re.compile("/admin/overview"))


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


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Fresh, Fresh]]:
    made = [Fresh(name, tmp_path, tour.free_port()) for name in ("fes", "tanger")]
    try:
        for node in made:
            node.start()
        yield made[0], made[1]
    finally:
        for node in made:
            node.stop()


@pytest.mark.parametrize(("language", "width"), [("fr", 1280), ("ar", 390)])
def test_two_fresh_nodes_federate_in_under_twelve_clicks(
    browser: Browser, pair: tuple[Fresh, Fresh], language: str, width: int
) -> None:
    here, there = pair
    one, other = Person(browser, language, width), Person(browser, language, width)
    one.make_node(here, "fes", language)
    other.make_node(there, "tanger", language)
    assert one.page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")

    one.click('form[action*="/admin/join/invite"] button')
    link = _invitation(one.page)
    other.page.fill('form[action*="/admin/join/follow"] input[name="target"]', link)
    other.click('form[action*="/admin/join/follow"] button')
    other.page.wait_for_url(re.compile("/admin/peers"))

    titles = {here: "Bilan de compétences à Fès", there: "Bilan de compétences à Tanger"}
    uris = {node: node.publish(title) for node, title in titles.items()}
    for person, at, of in ((one, here, there), (other, there, here)):
        path = uris[of].replace("/records/", "/")

        def arrived(person: Person = person, at: Fresh = at, path: str = path) -> bool:
            answer = person.page.goto(f"http://127.0.0.1:{at.port}/practices/{path}")
            return answer is not None and answer.status == 200

        until(arrived, f"the practice of {of.name} is shown at {at.name}")
        assert titles[of] in person.page.content()
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width

    words = []
    for person, at in ((one, here), (other, there)):
        person.page.goto(f"http://127.0.0.1:{at.port}/admin/peers")
        person.page.click('main a[href*="/admin/peers/did"]')
        person.page.wait_for_load_state()
        words.append({tuple(each.all_inner_texts()) for each in _word_lists(person.page)})
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width
    assert words[0] == words[1], "both screens show the same two sets of fingerprint words"
    assert len(words[0]) == 2
    assert one.clicks + other.clicks <= MOST_CLICKS, (one.clicks, other.clicks)


def _invitation(page: Page) -> str:
    found = re.search(r"http://[^\s\"<]+#wasl-invite=did:key:[A-Za-z0-9]+\.[0-9a-f]+", page.content())
    assert found, page.inner_text("main")
    return found.group()


def _word_lists(page: Page) -> list[Locator]:
    lists = page.locator("main ol.words")
    return [lists.nth(number).locator("li") for number in range(lists.count())]
