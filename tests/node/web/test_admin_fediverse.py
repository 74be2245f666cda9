"""The page *Fediverse*: an administrator lets people follow the node, sees how many, and blocks a server."""

from __future__ import annotations

from typing import Any

from desk import texts
from person import Person

from node import keyring
from node.fediverse import place
from node.store import notes, subscribers


def follows(node: Any, host: str) -> None:
    inbox = f"https://{host}/inbox"
    more = {"own_inbox": inbox, "inbox": inbox, "follow": f"https://{host}/1", "seq": 0}
    with node.database.writing() as connection:
        subscribers.add(connection, f"https://{host}/users/amal", host, node.now(), **more)


def page(browser: Person) -> str:
    return str(browser.get("/admin/fediverse?lang=en").get_data(as_text=True))


def test_account_is_switched_on_under_a_name_and_off_again(office: Any) -> None:
    browser = office.signed()
    shown = page(browser)
    assert "Switched off" in shown
    assert 'value="rabat"' in shown, "a name is proposed"
    refused = browser.post("/admin/fediverse/on", name="Ville de Rabat!")
    assert refused.status_code == 403
    assert "bad_actor_name" in refused.get_data(as_text=True)
    assert browser.post("/admin/fediverse/on", name="Rabat").status_code == 303
    assert "@rabat@rabat.example" in page(browser)
    public = office.app.test_client().get(f"/communes/{office.node.did}?lang=en").get_data(as_text=True)
    assert "Follow @rabat@rabat.example from Mastodon" in texts(public)
    assert 'type="application/activity+json" href="https://rabat.example/activitypub/actor"' in public
    browser.post("/admin/fediverse/off")
    assert "Switched off" in page(browser)
    with office.node.database.reading() as connection:
        assert [act.act for act in notes.acts(connection, 2)] == ["fediverse_off", "fediverse_on"]


def test_servers_are_shown_with_counts_and_accounts_are_not(office: Any) -> None:
    place.switch_on(office.node, "rabat", actor="test")
    follows(office.node, "mastodon.example")
    with office.node.database.writing() as connection:
        subscribers.note(connection, 1, failing_since=office.node.now() - 7200, error_code="unreachable")
    browser = office.signed()
    shown = page(browser)
    assert "mastodon.example" in shown
    assert "takes nothing" in shown
    assert "amal" not in shown
    assert browser.post("/admin/fediverse/block", host="Mastodon.example ").status_code == 303
    shown = page(browser)
    assert "1 follower was forgotten" in shown
    assert "Unblock" in shown
    wrong = browser.post("/admin/fediverse/block", host="https://x")
    assert (wrong.status_code, "bad_host" in wrong.get_data(as_text=True)) == (403, True)
    browser.post("/admin/fediverse/unblock", host="mastodon.example")
    assert "Unblock" not in page(browser)


def test_page_says_that_a_node_has_moved(office: Any) -> None:
    place.switch_on(office.node, "rabat", actor="test")
    follows(office.node, "mastodon.example")
    browser = office.signed()
    browser.post("/admin/fediverse/off")
    assert " readonly" in page(browser), "the name cannot change any more"
    keyring.move(office.node, "https://ville.example", None, "test")
    shown = page(browser)
    assert "This node has moved" in shown
    assert " readonly" not in shown


def test_only_an_administrator_may_and_a_form_needs_its_token(office: Any) -> None:
    editor = office.signed("samira", "editor")
    assert editor.get("/admin/fediverse").status_code == 403
    assert editor.post("/admin/fediverse/on", name="rabat").status_code == 403
    stranger = office.app.test_client()
    assert stranger.post("/admin/fediverse/on", data={"name": "rabat"}).status_code == 403
    with office.node.database.reading() as connection:
        assert place.place_of(connection, office.node) is None


def test_node_without_an_address_says_what_is_missing(network: Any, monkeypatch: Any) -> None:
    from person import add_person, make_cheap

    from node.app import create_app

    make_cheap(monkeypatch)
    node = network.found("sale", reachable=False).node
    add_person(node, "amina", "administrator")
    browser = Person(create_app(node))
    browser.sign_in("amina")
    assert "gives no public address" in page(browser)
    assert "no_public_address" in browser.post("/admin/fediverse/on", name="sale").get_data(as_text=True)
