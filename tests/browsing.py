"""What tests that drive a real Chromium share: how it is started, how a page is opened, what sticks out of it."""

from __future__ import annotations

from playwright.sync_api import Browser, Page

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

STICKING_OUT = """() => [...document.querySelectorAll('body *')].filter(one => {
    const box = one.getBoundingClientRect(); return box.left < -0.5 || box.right > window.innerWidth + 0.5
}).slice(0, 5).map(one => one.tagName + '.' + one.className + ' ' + one.textContent.trim().slice(0, 60))"""


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
