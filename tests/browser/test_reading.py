"""The page of a practice and the brief in a real Chromium: narrow and wide, right to left, policy, paper, axe-core."""

from __future__ import annotations

import re

import pytest
from browsing import STICKING_OUT, open_page, violations
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


def paths(page: Page, address: str) -> list[str]:
    """A practice, and a brief of two in two languages."""
    page.goto(f"{address}/search")
    marked = [str(one.get_attribute("value")) for one in page.locator('input[form="brief"]').all()[:2]]
    return [f"/practices/{marked[0]}", "/brief?" + "&".join(f"p={name}" for name in marked) + "&with=de"]


@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("width", [360, 1280])
def test_reading_page_and_brief_fit_their_window_and_the_policy(
    browser: Browser, address: str, language: str, width: int
) -> None:
    page = open_page(browser, address, language, width)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for path in paths(page, address):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, page.evaluate(STICKING_OUT))
    assert said == []
    page.context.close()


def test_contents_are_folded_on_a_telephone_and_open_where_there_is_room(browser: Browser, address: str) -> None:
    for width in (360, 1280):
        page = open_page(browser, address, "fr", width)
        page.goto(address + paths(page, address)[0])
        assert page.locator(".contents li").first.is_visible() == (width == 1280)
        page.context.close()


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_paper_shows_the_code_and_no_menus(browser: Browser, address: str, language: str) -> None:
    page = open_page(browser, address, language, 794)
    practice, brief = paths(page, address)
    page.goto(address + practice)
    page.emulate_media(media="print")
    assert page.locator(".print-code svg").is_visible()
    assert not any(page.locator(hidden).first.is_visible() for hidden in (".contents", ".masthead nav", "#similar"))
    page.goto(address + brief)
    assert not page.locator(".brief-tools").is_visible()
    assert page.locator(".sheet").count() == 3
    data = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", data)) >= 2
    page.context.close()


def test_practices_marked_in_the_search_become_a_brief_without_scripts(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/search", "fr", 1280, script=False)
    for box in page.locator('input[form="brief"]').all()[:2]:
        box.check()
    page.locator("#brief button").click()
    page.wait_for_url(re.compile(r"/brief\?p="))
    assert page.locator(".practice-sheet").count() == 2
    page.context.close()


@pytest.mark.parametrize(("language", "width"), [("fr", 1280)])
def test_axe_finds_nothing_wrong_with_practice_and_brief(
    browser: Browser, address: str, axe: str, language: str, width: int
) -> None:
    page = open_page(browser, address, language, width)
    for path in (*paths(page, address), "/brief", "/search"):
        page.goto(address + path)
        assert violations(page, axe) == [], path
    page.context.close()
