"""Every page of a node, looked at in Chromium: axe-core, narrow windows, weight, keyboard, without scripts.

`PAGES` names them; a route that stands neither there nor in `NO_PAGES` fails a test, so that no new page is forgotten.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import furnished
import pytest
from browsing import EVERY_PICTURE, STICKING_OUT, enter, open_page, violations
from flask import Flask
from furnished import KINDS, Furnished
from person import make_cheap
from playwright.sync_api import Browser, Page
from simulator import Network, Stage, install
from werkzeug.serving import make_server

pytestmark = pytest.mark.browser

PAGES: dict[str, tuple[str, ...]] = {
    "pages.home": ("/",),
    "pages.about": ("/about",),
    "pages.brief": ("/brief", "/brief?p={me}/{practice}&with=de"),
    "pages.communes": ("/communes",),
    "pages.commune": ("/communes/{me}",),
    "pages.event": ("/events/{me}/{event}", "/events/{me}/{to_come}"),
    "pages.event_revision": ("/events/{me}/{event}/revisions/{event_digest}",),
    "pages.events": ("/events", "/events?commune={sale}", "/events?page=9"),
    "pages.figures": ("/figures",),
    "pages.mail_confirm": ("/mail/confirm/{confirm}",),
    "pages.mail_stop": ("/mail/stop/0-nobody",),
    "pages.network": ("/network",),
    "pages.organisation": ("/organisations/{me}/{organisation}", "/organisations/{me}/{organisation}?text=ar"),
    "pages.organisations": (
        "/organisations",
        "/organisations?topic=capacity-building&side=offers&country=MA",
        "/organisations?page=9",
    ),
    "pages.peer": ("/network/peers/{sale}",),
    "pages.practice": ("/practices/{me}/{practice}", "/practices/{me}/{record}"),
    "pages.lineage": ("/practices/{me}/{practice}/lineage",),
    "pages.question": ("/questions/{me}/{asked}", "/questions/{fes}/{their_question}?text=original"),
    "pages.questions": ("/questions", "/questions?topic=employment&unanswered=1", "/questions?commune={me}"),
    "pages.history": ("/practices/{me}/{fork}/history",),
    "pages.revision": ("/practices/{me}/{practice}/revisions/{digest}",),
    "pages.search": ("/search?q=bilan&topic=employment", "/search?view=table", "/search?view=map", "/search?q=qqqq"),
    "admin.acts": ("/admin/acts",),
    "admin.aside": ("/admin/aside",),
    "admin.aside_one": ("/admin/aside/{aside}",),
    "admin.consents": ("/admin/consents",),
    "admin.drafts": ("/admin/drafts",),
    "admin.draft": (
        "/admin/drafts/{draft}?check=1&add=steps",
        "/admin/drafts/{translation}",
        *(f"/admin/drafts/{{{kind}}}" for kind in KINDS),
    ),
    "admin.draft_discard": ("/admin/drafts/{draft}/discard",),
    "admin.draft_preview": ("/admin/drafts/{draft}/preview",),
    "admin.draft_review": ("/admin/drafts/{draft}/review", "/admin/drafts/{submitted}/review"),
    "admin.exchange": ("/admin/exchange",),
    "admin.hidden": ("/admin/hidden",),
    "admin.hide": ("/admin/hidden/new?uri={question}",),
    "admin.fediverse": ("/admin/fediverse",),
    "admin.following": ("/admin/following", "/admin/following?before=1-1"),
    "admin.following_list": ("/admin/following/list", "/admin/following/list?gone={stopped}"),
    "admin.inbox": ("/admin/inbox",),
    "admin.joining": ("/admin/join",),
    "admin.keys": ("/admin/keys",),
    "admin.key_act": ("/admin/keys/act/rotate", "/admin/keys/act/move"),
    "admin.key_revoke": ("/admin/keys/revoke",),
    "admin.key_progress": ("/admin/keys/revoke/progress",),
    "admin.key_sheet": ("/admin/keys/sheet",),
    "admin.key_words": ("/admin/keys/words",),
    "admin.overview": ("/admin/overview",),
    "admin.own": ("/admin/own",),
    "admin.own_second_factor": ("/admin/own/second-factor",),
    "admin.peers": ("/admin/peers",),
    "admin.peer": ("/admin/peers/{fes}", "/admin/peers/{sale}", "/admin/peers/{tiznit}"),
    "admin.peer_sure": ("/admin/peers/{fes}/sure/block", "/admin/peers/{fes}/sure/vouch"),
    "admin.people": ("/admin/people",),
    "admin.person": ("/admin/people/samira",),
    "admin.picture": ("/admin/picture",),
    "admin.policies": ("/admin/policy",),
    "admin.published": ("/admin/published",),
    "admin.published_one": ("/admin/published/{record}", "/admin/published/{fork}"),
    "admin.published_fork": ("/admin/published/{fork}/fork",),
    "admin.published_sure": (
        "/admin/published/{record}/sure/withdrawn",
        "/admin/published/{record}/sure/file?file={file}",
    ),
    "admin.searches": ("/admin/searches",),
    "admin.state": ("/admin/state",),
    "admin.translate": ("/admin/translate?uri={uri}",),
    "admin.upload": ("/admin/upload",),
}
"""By endpoint: the addresses to look at, with `furnished.rabat(...).known` in them."""

SIGNED_OUT = {"admin.sign_in": ("/admin/sign-in",)}
"""Shown to whom is not signed in, only."""
HALTED = {
    "admin.state_decide": tuple(f"/admin/state/decide/{word}" for word in ("rolled_back", "other_machine", "forged")),
    "admin.state_go_on": ("/admin/state/go-on",),
}
"""Shown by a node that stands still, only: by `furnished.sale`."""

FILE, AWAY, DATA = "gives a file", "leads to another page", "answers a program"
NO_PAGES: dict[str, tuple[str, str]] = {
    "pages.attachment": ("/attachments/{sha256}", FILE),
    "pages.cite": ("/practices/{me}/{practice}/revisions/{digest}/cite.bib", FILE),
    "pages.favicon": ("/favicon.ico", FILE),
    "pages.static_file": ("/static/wasl.css", FILE),
    "pages.search_csv": ("/search.csv", FILE),
    "pages.search_ods": ("/search.ods", FILE),
    "pages.event_ics": ("/events/{me}/{event}.ics", FILE),
    "pages.event_raw": ("/events/{me}/{event}/raw", DATA),
    "pages.events_ics": ("/events.ics", FILE),
    "pages.figures_csv": ("/figures.csv?table=topic", FILE),
    "pages.organisation_raw": ("/organisations/{me}/{organisation}/raw", DATA),
    "pages.organisations_csv": ("/organisations.csv?side=seeks", FILE),
    "pages.question_raw": ("/questions/{me}/{asked}/raw", DATA),
    "pages.lineage_data": ("/practices/{me}/{practice}/lineage.json", DATA),
    "pages.raw": ("/practices/{me}/{practice}/raw", DATA),
    "pages.raw_revision": ("/practices/{me}/{practice}/revisions/{digest}/raw", DATA),
    "pages.robots": ("/robots.txt", DATA),
    "pages.search_json": ("/search.json", DATA),
    "pages.sitemap": ("/sitemap.xml", DATA),
    "pages.sitemap_part": ("/sitemap-1.xml", DATA),
    "pages.suggest": ("/suggest?q=bilan", DATA),
    "doors.api_communes": ("/api/1/communes", DATA),
    "doors.api_concepts": ("/api/1/concepts", DATA),
    "doors.api_description": ("/api/1/openapi.json", DATA),
    "doors.api_practice": ("/api/1/practices/{me}/{practice}", DATA),
    "doors.api_practices": ("/api/1/practices", DATA),
    "doors.actor": ("/activitypub/actor", DATA),
    "doors.actor_followers": ("/activitypub/followers", DATA),
    "doors.actor_outbox": ("/activitypub/outbox?page=true", DATA),
    "doors.actor_practice": ("/activitypub/practices/{practice}", DATA),
    "doors.webfinger": ("/.well-known/webfinger?resource=acct:rabat@rabat.example", DATA),
    "doors.catalogue": ("/catalogue.jsonld", DATA),
    "doors.feed_atom": ("/feed.atom", DATA),
    "doors.feed_json": ("/feed.json", DATA),
    "doors.practice_atom": ("/practices/{me}/{practice}/feed.atom", DATA),
    "doors.practice_json": ("/practices/{me}/{practice}/feed.json", DATA),
    "doors.nodeinfo": ("/nodeinfo/2.1", DATA),
    "doors.nodeinfo_links": ("/.well-known/nodeinfo", DATA),
    "doors.oai": ("/oai?verb=Identify", DATA),
    "doors.search_atom": ("/search.atom", DATA),
    "doors.vocabulary": ("/vocabulary.jsonld", DATA),
    "pages.searches": ("/searches", AWAY),
    "admin.aside_bytes": ("/admin/aside/{aside}/bytes", FILE),
    "admin.draft_file": ("/admin/drafts/{draft}/files/{waiting}", FILE),
    "admin.join_cards": ("/admin/join/our-cards", FILE),
    "admin.state_proof": ("/admin/state/proof?uri={contradiction}", FILE),
    "admin.upload_template": ("/admin/upload/template.ods", FILE),
    "admin.home": ("/admin/", AWAY),
    # the address of a form: whoever opens it is led to the page on which the form stands
    "admin.aside_drop": ("/admin/aside/drop", AWAY),
    "admin.fediverse_block": ("/admin/fediverse/block", AWAY),
    "admin.fediverse_on": ("/admin/fediverse/on", AWAY),
    "admin.following_mail": ("/admin/following/mail", AWAY),
    "admin.join_add": ("/admin/join/file/add", AWAY),
    "admin.join_ask": ("/admin/join/ask", AWAY),
    "admin.join_file": ("/admin/join/file", AWAY),
    "admin.join_follow": ("/admin/join/follow", AWAY),
    "admin.join_invite": ("/admin/join/invite", AWAY),
    "admin.own_factor_off": ("/admin/own/second-factor/off", AWAY),
    "admin.own_password": ("/admin/own/password", AWAY),
    "admin.own_spare_codes": ("/admin/own/spare-codes", AWAY),
    "admin.peer_check": ("/admin/peers/{fes}/check", AWAY),
    "admin.peer_diagnose": ("/admin/peers/{fes}/diagnose", AWAY),
    "admin.person_add": ("/admin/people/add", AWAY),
    "admin.policy_preview": ("/admin/policy/preview", AWAY),
    "admin.state_backup": ("/admin/state/backup", AWAY),
}
"""By endpoint: an address, and why there is no page."""


def forget_something(page: Page) -> None:
    page.locator('input[name="id"]').first.check()
    page.locator('button[formaction$="/aside/drop"]').click()
    page.wait_for_url(re.compile("/aside/drop"))


def upload_a_table(page: Page) -> None:
    table = {"name": "t.csv", "mimeType": "text/csv", "buffer": "titre,résumé\nUn,deux\n".encode()}
    page.locator("#table").set_input_files(table)
    page.locator('form[action$="/upload/check"] button').click()
    page.wait_for_url(re.compile("/upload/check"))


def press(button: str) -> Callable[[Page], None]:
    def answered(page: Page) -> None:
        with page.expect_navigation(url=re.compile(button)):
            page.locator(f'form[action$="{button}"] button').first.click()

    return answered


ANSWERS: tuple[tuple[str, Callable[[Page], None]], ...] = (
    ("/nothing-is-here", lambda page: None),
    ("/admin/aside", forget_something),
    ("/admin/consents", press("/consents/add")),
    ("/admin/join", press("/join/invite")),
    ("/admin/peers/{fes}", press("/diagnose")),
    ("/admin/policy", press("/policy/preview")),
    ("/admin/upload", upload_a_table),
)
"""What is shown when something is pressed, or is not there: where, and how."""

MOST_BYTES = 200_000
"""What one page may weigh with its styles, scripts and pictures of ours: the attached files are its readers' choice."""
LEAST_BYTES = 45_000
"""What every page weighs: a figure below means that something was not counted."""

