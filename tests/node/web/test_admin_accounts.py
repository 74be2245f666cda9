"""My account, and the people of the node: what the pages do, and what they never show."""

from __future__ import annotations

import re
from typing import Any

import pyotp
import pytest
from person import PASSWORD, add_person

from node import accounts
from node.store import notes

NEW = "another long password"


def acts(office: Any) -> list[tuple[str, str, str]]:
    with office.node.database.reading() as connection:
        return [(act.actor, act.act, act.object) for act in notes.acts(connection, 50)]


def factor_on(office: Any, browser: Any) -> tuple[str, list[str]]:
    """Set up the second factor on the pages. Returns its secret and the spare codes."""
    form = browser.page("/admin/own/second-factor")
    found = re.search(r'name="secret" value="([A-Z2-7]{32})"', form)
    assert found
    code = pyotp.TOTP(found[1]).at(office.network.clock())
    shown = browser.post("/admin/own/second-factor", secret=found[1], code=code, present=PASSWORD)
    assert shown.status_code == 200
    office.network.clock.seconds += 60
    return found[1], re.findall(r"<li><code>([a-z0-9-]+)</code></li>", shown.get_data(as_text=True))


def test_person_changes_their_password_and_goes_on_in_a_new_session(office: Any) -> None:
    browser, other = office.signed("amina"), office.browser()
    other.sign_in("amina")
    before = browser.cookie()
    answer = browser.post("/admin/own/password", present=PASSWORD, password=NEW, repeated=NEW)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/own")
    assert browser.cookie() != before
    assert 'role="status"' in browser.page("/admin/own")
    assert 'role="status"' not in browser.page("/admin/own")
    assert other.get("/admin/own").status_code == 303
    assert office.browser().sign_in("amina", NEW).status_code == 303
    assert ("web:amina", "user_password", "amina") in acts(office)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"present": NEW, "password": NEW, "repeated": NEW}, "present"),
        ({"present": "", "password": NEW, "repeated": NEW}, "present"),
        ({"present": PASSWORD, "password": "short", "repeated": "short"}, "password"),
        ({"present": PASSWORD, "password": "motdepasse2026", "repeated": "motdepasse2026"}, "password"),
        ({"present": PASSWORD, "password": NEW, "repeated": NEW + "x"}, "repeated"),
        ({"present": PASSWORD}, "password"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(office: Any, form: dict[str, str], field: str) -> None:
    browser = office.signed("amina")
    answer = browser.post("/admin/own/password", **form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert f'id="{field}-wrong"' in page
    assert page.count('class="wrong-why"') == 1
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', page)
    for typed in form.values():
        assert not typed or typed not in page
    assert office.browser().sign_in("amina").status_code == 303


def test_second_factor_is_set_up_with_a_qr_code_and_asked_for_from_then_on(office: Any) -> None:
    browser = office.signed("amina")
    page = browser.page("/admin/own/second-factor")
    assert "<svg" in page
    assert " style=" not in page
    secret, spare = factor_on(office, browser)
    assert len(spare) == 10
    assert browser.get("/admin/own").status_code == 200
    assert browser.get("/admin/own/second-factor").status_code == 303
    other = office.browser()
    assert other.sign_in("amina").status_code == 403
    assert other.sign_in("amina", code=pyotp.TOTP(secret).at(office.network.clock())).status_code == 303
    assert secret not in browser.page("/admin/own")
    assert not any(code in browser.page("/admin/own") for code in spare)


@pytest.mark.parametrize("form", [{"present": NEW}, {"present": PASSWORD, "code": "000000"}])
def test_second_factor_is_not_set_up_without_password_and_code(office: Any, form: dict[str, str]) -> None:
    browser = office.signed("amina")
    offer = accounts.begin_totp("amina", "Wasl")
    form = {"code": pyotp.TOTP(offer.secret).at(office.network.clock()), **form}
    answer = browser.post("/admin/own/second-factor", secret=offer.secret, **form)
    assert answer.status_code == 400
    assert offer.secret in answer.get_data(as_text=True)
    assert not accounts.get(office.node, "amina").has_totp


def test_e15_second_factor_is_turned_off_with_password_and_code_only(office: Any) -> None:
    browser = office.signed("amina")
    secret, spare = factor_on(office, browser)
    for form in ({"present": PASSWORD}, {"present": PASSWORD, "code": "000000"}, {"present": NEW, "code": spare[0]}):
        assert browser.post("/admin/own/second-factor/off", **form).status_code == 400
    assert accounts.get(office.node, "amina").has_totp
    code = pyotp.TOTP(secret).at(office.network.clock())
    assert browser.post("/admin/own/second-factor/off", present=PASSWORD, code=code).status_code == 303
    assert not accounts.get(office.node, "amina").has_totp
    assert browser.get("/admin/own").status_code == 200


def test_e15_code_used_to_sign_in_turns_nothing_off(office: Any) -> None:
    browser = office.signed("amina")
    secret, _ = factor_on(office, browser)
    code = pyotp.TOTP(secret).at(office.network.clock())
    assert office.browser().sign_in("amina", code=code).status_code == 303
    assert browser.post("/admin/own/second-factor/off", present=PASSWORD, code=code).status_code == 400


def test_e15_no_page_takes_the_second_factor_of_another_away(office: Any) -> None:
    factor_on(office, office.signed("amina"))
    chief = office.signed("chief")
    assert "wasl user second-factor-off amina" in chief.page("/admin/people/amina")
    chief.post("/admin/people/amina/password")
    chief.post("/admin/people/amina/role", role="editor")
    chief.post("/admin/people/amina/disable")
    chief.post("/admin/people/amina/enable")
    assert accounts.get(office.node, "amina").has_totp


def test_new_spare_codes_are_shown_once(office: Any) -> None:
    browser = office.signed("amina")
    _, before = factor_on(office, browser)
    assert browser.post("/admin/own/spare-codes", present=NEW).status_code == 400
    shown = browser.post("/admin/own/spare-codes", present=PASSWORD).get_data(as_text=True)
    fresh = re.findall(r"<li><code>([a-z0-9-]+)</code></li>", shown)
    assert len(fresh) == 10
    assert not set(fresh) & set(before)
    assert office.browser().sign_in("amina", code=before[0]).status_code == 403
    assert office.browser().sign_in("amina", code=fresh[0]).status_code == 303


def test_person_signs_out_everywhere(office: Any) -> None:
    browser, other = office.signed("amina"), office.browser()
    other.sign_in("amina")
    assert browser.page("/admin/own").count("<li><span>") == 2
    assert browser.post("/admin/own/sign-out-everywhere").status_code == 303
    assert (browser.get("/admin/own").status_code, other.get("/admin/own").status_code) == (303, 303)


def test_language_of_the_account(office: Any) -> None:
    browser = office.signed("amina")
    browser.post("/admin/own/language", language="ar")
    assert accounts.get(office.node, "amina").language == "ar"
    assert 'dir="rtl"' in browser.page("/admin/own")[:80]
    assert browser.post("/admin/own/language", language="xx").status_code == 400
    browser.post("/admin/own/language", language="")
    assert accounts.get(office.node, "amina").language is None


def test_administrator_adds_a_person_whose_password_is_shown_once(office: Any) -> None:
    chief = office.signed("chief")
    shown = chief.post("/admin/people/add", name="K.Idrissi", role="editor")
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "private, no-store"
    found = re.findall(r'<code class="secret" dir="ltr">([^<]+)</code>', shown.get_data(as_text=True))
    name, password = found
    assert name == "k.idrissi"
    assert password not in chief.page("/admin/people/k.idrissi")
    browser = office.browser()
    assert browser.sign_in(name, password).status_code == 303
    assert browser.get("/admin/").headers["Location"] == "/admin/own"
    assert ("web:chief", "user_added", "k.idrissi") in acts(office)


@pytest.mark.parametrize(
    ("name", "role", "field"), [("réda", "editor", "name"), ("chief", "editor", "name"), ("reda", "owner", "role")]
)
def test_person_who_cannot_be_added(office: Any, name: str, role: str, field: str) -> None:
    chief = office.signed("chief")
    answer = chief.post("/admin/people/add", name=name, role=role)
    assert answer.status_code == 400
    assert "wrong-why" in answer.get_data(as_text=True)
    assert (f'id="{field}-wrong"' in answer.get_data(as_text=True)) == (field == "name")
    assert len(accounts.everyone(office.node)) == 1


def test_new_password_of_a_person_ends_their_sessions_and_is_shown_once(office: Any) -> None:
    chief, browser = office.signed("chief"), office.signed("amina", "editor")
    shown = chief.post("/admin/people/amina/password").get_data(as_text=True)
    password = re.findall(r'<code class="secret" dir="ltr">([^<]+)</code>', shown)[1]
    assert browser.get("/admin/own").status_code == 303
    assert office.browser().sign_in("amina").status_code == 403
    assert office.browser().sign_in("amina", password).status_code == 303
    with office.node.database.reading() as connection:
        assert password not in str([*notes.acts(connection, 50)])


def test_administrator_changes_roles_and_disables(office: Any) -> None:
    chief = office.signed("chief")
    add_person(office.node, "amina", "editor")
    assert chief.post("/admin/people/amina/role", role="publisher").headers["Location"] == "/admin/people/amina"
    assert accounts.get(office.node, "amina").role == "publisher"
    chief.post("/admin/people/amina/disable")
    assert accounts.get(office.node, "amina").disabled
    assert office.browser().sign_in("amina").status_code == 403
    chief.post("/admin/people/amina/enable")
    assert office.browser().sign_in("amina").status_code == 303
    chief.post("/admin/people/amina/sign-out")
    words = [act for _, act, about in acts(office) if about == "amina"]
    expected = ["user_signed_out", "signed_in", "user_enabled", "user_disabled", "user_role", "user_added"]
    assert words == expected


def test_last_administrator_is_told_why_they_must_stay(office: Any) -> None:
    chief = office.signed("chief")
    for word, form in (("disable", {}), ("role", {"role": "reader"})):
        assert chief.post(f"/admin/people/chief/{word}", **form).status_code == 303
        assert 'role="alert"' in chief.page("/admin/people/chief")
    user = accounts.get(office.node, "chief")
    assert (user.role, user.disabled) == ("administrator", False)


def test_nobody_here_is_a_page_that_says_so(office: Any) -> None:
    chief = office.signed("chief")
    assert chief.get("/admin/people/nobody-here").status_code == 404
    assert chief.post("/admin/people/nobody-here/disable").status_code == 404


@pytest.mark.parametrize("language", ["fr", "ar", "de", "tr", "en"])
def test_pages_of_accounts_in_every_language(office: Any, language: str) -> None:
    chief = office.signed("chief")
    for path in ("/admin/own", "/admin/own/second-factor", "/admin/people", "/admin/people/chief"):
        page = chief.page(f"{path}?lang={language}")
        assert f'<html lang="{language}"' in page
        assert ('dir="rtl"' in page[:80]) == (language == "ar")
        assert "<script" not in page
        assert " style=" not in page
        for field in re.findall(
            r'<(?:input|select|textarea)(?![^>]*type="(?:hidden|radio)")(?![^>]*\bhidden)[^>]*id="([^"]+)"', page
        ):
            assert f'<label for="{field}">' in page, field
        identifiers = re.findall(r'\bid="([^"]+)"', page)
        assert len(identifiers) == len(set(identifiers))
