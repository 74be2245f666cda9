"""The pages for administrators, with real peers behind them: each renders, each act works by a press and is in the
audit log, a preview says what then happens, and nothing that a stranger says is more than text."""

from __future__ import annotations

import re
from html import unescape

from desk import Desk, counted, texts
from simulator import Town

from node import admission, previews
from node.policy import Rules
from node.store import notes, quarantine
from node.store.peers import ACTIVE, BLOCKED, ENDED, PAUSED
from protocol import fingerprint

PAGES = (
    "/overview", "/peers", "/peers/{fes}", "/peers/{sale}", "/peers/{oujda}", "/peers/{tanger}", "/peers/{nador}",
    "/peers/{tiznit}", "/peers/{figuig}", "/peers/{fes}/sure/block", "/peers/{fes}/sure/end",
    "/peers/{fes}/sure/unvouch",
    "/peers/{nador}/sure/undo_block", "/peers/{tiznit}/sure/decline", "/peers/{berlin}/sure/block", "/picture", "/join",
    "/policy", "/aside", "/aside?state=refused&code=altered&peer={sale}", "/acts", "/acts?actor=test", "/keys",
    "/keys/sheet", "/keys/words", "/keys/act/rotate", "/keys/act/rotate-root", "/keys/act/move", "/keys/revoke",
    "/state", "/fediverse",
)  # fmt: skip


def test_every_page_shows_real_peers_in_both_directions(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    dids = {name: town.did for name, town in towns.items()}
    for path in PAGES:
        for language in ("fr", "ar"):
            page = desk.page(path.format(**dids), language)
            start = re.search(r"<html[^>]*>", page)
            assert start, path
            assert f'lang="{language}"' in start[0], path
            assert ('dir="rtl"' in start[0]) == (language == "ar"), path
            assert page.count("<h1") == 1, path
            assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", page), path
            assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page)), path
            assert "<script>alert" not in page, path
            assert "<b>gras" not in page, path
            assert "\u202e" not in re.sub(r"<bdi>.*?</bdi>|<q.*?</q>", "", page, flags=re.S), path
            forms = re.findall(r'<form method="post".*?</form>', page, re.S)
            assert all(form.count('name="form_token"') == 1 for form in forms), path
            assert labelled(page), (path, page)


def labelled(page: str) -> bool:
    """Whether every field that a person fills in has a label, and every picture a name."""
    fields = re.findall(r'<(?:input(?![^>]*type="hidden")|select|textarea)[^>]*>', page)
    ids = [found[1] for tag in fields if (found := re.search(r'\bid="([^"]+)"', tag))]
    return len(ids) == len(fields) and all(f'<label for="{id_}"' in page for id_ in ids)


