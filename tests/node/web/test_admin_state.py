"""Keys, states and backups by the pages: nothing secret stays, each explanation has its act, each act is in the log."""

from __future__ import annotations

import re
import threading
from html import unescape
from pathlib import Path

import pytest
from desk import Desk, desk_of, doubled, sheet_words, texts
from flask import before_render_template
from person import PASSWORD
from simulator import Network, Town

from node import intake, keyring, restoring
from node.store import notes
from node.web.admin import revoking
from protocol import equivocation
from protocol.record import seal


def test_sheet_is_shown_typed_and_leaves_the_machine(rabat: Desk) -> None:
    words = sheet_words(rabat.town)
    page = texts(rabat.page("/keys/sheet", "fr"))
    assert all(word in page for word in words.split())
    rabat.network.clock.seconds += 1200
    asked = rabat.page("/keys/sheet")
    assert words.split()[0] not in asked, "later the password is asked for first"
    assert rabat.post("/keys/sheet", password="not this one").status_code == 400
    assert rabat.post("/keys/sheet", password=PASSWORD).status_code == 200
    wrong = rabat.post("/keys/words", words=words.replace(words.split()[2], "xyzzy", 1), detach="1")
    assert wrong.status_code == 400
    assert "word 3" in texts(wrong.get_data(as_text=True))
    assert keyring.root_here(rabat.town.node)
    assert rabat.post("/keys/words", words=words).status_code == 303
    assert keyring.root_here(rabat.town.node), "only checked"
    assert rabat.post("/keys/words", words=words, detach="1").status_code == 303
    assert not keyring.root_here(rabat.town.node)
    assert "It is off this machine" in texts(rabat.page("/keys"))
    assert "not on this machine any more" in texts(rabat.page("/keys/sheet"))
    assert ("web:amina", "detach_root", rabat.town.did) in rabat.acts()
    assert words.split()[0] not in str(rabat.acts())


def test_keys_are_replaced_with_the_words_once_the_root_is_away(rabat: Desk) -> None:
    words = sheet_words(rabat.town)
    before = rabat.town.node.signing.multikey
    assert rabat.post("/keys/act/rotate").status_code == 303
    assert rabat.town.node.signing.multikey != before
    rabat.network.clock.seconds += 1200
    assert rabat.post("/keys/act/rotate").status_code == 400, "not just signed in: the password is asked for"
    rabat.post("/keys/words", words=words, detach="1")
    assert rabat.post("/keys/act/move", url="https://elsewhere.example", words="").status_code == 400
    assert rabat.post("/keys/act/move", url="not an address", words=words).status_code == 400
    assert rabat.post("/keys/act/move", url="https://elsewhere.example", words=words).status_code == 303
    assert keyring.state_of(rabat.town.node).url == "https://elsewhere.example"
    given = rabat.post("/keys/act/rotate-root", words=words)
    fresh = sheet_words(rabat.town)
    assert given.status_code == 200
    assert fresh != words
    assert "no-store" in given.headers["Cache-Control"]
    assert {"rotate_signing", "move", "rotate_root"} <= {act for who, act, _ in rabat.acts() if who == "web:amina"}
    assert rabat.post("/keys/act/explode").status_code == 404