WEIGHT = r"""() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .filter(one => !/\/attachments\/|\/files\//.test(one.name)).reduce((sum, one) => sum + one.encodedBodySize, 0)"""

BLOCKING = """() => [...document.scripts].filter(one => !one.async && !one.defer && one.type !== 'module'
    && one.type !== 'application/ld+json').map(one => one.outerHTML.slice(0, 120))"""

UNREACHED = """() => {
    const placed = [...document.querySelectorAll('[tabindex]')].filter(one => one.tabIndex > 0);
    const wrong = placed.map(one => ['order', one]);
    const look = one => [one, ...one.querySelectorAll('.dot, .town')].map(each => {
        const style = getComputedStyle(each);
        return [style.outlineStyle, style.outlineWidth, style.stroke, style.strokeWidth, style.insetBlockStart].join();
    }).join(';');
    const every = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [onclick]';
    for (const one of document.querySelectorAll(every)) {
        if (one.disabled || one.closest('[aria-hidden=true]') || !one.checkVisibility()) continue;
        document.activeElement.blur();
        const before = look(one);
        one.focus({ focusVisible: true, preventScroll: true });
        if (one.tabIndex < 0 || document.activeElement !== one) wrong.push(['not reached', one]);
        else if (look(one) === before) wrong.push(['focus not seen', one]);
    }
    return wrong.map(([why, one]) => why + ': ' + one.outerHTML.slice(0, 120));
}"""

