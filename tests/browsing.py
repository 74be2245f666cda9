"""What tests that drive a real Chromium share: how it starts, how a page is opened, signed in, filled in, looked at.

With `WASL_SHOTS=<folder>` they leave pictures of the pages there, for somebody to look at.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from person import PASSWORD
from playwright.sync_api import Browser, Page

AXE = Path(__file__).parents[1] / ".cache" / "axe" / "node_modules" / "axe-core" / "axe.min.js"

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

STICKING_OUT = """() => [...document.querySelectorAll('body *')].filter(one => {
    const box = one.getBoundingClientRect(); return box.left < -0.5 || box.right > window.innerWidth + 0.5
}).slice(0, 5).map(one => one.tagName + '.' + one.className + ' ' + one.textContent.trim().slice(0, 60))"""


EVERY_PICTURE = """() => Promise.all([...document.images].map(one => {
    one.loading = 'eager'; return one.decode().catch(() => null)
}))"""


def open_page(browser: Browser, url: str, language: str, width: int, script: bool = True) -> Page:
    """A page in a browser of its own, for a reader of this language."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        extra_http_headers={"Accept-Language": language},
        java_script_enabled=script,
    )
    page = context.new_page()
    page.goto(url)
    return page


def enter(browser: Browser, url: str, name: str, language: str = "fr", width: int = 1280, script: bool = True) -> Page:
    """A page in a browser of its own, in which this person (tests/person.py) has signed in at this node."""
    page = open_page(browser, f"{url}/admin/sign-in", language, width, script)
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.wait_for_url(re.compile("/admin/(drafts|overview)"))
    return page


def begin(page: Page, url: str, language: str = "fr") -> str:
    """Begin a draft. Returns its address."""
    page.goto(f"{url}/admin/drafts")
    page.locator("#language").select_option(language)
    page.locator("form.row button").click()
    page.wait_for_url(re.compile(r"/admin/drafts/\d+$"))
    return page.url


def fill(page: Page, fields: dict[str, Any]) -> None:
    """Type into the form of a draft, by path."""
    for path, text in fields.items():
        name = f"f.{path}"
        if isinstance(text, list):
            for value in text:
                box = page.locator(f'input[name="{name}"][value="{value}"]')
                if not box.is_visible():
                    page.locator(f"#{path} summary").click()
                box.check()
        elif page.locator(f'select[name="{name}"]').count():
            page.locator(f'select[name="{name}"]').select_option(text)
        else:
            page.locator(f'[name="{name}"]').fill(text)


def press(page: Page, do: str) -> None:
    """Press a button below a draft."""
    page.locator(f'.save-bar button[value="{do}"]').click()


def violations(page: Page, axe: str) -> list[Any]:
    """What axe-core finds wrong: rule, sentence, the first elements. `axe`: its source, a fixture."""
    page.evaluate(axe)
    found = page.evaluate("async () => (await axe.run({ resultTypes: ['violations'] })).violations")
    return [(each["id"], each["help"], [node["html"][:200] for node in each["nodes"][:3]]) for each in found]


def look(page: Page, name: str) -> None:
    """Leave pictures of this address, in French and Arabic, on a telephone and on a desk; only with `WASL_SHOTS`."""
    folder = os.environ.get("WASL_SHOTS")
    if not folder:
        return
    shown = page.context.new_page()
    for language in ("fr", "ar"):
        shown.set_extra_http_headers({"Accept-Language": language})
        for width in (390, 1280):
            shown.set_viewport_size({"width": width, "height": 800})
            shown.goto(page.url.partition("#")[0])
            shown.evaluate(EVERY_PICTURE)
            shown.screenshot(path=f"{folder}/{name}-{language}-{width}.png", full_page=True)
    shown.close()
