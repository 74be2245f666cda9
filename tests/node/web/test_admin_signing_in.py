"""Signing in and out as a browser does it: cookies, redirects, caches, forms of others."""

from __future__ import annotations

from typing import Any

import pytest
from person import PASSWORD, Person, add_person, token_in

from node import accounts
from node.accounts import throttle
from node.web.admin.guard import local_path


def test_page_of_the_administration_sends_to_sign_in_and_back(office: Any) -> None:
    add_person(office.node, "amina")
    browser = office.browser()
    sent = browser.get("/admin/people/amina?lang=de")
    assert sent.status_code == 303
    assert sent.headers["Location"].startswith("/admin/sign-in?next=/admin/people/amina")
    form = browser.page(sent.headers["Location"])
    assert 'name="next" value="/admin/people/amina?lang=de"' in form
    entered = browser.sign_in("amina", next="/admin/people/amina?lang=de")
    assert (entered.status_code, entered.headers["Location"]) == (303, "/admin/people/amina?lang=de")


ELSEWHERE = (
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2f%2fevil.example",
    "%2f%2fevil.example",
    "/%5cevil.example",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/admin/../../evil",
    "/\t/evil.example",
    "/\n//evil.example",
    "/admin/people\r\nSet-Cookie: a=b",
    "evil.example",
    "/nowhere",
    "/static/wasl.css",
    "//localhost@evil.example/",
    "/@evil.example",
    "http://localhost/admin/people",
    "",
)


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_e12_signing_in_leads_to_pages_of_this_node_only(office: Any, wanted: str) -> None:
    add_person(office.node, "amina")
    browser = office.browser()
    entered = browser.sign_in("amina", next=wanted)
    assert entered.status_code == 303
    assert entered.headers["Location"] == "/admin/"
    again = browser.get("/admin/sign-in", query_string={"next": wanted})
    assert again.status_code == 303
    assert again.headers["Location"].startswith("/admin/")


@pytest.mark.parametrize("wanted", ["/", "/admin/people", "/search?q=bilan&language=fr", "/admin/own?lang=ar"])
def test_local_path_is_kept(office: Any, wanted: str) -> None:
    with office.app.test_request_context("/"):
        assert local_path(wanted) == wanted


def test_e13_token_of_before_signing_in_is_never_taken_over(office: Any) -> None:
    """Fixation: whoever plants a cookie in a browser has nothing from it."""
    add_person(office.node, "amina")
    browser, planted = office.browser(), "A" * 43
    browser.client.set_cookie("wasl-session", planted, domain="localhost")
    assert browser.sign_in("amina").status_code == 303
    assert browser.cookie() not in ("", planted)
    assert accounts.session_of(office.node, planted) is None


def test_e13_signing_in_again_ends_the_session_before(office: Any) -> None:
    browser = office.signed("amina")
    before = browser.cookie()
    assert browser.sign_in("amina").status_code == 303
    assert browser.cookie() != before
    assert accounts.session_of(office.node, before) is None


def test_e13_cookie_is_worth_nothing_after_signing_out(office: Any) -> None:
    browser = office.signed("amina")
    token = browser.cookie()
    out = browser.post("/admin/sign-out")
    assert (out.status_code, out.headers["Location"]) == (303, "/admin/sign-in?said=out")
    assert browser.cookie() == ""
    thief = office.browser()
    thief.client.set_cookie("wasl-session", token, domain="localhost")
    assert thief.get("/admin/people").status_code == 303


@pytest.mark.parametrize("change", ["password", "role", "disable"])
def test_e13_open_browser_is_out_at_once_when_its_account_changes(office: Any, change: str) -> None:
    browser = office.signed("reda")
    add_person(office.node, "amina")
    assert browser.get("/admin/people").status_code == 200
    if change == "password":
        accounts.set_password(office.node, "reda", "another long password", actor="test")
    elif change == "role":
        accounts.set_role(office.node, "reda", "reader", actor="test")
    else:
        accounts.disable(office.node, "reda", actor="test")
    assert browser.get("/admin/people").status_code == 303
    assert browser.get("/admin/own").status_code == 303