def test_stolen_key_is_revoked_and_every_record_stays(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    rabat = towns["rabat"]
    said = [rabat.publish(text=f"number {number}") for number in range(5)]
    old = rabat.node.signing.multikey
    expected = keyring.preview_revoke(rabat.node).records
    assert f"{expected} records of yours are signed again" in texts(desk.page("/keys/revoke"))
    assert desk.post("/keys/revoke").status_code == 303
    until_ended(desk)
    assert rabat.node.signing.multikey != old
    for one in said:
        held = rabat.get(one.uri)
        assert held is not None
        assert held.key != old
    assert "revoked" in texts(desk.page("/keys"))
    assert "revoke_signing" in {act for who, act, _ in desk.acts() if who == "web:amina"}


def until_ended(desk: Desk) -> None:
    """Follow the page of progress, which asks again by itself, to its end."""
    pause = threading.Event()
    for _ in range(1000):
        answer = desk.person.get("/admin/keys/revoke/progress")
        if answer.status_code == 303:
            return
        assert answer.headers.get("Refresh"), answer.get_data(as_text=True)
        pause.wait(0.02)  # the work goes on beside us
    raise AssertionError("the revocation does not end")


def test_page_of_a_revocation_that_ends_while_it_is_made_asks_again(rabat: Desk) -> None:
    """Else it would stand there for ever: it says that it looks again by itself."""
    app = rabat.person.client.application
    run = app.extensions["wasl-revoking"] = revoking.Run(done=2, total=2)

    def end(*_sender: object, **_more: object) -> None:
        run.ended = True

    with before_render_template.connected_to(end, app):
        page = rabat.person.get("/admin/keys/revoke/progress")
    assert (page.status_code, page.headers.get("Refresh"), run.ended) == (200, "2", True)
    assert rabat.person.get("/admin/keys/revoke/progress").status_code == 303


def test_contradiction_is_shown_and_its_proof_holds_without_us(network: Network, cheap: None) -> None:
    fes, rabat = network.found("fes"), desk_of(network.found("rabat"))
    network.befriend(rabat.town, fes)
    said = fes.publish(text="one")
    network.settle()
    body = {name: value for name, value in said.body.items() if name != "proof"}
    body |= {"content": {"text": "two"}, "nonce": "00" * 16}
    intake.admit(rabat.town.node, seal(body, fes.node.signing.private, said.body["modifiedAt"]), fes.did)
    assert "1 contradiction" in texts(rabat.page("/overview"))
    path = re.search(r'href="/admin(/state/proof\?[^"]+)"', rabat.page("/state"))
    assert path
    given = rabat.person.get(f"/admin{unescape(path[1])}").get_data()
    assert equivocation.verify(equivocation.Proof.from_bytes(given)).uri == said.uri


def state_of(town: Town) -> str | None:
    with town.node.database.reading() as connection:
        return notes.value(connection, "state") or None


@pytest.mark.parametrize("word", ["rolled_back", "other_machine"])
def test_doubled_node_explains_three_ways_and_takes_back_what_is_ours(network: Network, cheap: None, word: str) -> None:
    desk, rabat = doubled(network)
    assert state_of(desk.town) == "doubled"
    assert "Somebody else signs as this node" in texts(desk.page("/overview"))
    for language in ("en", "fr", "ar"):
        page = desk.page("/state", language)
        assert all(f"/state/decide/{one}" in page for one in ("rolled_back", "other_machine", "forged"))
    assert desk.person.get("/admin/state/decide/nonsense").status_code == 404
    assert "What happens then" in texts(desk.page(f"/state/decide/{word}"))
    assert desk.post(f"/state/decide/{word}").status_code == 303
    assert state_of(desk.town) == "recovering"
    for language in ("en", "fr", "ar"):
        assert "/state/go-on" in desk.page("/state", language)
    assert "This node is recovering" in texts(desk.page("/overview"))
    assert desk.post("/state/sync").status_code == 303
    assert desk.acts()[0] == ("web:amina", "sync_now", rabat.did)
    network.meet(desk.town, rabat)
    assert state_of(desk.town) is None
    assert "This node works as it should" in texts(desk.page("/state"))
    assert any(who == "web:amina" and act.startswith("decide") for who, act, _ in desk.acts())


def test_stolen_key_leads_from_the_decision_to_the_revocation(network: Network, cheap: None) -> None:
    desk, _ = doubled(network)
    answer = desk.post("/state/decide/forged")
    assert answer.headers["Location"].endswith("/admin/keys/revoke")
    assert "A stolen key must be revoked" in texts(desk.page("/overview"))
    assert "/admin/keys/revoke" in desk.page("/state")
    desk.post("/keys/revoke")
    until_ended(desk)
    assert state_of(desk.town) is None


def test_administrator_goes_on_after_reading_the_risk(network: Network, cheap: None) -> None:
    desk, _ = doubled(network)
    desk.post("/state/decide/other_machine")
    assert "▲" in texts(desk.page("/state/go-on"))
    desk.post("/state/go-on")
    assert state_of(desk.town) is None
    assert desk.person.get("/admin/state/go-on").status_code == 303


def test_backup_is_given_to_whoever_shows_their_password_again(rabat: Desk, tmp_path: Path) -> None:
    said = rabat.town.publish(text="x")
    home = rabat.town.node.config.home
    before = {path.name for path in home.iterdir()}
    assert "There is no backup yet" in texts(rabat.page("/overview"))
    for form, code in (
        ({"passphrase": "short", "again": "short", "password": PASSWORD}, "passphrase-wrong"),
        ({"passphrase": "long enough, I think", "again": "other", "password": PASSWORD}, "again-wrong"),
        ({"passphrase": "long enough, I think", "again": "long enough, I think", "password": "no"}, "password-wrong"),
        ({"password": PASSWORD}, "passphrase-wrong"),
    ):
        refused = rabat.post("/state/backup", **form)
        assert refused.status_code == 400
        assert f'id="{code}"' in refused.get_data(as_text=True)
    form = {"passphrase": "long enough, I think", "again": "long enough, I think", "password": PASSWORD}
    given = rabat.post("/state/backup", **form)
    assert given.status_code == 200
    assert given.headers["Content-Disposition"].startswith("attachment")
    data = given.get_data()
    assert len(data) == int(given.headers["Content-Length"])
    assert said.data not in data, "it is encrypted"
    file = tmp_path / "rabat.backup"
    file.write_bytes(data)
    checked = restoring.check(file, "long enough, I think")
    assert (checked.sound, checked.did) == (True, rabat.town.did)
    assert {path.name for path in home.iterdir()} <= before | {"wasl.db-wal", "wasl.db-shm"}, "nothing stays behind"
    assert "There is no backup yet" not in texts(rabat.page("/overview"))
    assert "backup" in {act for who, act, _ in rabat.acts() if who == "web:amina"}
    rabat.network.clock.seconds += 30 * 86_400
    rabat.person.sign_in("amina")
    assert "The last backup is old" in texts(rabat.page("/overview"))
