"""A real Chromium looks: nothing sticks out at phone width, right to left is right to left, the keyboard suffices."""

from __future__ import annotations

import re

import pytest
from browsing import STICKING_OUT, open_page
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def _practices(browser: Browser, address: str) -> list[str]:
    page = open_page(browser, f"{address}/search?q=", "fr", 1280)
    links = page.locator("main .item-title a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    page.context.close()
    return [str(link) for link in links]


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_no_page_is_wider_than_the_window_of_a_desk(browser: Browser, address: str, language: str) -> None:
    """At a telephone's, every page is looked at in `test_every_page`."""
    practices = _practices(browser, address)
    assert len(practices) == 10
    page = open_page(browser, address, language, 1280)
    for path in ("/", "/search?q=bilan", "/communes", "/network", "/about", *practices):
        page.goto(address + path)
        sticking_out = page.evaluate(STICKING_OUT)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280, (path, sticking_out)
        direction = page.evaluate("getComputedStyle(document.documentElement).direction")
        assert direction == ("rtl" if language == "ar" else "ltr")
    page.context.close()


def test_keyboard_alone_leads_from_the_first_page_to_a_practice(browser: Browser, address: str) -> None:
    page = open_page(browser, address, "fr", 1280)
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.getAttribute('href') || '').startsWith('/practices/did')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/practices/did"))
    assert page.locator("h1").count() == 1
    page.context.close()


def test_search_works_without_scripts(browser: Browser, address: str) -> None:
    page = open_page(browser, address, "fr", 390, script=False)
    page.locator('main input[type="search"], main input[name="q"]').first.fill("bilan de compétences")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/search"))
    assert page.locator('main a[href^="/practices/did"]').count() >= 1
    page.context.close()