def test_each_state_stands_on_the_peers_page_in_words(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, _ = busy
    text = texts(desk.page("/peers"))
    for words in (
        "well",
        "brings altered records",
        "a little late",
        "paused",
        "blocked",
        "waits for you",
        "waits for them",
    ):
        assert words in text, words
    assert "2 peers need you" in text
    overview = texts(desk.page("/overview"))
    assert "Telephone its administrator; both read these words aloud." in overview
    assert "Sale" in overview, "a peer that alters records is there with the next thing to do"


def test_peer_page_shows_the_offending_record_as_text(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    page = desk.page(f"/peers/{towns['sale'].did}")
    assert "\\u202e" in page, "a direction character is spelled out"
    assert "&lt;/pre&gt;&lt;script&gt;alert(2)" in page
    number = re.search(r"/admin/aside/(\d+)", page)
    assert number
    one = desk.page(f"/aside/{number[1]}")
    assert "&lt;script&gt;alert(2)" in one
    given = desk.person.get(f"/admin/aside/{number[1]}/bytes")
    assert given.headers["Content-Type"] == "application/octet-stream"
    assert given.headers["Content-Disposition"].startswith("attachment")


def test_peer_page_shows_both_sets_of_words_in_the_administrators_language(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    page = texts(desk.page(f"/peers/{towns['fes'].did}", "ar"))
    for did in (towns["rabat"].did, towns["fes"].did):
        assert " ".join(fingerprint.words(did, "ar")) in page


def test_meetings_are_drawn_and_told(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    page = desk.page(f"/peers/{towns['fes'].did}")
    assert '<svg class="strip"' in page
    assert "<title id=" in page
    assert texts(page).count("well; everything compared") >= 1, "the table beside it says the same"
    failed = desk.page(f"/peers/{towns['oujda'].did}")
    assert 'class="failed"' in failed
    assert "unreachable" in failed


def test_simple_acts_work_by_a_press_and_are_in_the_audit_log(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    fes = towns["fes"]
    for word, state, act in (("pause", PAUSED, "paused"), ("resume", ACTIVE, "active"), ("sync", ACTIVE, "sync_now")):
        answer = desk.post(f"/peers/{fes.did}/act/{word}")
        assert answer.status_code == 303
        assert desk.state_of(fes) == state
        assert desk.acts()[0] == ("web:amina", act, fes.did)
    assert 'role="status"' in desk.page(f"/peers/{fes.did}"), "it says that it is done"
    assert 'role="status"' not in desk.page(f"/peers/{fes.did}"), "once"
    assert desk.post(f"/peers/{fes.did}/act/format-the-disk").status_code == 404
    assert desk.post("/peers/did:key:z6Mknobody/act/pause").status_code == 404


def test_act_that_makes_no_sense_is_told_with_what_to_do(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    assert desk.post(f"/peers/{towns['nador'].did}/act/sync").status_code == 303
    text = texts(desk.page(f"/peers/{towns['nador'].did}"))
    assert "▲" in text
    assert re.search(r"\([a-z_]+\)", text), "with its code"


def test_preview_of_a_block_is_what_happens_and_undo_brings_it_back(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    fes, berlin, rabat = towns["fes"], towns["berlin"], towns["rabat"]
    shown, told = previews.block(rabat.node, fes.did), texts(desk.page(f"/peers/{fes.did}/sure/block"))
    assert previews.sentence(shown, "en") in told
    seen, before = counted(rabat)
    assert {fes.did, berlin.did} <= seen
    assert desk.post(f"/peers/{fes.did}/sure/block", reason="spam").status_code == 303
    left, after = counted(rabat)
    assert seen - left == set(shown.gone) & seen
    assert before - after == shown.records_gone
    assert desk.state_of(fes) == BLOCKED
    blocks = [act for act in desk.acts() if act[1] == "blocked"]
    assert blocks[0] == ("web:amina", "blocked", fes.did)
    assert desk.post(f"/peers/{fes.did}/sure/undo_block").status_code == 303
    assert desk.state_of(fes) == ACTIVE
    assert counted(rabat)[0] == seen


def test_node_known_through_others_can_be_blocked_from_the_picture(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    berlin = towns["berlin"]
    assert f"/admin/peers/{berlin.did}/sure/block" in desk.page("/picture")
    desk.post(f"/peers/{berlin.did}/sure/block")
    assert berlin.did not in counted(towns["rabat"])[0]
    assert desk.state_of(berlin) == BLOCKED


def test_end_decline_vouch_and_its_withdrawal(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    fes, tiznit, rabat = towns["fes"], towns["tiznit"], towns["rabat"]

    def vouched() -> bool:
        with rabat.node.database.reading() as connection:
            return fes.did in admission.vouches(connection).get(rabat.did, set())

    assert vouched()
    desk.post(f"/peers/{fes.did}/sure/unvouch")
    assert not vouched()
    desk.post(f"/peers/{fes.did}/sure/vouch")
    assert vouched()
    desk.post(f"/peers/{tiznit.did}/sure/decline")
    assert desk.state_of(tiznit) == ENDED
    gone = previews.end(rabat.node, fes.did).gone
    desk.post(f"/peers/{fes.did}/sure/end")
    assert desk.state_of(fes) == ENDED
    assert not set(gone) & counted(rabat)[0]
    assert {"unvouch", "vouch", "ended"} <= {act for who, act, _ in desk.acts() if who == "web:amina"}


def test_request_is_accepted_with_the_words_checked_and_a_vouch(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    tiznit, rabat = towns["tiznit"], towns["rabat"]
    page = desk.page(f"/peers/{tiznit.did}")
    assert "&lt;/title&gt;&lt;script&gt;" in page, "the note of the one who asks is text"
    assert re.search(r'name="vouch"[^>]*checked', page)
    desk.post(f"/peers/{tiznit.did}/accept", checked="telephone with Ms Alaoui on 3 May", vouch="1")
    assert desk.state_of(tiznit) == ACTIVE
    assert "Ms Alaoui" in (rabat.peer(tiznit).checked or "")
    assert ("web:amina", "accept", tiznit.did) in desk.acts()
    with rabat.node.database.reading() as connection:
        assert tiznit.did in admission.vouches(connection)[rabat.did]


def test_words_may_be_checked_later(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    fes = towns["fes"]
    assert desk.post(f"/peers/{fes.did}/check", checked=" ").status_code == 400
    assert desk.post(f"/peers/{fes.did}/check", checked="telephone with Mr Idrissi").status_code == 303
    assert "Mr Idrissi" in desk.page(f"/peers/{fes.did}")
    assert ("web:amina", "check", fes.did) in desk.acts()


def test_diagnosis_tells_each_step_and_what_to_do(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    answer = desk.post(f"/peers/{towns['oujda'].did}/diagnose")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert page.count('<li class="step') == 7
    assert page.count('<li class="step failed') == 1
    assert "What to do:" in page
    assert "<pre" in page, "a report that can be sent on"


def test_policy_is_previewed_and_then_holds(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    rabat, berlin = towns["rabat"], towns["berlin"]
    shown = previews.policy(rabat.node, Rules("listed", 1, 4))
    told = desk.post("/policy/preview", admit="listed", vouches="1", distance="4").get_data(as_text=True)
    assert previews.sentence(shown, "en") in texts(told)
    assert berlin.did in counted(rabat)[0], "a preview changes nothing"
    seen = counted(rabat)[0]
    assert desk.post("/policy/save", admit="listed", vouches="1", distance="4").status_code == 303
    assert seen - counted(rabat)[0] == set(shown.gone) & seen
    assert berlin.did not in counted(rabat)[0]
    assert "Only peers of this node" in texts(desk.page("/policy"))
    desk.post("/policy/save", admit="vouched", vouches="1", distance="3")
    assert berlin.did in counted(rabat)[0]
    for wrong in (
        {"admit": "all"},
        {"admit": "vouched", "vouches": "0", "distance": "3"},
        {"admit": "vouched", "vouches": "1", "distance": "x"},
    ):
        answer = desk.post("/policy/preview", **wrong)
        assert answer.status_code == 400
        assert "wrong-why" in answer.get_data(as_text=True)


def test_what_lies_aside_is_tried_again_and_forgotten(busy: tuple[Desk, dict[str, Town]]) -> None:
    desk, towns = busy
    with towns["rabat"].node.database.reading() as connection:
        aside = quarantine.listing(connection, state="refused")
    number = aside[0].id
    assert desk.post("/aside/retry", id=str(number)).status_code == 303
    assert "Tried again: 0 accepted" in texts(desk.page("/aside"))
    assert "Nothing was chosen" in texts(desk.person.page(desk.post("/aside/retry").headers["Location"]))
    asked = desk.post("/aside/drop", id=str(number)).get_data(as_text=True)
    assert "Forget 1 thing?" in texts(asked)
    desk.post("/aside/drop", id=str(number), sure="1")
    with towns["rabat"].node.database.reading() as connection:
        assert number not in {one.id for one in quarantine.listing(connection)}
    assert {"retry", "drop"} <= {act for who, act, _ in desk.acts() if who == "web:amina"}
    assert desk.person.get(f"/admin/aside/{number}").status_code == 404


def test_audit_log_is_paged_and_filtered(rabat: Desk) -> None:
    with rabat.town.node.database.writing() as connection:
        for number in range(130):
            notes.act(connection, rabat.town.node.now(), "cli:karim", "policy", "x", f"number {number} <i>")
    first = rabat.page("/acts?actor=cli:karim")
    assert "number 129 &lt;i&gt;" in first
    older = re.search(r'href="/admin(/acts\?[^"]*before=\d+[^"]*)"', first)
    assert older
    second = rabat.page(unescape(older[1]))
    assert "number 69 &lt;i&gt;" in second
    assert "number 129" not in second
    assert "web:amina" not in first.split("acts-list", 1)[1]