def test_cookie_over_plain_http_is_ours_alone(office: Any) -> None:
    add_person(office.node, "amina")
    header = next(text for text in office.browser().sign_in("amina").headers.getlist("Set-Cookie") if "session" in text)
    assert header.startswith("wasl-session=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(header.split("; "))
    assert "Domain" not in header
    assert "Max-Age" not in header


def test_cookie_over_https_is_bound_to_this_host(office: Any) -> None:
    add_person(office.node, "amina")
    browser = office.browser(secure=True)
    headers = browser.sign_in("amina").headers.getlist("Set-Cookie")
    header = next(text for text in headers if text.startswith("__Host-wasl="))
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Secure"} <= set(header.split("; "))
    assert "Domain" not in header
    assert browser.get("/admin/people").status_code == 200


def test_cookie_set_over_plain_http_is_not_believed_over_https(office: Any) -> None:
    plain = office.signed("amina")
    secure = office.browser(secure=True)
    secure.client.set_cookie("wasl-session", plain.cookie(), domain="localhost")
    assert secure.get("/admin/people").status_code == 303


@pytest.mark.parametrize("path", ["/", "/communes", "/network", "/about", "/nowhere", "/admin/own", "/admin/nowhere"])
def test_e20_no_cache_keeps_a_page_that_was_given_to_a_session(office: Any, path: str) -> None:
    browser = office.signed("amina")
    assert browser.get(path).headers["Cache-Control"] == "private, no-store"
    browser.post("/admin/sign-out")
    browser.client.set_cookie("wasl-session", "ended", domain="localhost")
    assert browser.get(path).headers["Cache-Control"] == "private, no-store"


def test_e20_public_page_without_a_session_is_asked_for_again_only(office: Any) -> None:
    assert office.browser().get("/").headers["Cache-Control"] == "private, no-cache"


def test_e20_stylesheet_is_kept_whoever_asks(office: Any) -> None:
    from node.web import presenting

    version = presenting.static_version("wasl.css")
    answer = office.signed("amina").get(f"/static/wasl.css?v={version}")
    answer.close()
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/admin/sign-in", "/admin/own", "/admin/people", "/admin/nowhere", "/"])
def test_e11_no_page_can_be_put_into_a_frame(office: Any, path: str) -> None:
    policy = office.signed("amina").get(path).headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/admin/sign-in", "/admin/own", "/admin/people", "/admin/", "/", "/network"])
def test_e19_host_header_appears_in_no_answer(office: Any, path: str) -> None:
    """No address is made of what a stranger says the host is: not in links, redirects or the QR code."""
    browser = office.signed("amina")
    answer = browser.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in answer.get_data(as_text=True)
    assert all("evil.example" not in text for _, text in answer.headers)


def test_e19_second_factor_names_the_node_and_not_the_host(office: Any) -> None:
    offer = accounts.begin_totp("amina", "Wasl Rabat: evil")
    assert offer.uri.startswith("otpauth://totp/Wasl%20Rabat%20%20evil:amina?secret=")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://evil.example/localhost"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Referer": "http://localhost/admin/own"},
    ],
)
def test_form_that_another_site_sent_is_refused(office: Any, headers: dict[str, str]) -> None:
    browser = office.signed("amina")
    answer = browser.post("/admin/own/language", headers=headers, language="de")
    assert answer.status_code == 403
    assert "foreign_form" in answer.get_data(as_text=True)
    assert accounts.get(office.node, "amina").language is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://rabat.example"},
    ],
)
def test_form_from_a_page_of_ours_is_taken(office: Any, headers: dict[str, str]) -> None:
    """Also from the address on our card: a proxy may pass on another Host."""
    browser = office.signed("amina")
    assert browser.post("/admin/own/language", headers=headers, language="de").status_code == 303


