"""Questions and meetings in a real Chromium: wide, right to left, within the policy, and without scripts.

On a telephone: tests/browser/test_every_page.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from browsing import STICKING_OUT, open_page, violations
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from node.app import create_app
from node.founding import Organisation, found
from node.publish import Statement, publish
from tests.protocol.contents import accepted

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """The address of a node behind a real socket, and the paths of its pages of questions and meetings."""
    organisation = Organisation({"fr": "Commune de Fès", "ar": "جماعة فاس"}, "MA", ("fr", "ar"))
    node = found(tmp_path_factory.mktemp("talking") / "node", organisation, {"limits_free_mb": 0}, {})

    def say(type_: str, **content: Any) -> Any:
        return publish(node, Statement(type_, content, "fr"))

    source = say("Practice", **accepted()["practice-least"]["content"])
    asked = say("Question", **accepted()["question-full"]["content"] | {"about": source.uri})
    replied = accepted()["answer-full"]["content"] | {"inReplyTo": asked.uri, "references": [source.uri]}
    replied.pop("accepted")
    answer = say("Answer", **replied)
    say("Acknowledgement", about=answer.uri, aboutDigest=answer.digest.hex())
    held = say("Event", **accepted()["event-full"]["content"] | {"practicesPresented": [source.uri]})
    server = make_server("127.0.0.1", 0, create_app(node), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    one, other = f"/questions/{node.did}/{asked.record}", f"/events/{node.did}/{held.record}"
    paths = ["/questions", "/questions?topic=reception&unanswered=1", one, "/events", other]
    paths += [f"{other}/revisions/{held.digest.hex()}", f"/communes/{node.did}", "/"]
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    thread.join()
    server.server_close()
    node.close()


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_questions_and_meetings_fit_a_wide_window_the_policy_and_axe(
    browser: Browser, talking: tuple[str, list[str]], axe: str, language: str
) -> None:
    address, paths = talking
    page = open_page(browser, address, language, 1280)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for path in paths:
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280, (path, page.evaluate(STICKING_OUT))
        assert violations(page, axe) == [], path
    assert said == []
    page.context.close()


def test_questions_are_narrowed_without_scripts(browser: Browser, talking: tuple[str, list[str]]) -> None:
    address, _paths = talking
    page = open_page(browser, f"{address}/questions", "fr", 360, script=False)
    assert page.locator(".item").count() == 1
    page.locator("#topic").select_option("reception")
    page.locator('input[name="unanswered"]').check()
    page.locator(".talk-filter button").click()
    page.wait_for_url("**/questions?topic=reception&unanswered=1")
    assert page.locator(".item").count() == 0
    page.context.close()