OUTLINE = """() => [...document.querySelectorAll('main :is(h1, h2, h3, p, li, td, a[href], label, button)')]
    .filter(one => !one.closest('.suggestions, .typing, .save-bar, .copy'))
    .map(one => one.tagName + ' ' + (one.innerText ?? one.textContent).trim().slice(0, 60))"""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """An application behind a real socket."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, stage: Stage) -> Iterator[Furnished]:
    """Rabat, made once for all these tests, which only look."""
    with pytest.MonkeyPatch.context() as patch:
        make_cheap(patch)
        network = Network(tmp_path_factory.mktemp("every"), stage)
        install(network, patch)
        made = furnished.rabat(network)
        yield made
        made.app.extensions["wasl-searcher"].forget()
        network.close()


def paths_of(known: dict[str, Any], signed_in: bool) -> list[str]:
    """The addresses of pages for whom is, or is not, signed in."""
    pages = [paths for name, paths in PAGES.items() if name.startswith("admin.") == signed_in]
    return [path.format(**known) for paths in (*pages, *(() if signed_in else SIGNED_OUT.values())) for path in paths]


def test_every_route_is_looked_at_or_is_no_page(town: Furnished) -> None:
    adapter = town.app.url_map.bind("localhost")
    routes = {
        rule.endpoint
        for rule in town.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint.partition(".")[0] in ("pages", "doors", "admin")
    }
    named = [*PAGES, *SIGNED_OUT, *HALTED, *NO_PAGES]
    assert len(named) == len(set(named))
    assert routes == set(named)
    every = {**PAGES, **SIGNED_OUT, **HALTED, **{name: (path,) for name, (path, _why) in NO_PAGES.items()}}
    for name, paths in every.items():
        for path in paths:
            assert adapter.match(path.format(**town.known).partition("?")[0])[0] == name, path


def test_what_is_no_page_shows_none(town: Furnished) -> None:
    for path, why in NO_PAGES.values():
        answer = town.desk.person.get(path.format(**town.known))
        kind = answer.mimetype
        answer.close()
        if why == AWAY:
            assert answer.status_code in (302, 303), path
        else:
            assert (answer.status_code, kind == "text/html") in ((200, False), (302, True)), path


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_every_page_is_accessible_narrow_light_and_whole_without_scripts(
    browser: Browser, town: Furnished, axe: str, language: str
) -> None:
    wrong: list[Any] = []
    with served(town.app) as url:
        for signed_in in (False, True):
            reader = Reader(browser, url, axe, language, signed_in)
            for path in paths_of(town.known, signed_in):
                wrong += reader.faults(path)
            for path, answer in ANSWERS if signed_in else ():
                reader.page.goto(url + path.format(**town.known))
                answer(reader.page)
                wrong += reader.seen()
            reader.close()
    assert not wrong, "\n".join(map(str, wrong))


def test_pages_of_a_node_that_stands_still_are_so_too(
    browser: Browser, network: Network, axe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_cheap(monkeypatch)
    made = furnished.sale(network)
    wrong: list[Any] = []
    with served(made.app) as url:
        for stage in (HALTED["admin.state_decide"], HALTED["admin.state_go_on"]):
            for language in ("fr", "ar"):
                reader = Reader(browser, url, axe, language, True)
                for path in ("/admin/overview", "/admin/state", *stage):
                    wrong += reader.faults(path)
                reader.close()
            made.desk.post("/state/decide/other_machine")
    assert not wrong, "\n".join(map(str, wrong))


class Reader:
    """An administrator, or anybody, at a telephone; in French at a keyboard and at one without scripts, too: neither
    knows a language."""

    def __init__(self, browser: Browser, url: str, axe: str, language: str, signed_in: bool) -> None:
        self.url, self.axe = url, axe
        scripts = (True, False) if language == "fr" else (True,)
        pages = [
            enter(browser, url, "amina", language, 360, script)
            if signed_in
            else open_page(browser, f"{url}/about", language, 360, script)
            for script in scripts
        ]
        self.page, self.bare = pages[0], (pages[1] if len(pages) > 1 else None)

    def close(self) -> None:
        self.page.context.close()
        if self.bare:
            self.bare.context.close()

    def faults(self, path: str) -> list[Any]:
        """What is wrong with the page at an address."""
        page, wrong = self.page, []
        answer = page.goto(self.url + path)
        if answer is None or (answer.status, page.url) != (200, self.url + path):
            return [(path, "is not shown", page.url)]
        page.evaluate(EVERY_PICTURE)
        weight = page.evaluate(WEIGHT)
        if not LEAST_BYTES < weight < MOST_BYTES:
            wrong.append(("weight", weight))
        wrong += [("blocks", one) for one in page.evaluate(BLOCKING)]
        if self.bare:
            self.bare.goto(self.url + path)
            without = self.bare.evaluate(OUTLINE)
            wrong += [("only with scripts", one) for one in page.evaluate(OUTLINE) if one not in without]
        return [(path, one) for one in wrong] + self.seen()

    def seen(self) -> list[Any]:
        """What is wrong with the page that is open."""
        page = self.page
        wrong = narrow(page, 360) + violations(page, self.axe)
        if self.bare:
            wrong += page.evaluate(UNREACHED)
        page.set_viewport_size({"width": 640, "height": 400})  # a window of 1280 at 200 %
        wrong += narrow(page, 640)
        page.set_viewport_size({"width": 360, "height": 800})
        return [(page.url, one) for one in wrong]


def narrow(page: Page, width: int) -> list[Any]:
    """What sticks out of a window, folded things opened."""
    page.evaluate("() => document.querySelectorAll('main details').forEach(one => { one.open = true; })")
    if page.evaluate("document.documentElement.scrollWidth") <= width:
        return []
    return [("wider than", width, page.evaluate(STICKING_OUT))]