def test_somebody_elses_account_cannot_be_slipped_into_a_browser(office: Any) -> None:
    """Signing in needs the token of the form, and comes from our own page."""
    add_person(office.node, "mallory", "reader")
    victim = office.browser()
    assert victim.sign_in("mallory", token="A" * 43).status_code == 403
    assert victim.sign_in("mallory", headers={"Origin": "https://evil.example"}).status_code == 403
    stranger = office.browser()
    assert victim.sign_in("mallory", token=stranger.token()).status_code == 403
    assert victim.cookie() == ""


def test_refused_person_keeps_the_name_and_never_the_password(office: Any) -> None:
    add_person(office.node, "amina")
    answer = office.browser().sign_in("amina", "another long password")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert 'value="amina"' in page
    assert "another long password" not in page
    assert 'role="alert"' in page


def test_pause_is_told_with_its_length(office: Any) -> None:
    add_person(office.node, "amina")
    browser = office.browser()
    for _ in range(throttle.HERE.free):
        assert browser.sign_in("amina", "another long password").status_code == 403
    answer = browser.sign_in("amina")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "15"


def test_callers_behind_a_proxy_that_we_were_not_told_of_are_not_one_address(office: Any) -> None:
    """Else one who guesses would keep everybody out."""
    add_person(office.node, "amina")
    guessing, proxied = (
        office.browser(address="127.0.0.1"),
        {"Origin": "http://localhost", "X-Forwarded-For": "1.2.3.4"},
    )
    for count in range(throttle.ADDRESS.free + 1):
        guessing.sign_in(f"name{count}", headers=proxied)
    assert office.browser(address="127.0.0.1").sign_in("amina", headers=proxied).status_code == 303


def test_missing_code_is_asked_for_beside_its_field(office: Any) -> None:
    import pyotp

    add_person(office.node, "amina")
    offer = accounts.begin_totp("amina", "Wasl")
    clock = office.network.clock
    accounts.confirm_totp(office.node, "amina", offer.secret, pyotp.TOTP(offer.secret).at(clock()), actor="test")
    clock.seconds += 60
    browser = office.browser()
    asked = browser.sign_in("amina")
    assert asked.status_code == 403
    assert 'aria-describedby="code-wrong code-help"' in asked.get_data(as_text=True)
    assert browser.sign_in("amina", code=pyotp.TOTP(offer.secret).at(clock())).status_code == 303


def test_footer_leads_to_signing_in_once_there_are_accounts(office: Any) -> None:
    assert "/admin/" not in office.browser().page("/")
    browser = office.signed("amina")
    assert 'href="/admin/"' in browser.page("/")
    assert 'href="/admin/"' in office.browser().page("/about")


def test_pages_speak_the_language_of_the_account_after_signing_in(office: Any) -> None:
    add_person(office.node, "amina", language="ar")
    browser = office.browser()
    browser.sign_in("amina")
    assert '<html lang="ar" dir="rtl">' in browser.page("/admin/own")


def test_sign_in_page_works_without_scripts_and_styles_of_its_own(office: Any) -> None:
    for browser, path in ((office.browser(), "/admin/sign-in"), (office.signed("amina"), "/admin/own/second-factor")):
        page = browser.page(path)
        assert "<script" not in page
        assert " style=" not in page
        assert token_in(page)


def test_administrator_sees_of_the_network_what_is_seen_at_the_machine(office: Any) -> None:
    from node.store import peers

    with office.node.database.writing() as connection:
        did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
        peers.add(connection, did, office.node.now(), asked_by="them", url=None, chain=b"", note="")
    assert did not in Person(office.app).page("/network")
    assert did not in office.signed("reda", "editor").page("/network")
    assert did in office.signed("amina").page("/network")
    accounts.create_user(office.node, "new", "administrator", PASSWORD, actor="test", once=True)
    fresh = Person(office.app)
    fresh.sign_in("new")
    assert did not in fresh.page("/network")
