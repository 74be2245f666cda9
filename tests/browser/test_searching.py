"""Searching in a real Chromium: by keyboard, at 360 and 1280 pixels, right to left, without scripts, and axe-core."""

from __future__ import annotations

import re

import pytest
from browsing import STICKING_OUT, open_page, violations
from playwright.sync_api import Browser, Page, expect

STATES = (
    "/search",
    "/search?q=bilan&topic=employment&country=MA",
    "/search?q=logemnt&year=1999",
    "/search?since=gestern&until=2019",
    "/search?view=table",
    "/search?view=map",
    "/search?view=print",
)

pytestmark = pytest.mark.browser

languages = pytest.mark.parametrize("language", ["fr", "ar"])
widths = pytest.mark.parametrize("width", [360, 1280])


def press_until(page: Page, key: str, reached: str, most: int = 150) -> None:
    """Press a key until the focused element matches a selector."""
    for _ in range(most):
        page.keyboard.press(key)
        if page.evaluate("wanted => document.activeElement.matches(wanted)", reached):
            return
    raise AssertionError(f"{key} does not lead to {reached}")


@languages
@widths
@pytest.mark.parametrize("script", [True, False])
def test_no_state_of_the_search_is_wider_than_its_window(
    browser: Browser, address: str, language: str, width: int, script: bool
) -> None:
    page = open_page(browser, f"{address}/search", language, width, script)
    for path in STATES:
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, page.evaluate(STICKING_OUT))
    page.context.close()


@languages
@widths
@pytest.mark.parametrize("script", [True, False])
def test_keyboard_alone_chooses_a_filter_and_takes_it_away(
    browser: Browser, address: str, language: str, width: int, script: bool
) -> None:
    page = open_page(browser, f"{address}/search", language, width, script)
    if width == 360:
        press_until(page, "Tab", ".filters > summary")
        page.keyboard.press("Enter")
    press_until(page, "Tab", 'input[name="topic"][value="employment"]')
    page.keyboard.press("Space")
    press_until(page, "Tab", '.apply button[form="search"]')
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search\?topic=employment$"))
    assert page.locator('input[value="employment"]').is_checked()
    press_until(page, "Tab", ".chosen-filters a")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/search$"))
    page.context.close()


@widths
def test_filters_are_folded_on_a_telephone_and_stand_beside_the_results_elsewhere(
    browser: Browser, address: str, width: int
) -> None:
    page = open_page(browser, f"{address}/search", "fr", width)
    assert page.locator('input[name="topic"]').first.is_visible() == (width == 1280)
    assert page.locator(".filters > summary").is_visible() == (width == 360)
    page.context.close()


@languages
@widths
def test_keyboard_alone_takes_a_suggestion(browser: Browser, address: str, language: str, width: int) -> None:
    page = open_page(browser, f"{address}/search", language, width)
    box = page.get_by_role("combobox", name=re.compile("."), exact=False).and_(page.locator("#q"))
    press_until(page, "Tab", "#q")
    page.keyboard.type("fes" if language == "fr" else "فاس")
    options = page.locator(".suggestions [role=option]")
    expect(options.first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator('.typing [aria-live="polite"]')).to_have_text(re.compile("."))
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    first = page.evaluate("document.activeElement.getAttribute('aria-activedescendant')")
    assert first == "suggestion-0"
    expected = "Commune de Fès" if language == "fr" else "جماعة فاس"
    expect(options.first).to_contain_text(expected)
    assert page.evaluate("getComputedStyle(document.querySelector('.suggestions')).direction") == (
        "rtl" if language == "ar" else "ltr"
    )
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/communes/did:key:"))
    page.context.close()


def test_arrows_home_end_and_escape_move_in_the_suggestions(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/search", "fr", 1280)
    page.locator("#q").press_sequentially("mi")
    options = page.locator(".suggestions [role=option]")
    expect(options.first).to_be_visible()
    last = options.count() - 1
    assert last >= 1
    moves = (("ArrowDown", 0), ("End", last), ("Home", 0), ("ArrowUp", -1), ("ArrowUp", last), ("ArrowDown", -1))
    for key, place in moves:
        page.keyboard.press(key)
        active = page.evaluate("document.activeElement.getAttribute('aria-activedescendant')")
        assert active == (f"suggestion-{place}" if place >= 0 else None), key
    page.keyboard.press("Escape")
    expect(page.locator(".suggestions")).to_be_hidden()
    expect(page.locator("#q")).to_have_attribute("aria-expanded", "false")
    assert page.locator("#q").input_value() == "mi"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search\?q=mi$"))
    page.context.close()


def test_without_scripts_the_box_is_a_box(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/search", "ar", 360, script=False)
    assert page.locator("[role=combobox]").count() == 0
    page.locator("#q").fill("الأسواق")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search\?q="))
    assert page.locator(".item-title").count() >= 1
    page.context.close()


def test_arabic_words_are_marked_whole_and_keep_their_width(browser: Browser, address: str) -> None:
    """A mark that cut a word would change the shapes of its letters, and with them the width of the line."""
    page = open_page(browser, f"{address}/search?q=الأسواق", "ar", 1280)
    assert page.locator("mark").count() >= 1
    joined = page.evaluate(
        r"""() => [...document.querySelectorAll('mark')].filter(one => {
            const before = one.previousSibling?.textContent.slice(-1) || ' ';
            const after = one.nextSibling?.textContent.slice(0, 1) || ' ';
            return /[\p{L}\p{M}]/u.test(before) || /[\p{L}\p{M}]/u.test(after);
        }).map(one => one.textContent)"""
    )
    assert joined == []
    page.context.close()


@pytest.mark.parametrize(("language", "width"), [("fr", 1280), ("ar", 360)])
def test_axe_finds_nothing_wrong(browser: Browser, address: str, axe: str, language: str, width: int) -> None:
    page = open_page(browser, f"{address}/search", language, width)
    practice = str(page.locator(".item-title a").first.get_attribute("href"))
    like = practice.removeprefix("/practices/").replace("/", "/records/")
    for path in (*STATES, "/", practice, f"/search?like={like}"):
        page.goto(address + path)
        assert violations(page, axe) == [], path
    page.goto(f"{address}/search")
    page.locator("#q").press_sequentially("fes" if language == "fr" else "فاس")
    expect(page.locator(".suggestions [role=option]").first).to_be_visible()
    assert violations(page, axe) == [], "suggestions"
    page.context.close()
