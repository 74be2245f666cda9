"""Who may see what: every route of the administration × every role, from the app's own map of routes.

What a view needs is declared at the view (`guard.needs`); a route that declares nothing fails here, and is answered to
nobody anyway.
"""

from __future__ import annotations

from typing import Any

import pytest
from person import PASSWORD, Person, add_person
from simulator import Network

from node import accounts
from node.app import create_app
from node.web.admin import guard

NOBODY = guard.NOBODY
WHO = (NOBODY, *accounts.ROLES)
STRANGER = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A node, and a browser for each role: made once, since these tests change nothing but sessions."""
    patch = pytest.MonkeyPatch()
    from person import make_cheap

    make_cheap(patch)
    network = Network(tmp_path_factory.mktemp("staffed"))
    node = network.found("rabat").node
    app = create_app(node)
    for role in accounts.ROLES:
        add_person(node, role, role)
    yield node, app
    node.close()
    patch.undo()


def browser_of(app: Any, role: str) -> Person:
    browser = Person(app)
    if role != NOBODY:
        assert browser.sign_in(role).status_code == 303
    return browser


def routes(app: Any) -> list[tuple[str, str, str, str]]:
    """(endpoint, method, path, declared role) of every route below /admin. Variables get values that name nothing."""
    found = []
    with app.test_request_context("/"):
        adapter = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            if not rule.rule.startswith("/admin"):
                continue
            values = {name: STRANGER if name == "did" else _value(rule, name) for name in rule.arguments}
            declared = guard.role_of(app.view_functions[rule.endpoint])
            for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "DELETE", "PATCH"}):
                path = adapter.build(rule.endpoint, values, method=method)
                found.append((rule.endpoint, method, path, declared))
    return found


def _value(rule: Any, name: str) -> Any:
    return 999_999 if type(rule._converters[name]).__name__ == "IntegerConverter" else "nobody-here"


def test_every_route_declares_whom_it_is_for(staffed: Any) -> None:
    _, app = staffed
    found = routes(app)
    assert len(found) >= 20
    assert [endpoint for endpoint, _, _, declared in found if declared not in WHO] == []


def test_only_signing_in_is_for_everybody(staffed: Any) -> None:
    _, app = staffed
    assert {endpoint for endpoint, _, _, declared in routes(app) if declared == NOBODY} == {"admin.sign_in"}


@pytest.mark.parametrize("role", WHO)
def test_e16_every_route_is_for_its_roles_only(staffed: Any, role: str) -> None:
    """A GET shows, or sends to sign in, or refuses. A POST of somebody who may comes as far as its form token."""
    _, app = staffed
    browser, wrong = browser_of(app, role), []
    for endpoint, method, path, declared in routes(app):
        allowed = declared == NOBODY or accounts.may(role, declared)
        answer = browser.get(path) if method == "GET" else browser.post(path, token="not-the-token")
        page, sent = answer.get_data(as_text=True), answer.headers.get("Location", "")
        to_sign_in = answer.status_code == 303 and sent.startswith("/admin/sign-in")
        refused = answer.status_code == 403 and "role_missing" in page
        if not allowed:
            fine = to_sign_in if role == NOBODY else refused
        elif method == "GET":
            fine = answer.status_code in (200, 303, 404) and not (to_sign_in or refused)
        else:
            fine = answer.status_code == 403 and "form_expired" in page
        if not fine:
            wrong.append((endpoint, method, path, answer.status_code, sent))
    assert wrong == []


@pytest.mark.parametrize("token", ["", "not-the-token", "é", "of somebody else"])
def test_every_form_without_the_token_of_its_session_is_refused(staffed: Any, token: str) -> None:
    _, app = staffed
    browser = browser_of(app, "administrator")
    if token == "of somebody else":
        token = browser_of(app, "administrator").token()
        assert token != browser.token()
    for _, method, path, _ in routes(app):
        if method != "GET":
            answer = browser.post(path, token=token)
            assert (path, answer.status_code) == (path, 403)
            assert "form_expired" in answer.get_data(as_text=True), path


def test_every_form_from_another_site_is_refused(staffed: Any) -> None:
    _, app = staffed
    browser = browser_of(app, "administrator")
    token = browser.token()
    for _, method, path, _ in routes(app):
        if method != "GET":
            answer = browser.post(path, token=token, headers={"Origin": "https://evil.example"})
            assert (path, answer.status_code) == (path, 403)
            assert "foreign_form" in answer.get_data(as_text=True), path


def test_nothing_is_changed_by_asking_for_a_page(staffed: Any) -> None:
    """A link in an e-mail does nothing: every GET leaves accounts and audit log as they were."""
    node, app = staffed
    browser = browser_of(app, "administrator")

    def state() -> Any:
        with node.database.reading() as connection:
            return [
                connection.exec_driver_sql(f"SELECT * FROM {table}").fetchall()
                for table in ("users", "audit", "meta", "peers", "invitations", "log", "quarantine")
            ]

    before = state()
    for _, method, path, _ in routes(app):
        if method == "GET":
            browser.get(path)
    assert state() == before


def test_view_that_declares_nothing_is_answered_to_nobody(staffed: Any) -> None:
    node, _ = staffed
    app = create_app(node)
    app._got_first_request = False
    app.add_url_rule("/admin/forgotten", "admin.forgotten", lambda: "secret")
    answer = browser_of(app, "administrator").get("/admin/forgotten")
    assert answer.status_code == 403
    assert "secret" not in answer.get_data(as_text=True)


def test_role_is_read_at_every_request(staffed: Any) -> None:
    """Nothing of a role is in the cookie."""
    node, app = staffed
    add_person(node, "changing", "administrator")
    browser = Person(app)
    browser.sign_in("changing")
    with node.database.writing() as connection:
        connection.exec_driver_sql("UPDATE users SET role = 'reader' WHERE name = 'changing'")
    assert browser.get("/admin/people").status_code == 403
    with node.database.writing() as connection:
        connection.exec_driver_sql("UPDATE users SET role = 'owner' WHERE name = 'changing'")
    assert browser.get("/admin/own").status_code == 303
    with node.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM sessions")
        connection.exec_driver_sql("UPDATE users SET role = 'reader' WHERE name = 'changing'")


def test_menu_shows_only_what_the_role_may_see(staffed: Any) -> None:
    _, app = staffed
    assert 'href="/admin/people"' not in browser_of(app, "publisher").page("/admin/own")
    assert 'href="/admin/people"' in browser_of(app, "administrator").page("/admin/own")


def test_password_of_another_must_be_changed_before_anything_else(staffed: Any) -> None:
    node, app = staffed
    accounts.create_user(node, "newcomer", "administrator", PASSWORD, actor="test", once=True)
    browser = Person(app)
    browser.sign_in("newcomer")
    for _, method, path, declared in routes(app):
        if method == "GET" and declared != NOBODY and not path.startswith("/admin/own"):
            answer = browser.get(path)
            assert (path, answer.status_code, answer.headers.get("Location")) == (path, 303, "/admin/own")
    assert browser.post("/admin/people/add", name="friend", role="administrator").status_code == 303
    assert "friend" not in [user.name for user in accounts.everyone(node)]
    form = {"present": PASSWORD, "password": "my own long password", "repeated": "my own long password"}
    assert browser.post("/admin/own/password", **form).status_code == 303
    assert browser.get("/admin/people").status_code == 200
    accounts.set_role(node, "newcomer", "reader", actor="test")
