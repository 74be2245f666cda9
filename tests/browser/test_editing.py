"""Writing in a real Chromium: an officer writes, a colleague asks for a change, it is published, and translated.

In French and in Arabic, at 360 and 1280 pixels, by keyboard alone, without scripts, without a line, and with axe-core.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browsing import STICKING_OUT, begin, enter, fill, press, violations
from editing import WHOLE
from person import PASSWORD, add_person, make_cheap
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from node.app import create_app
from node.assembly import Node
from node.founding import Organisation, found
from node.indexing import Searcher
from node.store import drafts, records
from node.store.records import OURSELVES

pytestmark = pytest.mark.browser


@dataclass
class House:
    """A node behind a real socket, with an editor, a publisher and an administrator."""

    node: Node
    url: str

    def draft(self, number: int) -> drafts.Draft:
        with self.node.database.reading() as connection:
            return drafts.get(connection, number)

    def heads(self, kind: str) -> list[records.Stored]:
        with self.node.database.reading() as connection:
            return records.latest(connection, OURSELVES, [kind], origin=self.node.did)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    make_cheap(monkeypatch)
    organisation = Organisation({"fr": "Commune de Béni Mellal", "ar": "جماعة بني ملال"}, "MA", ("fr", "ar"))
    node = found(tmp_path / "node", organisation, {"limits_free_mb": 0}, {})
    for name, role in (("samira", "editor"), ("karim", "publisher"), ("amina", "administrator")):
        add_person(node, name, role)
    searcher = Searcher(node)
    server = make_server("127.0.0.1", 0, create_app(node, searcher), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield House(node, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()
    searcher.forget()
    node.close()


@pytest.mark.parametrize("script", [True, False])
def test_officer_writes_colleague_asks_it_is_published_and_translated(
    browser: Browser, house: House, script: bool
) -> None:
    samira = enter(browser, house.url, "samira", script=script)
    draft = begin(samira, house.url)
    fill(samira, WHOLE)
    press(samira, "review")
    samira.wait_for_url(re.compile("/review$"))
    samira.locator('form[action$="/act/submit"] button').click()
    expect(samira.locator(".banner.good")).to_be_visible()

    karim = enter(browser, house.url, "karim", "ar", script=script)
    karim.goto(f"{house.url}/admin/inbox")
    karim.locator(".ledger a").first.click()
    karim.locator("#ask").fill("كم عدد النساء؟")
    karim.locator('form[action$="/decide/ask"] button').click()
    expect(karim.locator(".banner.good")).to_be_visible()

    samira.goto(draft)
    fill(samira, {"results": WHOLE["results"] + " Parmi elles 42 femmes."})
    press(samira, "review")
    samira.locator('form[action$="/act/submit"] button').click()
    karim.goto(f"{draft}/review")
    for word in ("approve", "publish"):
        karim.locator(f'form[action$="/decide/{word}"] button').click()
        expect(karim.locator(".banner.good")).to_be_visible()
    (practice,) = house.heads("Practice")
    assert practice.content["results"]["fr"].endswith("42 femmes.")

    samira.goto(f"{house.url}/admin/published/{practice.record}")
    samira.locator('a[href*="/admin/translate"]').click()
    samira.locator("#language").select_option("ar")
    samira.locator("form.row button").click()
    samira.wait_for_url(re.compile(r"/admin/drafts/\d+$"))
    source, target = samira.locator("#title .source"), samira.locator('[name="f.title"]')
    assert (source.get_attribute("dir"), target.get_attribute("dir")) == ("ltr", "rtl")
    fill(samira, {"title": "تقييم كفاءات المهاجرين المسوّاة وضعيتهم"})
    press(samira, "review")
    samira.wait_for_url(re.compile("/review$"))
    samira.locator('form[action$="/act/submit"] button').click()
    expect(samira.locator(".banner.good")).to_be_visible()
    karim.goto(samira.url)
    for word in ("approve", "publish"):
        karim.locator(f'form[action$="/decide/{word}"] button').click()
        expect(karim.locator(".banner.good")).to_be_visible()
    karim.goto(f"{house.url}/practices/{practice.origin}/{practice.record}?text=ar")
    expect(karim.locator("h1")).to_have_text("تقييم كفاءات المهاجرين المسوّاة وضعيتهم")
    for page in (samira, karim):
        page.context.close()


def test_what_is_written_is_saved_without_a_button(browser: Browser, house: House) -> None:
    page = enter(browser, house.url, "samira")
    begin(page, house.url)
    page.locator('[name="f.title"]').press_sequentially("Un titre écrit peu à peu")
    expect(page.locator(".saved-at")).to_have_text(re.compile(r"\d\d:\d\d"))
    expect(page.locator(".saved-state")).to_contain_text("champs obligatoires sur")
    with page.expect_response(re.compile("autosave")):
        page.locator('[name="f.challenge"]').fill("Le problème, en une phrase assez longue pour compter.")
    page.wait_for_function("() => !Object.keys(localStorage).some(key => key.startsWith('wasl-draft'))")
    assert house.draft(1).fields["title"] == "Un titre écrit peu à peu"
    assert house.draft(1).fields["challenge"].startswith("Le problème")
    expect(page.locator('[data-for="f.title"] .have')).to_have_text("24")
    page.context.close()


def test_line_that_is_down_loses_no_sentence(browser: Browser, house: House) -> None:
    """Written offline, the page closed, opened again when the line is back: what was written is there."""
    page = enter(browser, house.url, "samira")
    draft = begin(page, house.url)
    page.context.set_offline(True)
    page.locator('[name="f.title"]').fill("Écrit sans connexion")
    expect(page.locator(".saved-state.trouble")).to_be_visible()
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto(draft)
    expect(page.locator('[name="f.title"]')).to_have_value("Écrit sans connexion")
    assert house.draft(1).fields["title"] == "Écrit sans connexion"
    page.context.close()


def test_session_that_ended_while_writing_loses_no_sentence(browser: Browser, house: House) -> None:
    page = enter(browser, house.url, "samira")
    draft = begin(page, house.url)
    page.context.clear_cookies()
    page.locator('[name="f.title"]').fill("Écrit après la fin de la session")
    link = page.locator(".saved-state.trouble a")
    expect(link).to_be_visible()
    link.click()
    page.locator("#name").fill("samira")
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.wait_for_url(draft)
    expect(page.locator('[name="f.title"]')).to_have_value("Écrit après la fin de la session")
    page.wait_for_function("() => !Object.keys(localStorage).some(key => key.startsWith('wasl-draft'))")
    assert house.draft(1).fields["title"] == "Écrit après la fin de la session"
    page.context.close()


def test_second_tab_is_told_and_both_texts_stand_side_by_side(browser: Browser, house: House) -> None:
    first = enter(browser, house.url, "samira")
    draft = begin(first, house.url)
    second = first.context.new_page()
    second.goto(draft)
    with first.expect_response(re.compile("autosave")):
        first.locator('[name="f.title"]').fill("Le titre du premier onglet")
    second.locator('[name="f.title"]').fill("Le titre du second onglet")
    expect(second.locator(".saved-state.trouble a")).to_be_visible()
    second.locator(".saved-state.trouble a").click()
    expect(second.locator('[name="f.title"]')).to_have_value("Le titre du premier onglet")
    expect(second.locator(".other-text blockquote")).to_have_text("Le titre du second onglet")
    second.locator('.other-text button[value="take"]').click()
    expect(second.locator('[name="f.title"]')).to_have_value("Le titre du second onglet")
    first.context.close()


def test_keyboard_alone_writes_saves_and_adds_a_row(browser: Browser, house: House) -> None:
    page = enter(browser, house.url, "samira")
    begin(page, house.url)
    reach(page, '[name="f.title"]')
    page.keyboard.type("Un titre au clavier")
    reach(page, 'button[value="add:steps"]')
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("add=steps"))
    expect(page.locator('[name="f.title"]')).to_have_value("Un titre au clavier")
    reach(page, '.save-bar button[value="preview"]')
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/preview$"))
    expect(page.locator("h1")).to_have_text("Un titre au clavier")
    page.context.close()


def reach(page: Page, wanted: str, most: int = 200) -> None:
    """Press Tab until the focused element matches."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"Tab does not lead to {wanted}")


@pytest.mark.parametrize(("language", "width"), [("fr", 1280), ("ar", 1280)])
def test_pages_fit_their_window_and_axe_finds_nothing_wrong(
    browser: Browser, house: House, axe: str, language: str, width: int
) -> None:
    page = enter(browser, house.url, "amina", language, width)
    draft = begin(page, house.url, language)
    fill(page, WHOLE | {"results": WHOLE["results"] + " fatou@example.org", "steps.0.text": "Former"})
    press(page, "save")
    shots = os.environ.get("WASL_SHOTS")
    for path in (f"{draft}?check=1", f"{draft}/review", f"{draft}/preview", f"{draft}/discard",
                 *(f"{house.url}/admin/{one}" for one in ("drafts", "inbox", "published", "consents"))):  # fmt: skip
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, page.evaluate(STICKING_OUT))
        if shots:
            name = path.removeprefix(house.url).strip("/").replace("/", "-").replace("?", "-")
            page.screenshot(path=f"{shots}/{language}-{width}-{name}.png", full_page=True)
        assert violations(page, axe) == [], path
    page.context.close()
