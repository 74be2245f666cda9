"""What strangers may try with the inbox of the account, and what comes of it: nothing, in bounded room and time."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from fediverse import Account, get, key_of, post, signed
from followed import Rabat, serving
from tour import practice

from node import intake, keyring, publish
from node.app import create_app
from node.errors import NotAllowed
from node.fediverse import examining
from node.fediverse.courier import Courier
from node.publish import Statement
from node.store import heard
from protocol import moment
from protocol.record import seal

WRONG: dict[str, tuple[dict[str, Any], int]] = {
    "a stale date": ({"now": time.time() - 2 * 3600}, 401),
    "a date to come": ({"now": time.time() + 2 * 3600}, 401),
    "another digest": ({"digest": "SHA-256=AAAA"}, 401),
    "no digest signed": ({"covered": "(request-target) host date"}, 401),
    "no host signed": ({"covered": "(request-target) date digest"}, 401),
    "no date signed": ({"covered": "(request-target) host digest"}, 401),
    "another algorithm": ({"algorithm": "hmac-sha256"}, 401),
}


@pytest.mark.parametrize("what", WRONG)
def test_request_with_a_wrong_signature_is_refused_at_the_door(rabat: Rabat, what: str) -> None:
    amal = rabat.someone()
    wrong, status = WRONG[what]
    assert rabat.hears(amal, amal.follow(rabat.actor), **wrong) == status
    assert rabat.waiting() == 0
    assert amal.server.asked == [], "nobody was asked"


def test_request_that_is_unsigned_altered_or_nonsense_is_refused_at_the_door(rabat: Rabat) -> None:
    amal = rabat.someone()
    body = json.dumps(amal.follow(rabat.actor)).encode()
    fine = signed(key_of("amal"), amal.key_id, rabat.inbox, body)
    unsigned = {name: text for name, text in fine.items() if name != "Signature"}
    assert post(rabat.inbox, body, unsigned) == 401
    assert post(rabat.inbox, body + b" ", fine) == 401
    assert post(rabat.inbox, body, fine | {"Content-Type": "text/html"}) == 415
    assert post(rabat.inbox, b"x" * 70_000, fine) == 413
    for field_ in ("", "keyId", 'keyId="' + "x" * 5000 + '"', 'a="b",' * 400, 'headers="(request-target) host digest"'):
        assert post(rabat.inbox, body, fine | {"Signature": field_}) == 401, field_
    for nonsense in (b"[" * 30_000, b'{"actor":' + b"[" * 20_000, b"[]", b"3", b"{}", b"\xff", b'{"actor":7}'):
        headers = signed(key_of("amal"), amal.key_id, rabat.inbox, nonsense)
        assert post(rabat.inbox, nonsense, headers) == 400, nonsense[:9]
    assert rabat.waiting() == 0
    assert amal.server.asked == []


def test_key_of_somebody_else_makes_no_follower(rabat: Rabat) -> None:
    amal, mallory = rabat.someone(), rabat.someone("mallory")
    follow = amal.follow(rabat.actor)
    body = json.dumps(follow).encode()
    forged = signed(key_of("mallory"), amal.key_id, rabat.inbox, body, now=rabat.clock())
    assert post(rabat.inbox, body, forged) == 202, "who signed is found out later"
    foreign = signed(key_of("mallory"), mallory.key_id, rabat.inbox, body, now=rabat.clock())
    assert post(rabat.inbox, body, foreign) == 401, "a key at another host"
    other = amal.server.accounts.setdefault("eve", Account(amal.server, "eve"))
    same_host = signed(key_of("eve"), other.key_id, rabat.inbox, body, now=rabat.clock())
    assert post(rabat.inbox, body, same_host) == 202
    rabat.work()
    assert (rabat.followers(), rabat.waiting(), amal.got) == (0, 0, [])


def test_nobody_ends_the_following_of_another(rabat: Rabat) -> None:
    amal = rabat.follower()
    eve = amal.server.accounts.setdefault("eve", Account(amal.server, "eve"))
    for said in (amal.undo(rabat.actor), {"type": "Delete", "id": "x:1", "actor": amal.id, "object": amal.id}):
        body = json.dumps(said).encode()
        post(rabat.inbox, body, signed(key_of("eve"), eve.key_id, rabat.inbox, body, now=rabat.clock()))
    rabat.work()
    assert rabat.followers() == 1


def test_account_that_was_deleted_is_forgotten_although_its_key_is_gone(rabat: Rabat) -> None:
    amal = rabat.follower()
    amal.server.fault = "gone"
    rabat.clock.ahead += examining.FRESH_S + 1
    said = {"type": "Delete", "id": f"{amal.id}#delete", "actor": amal.id, "object": amal.id, "to": ["as:Public"]}
    assert rabat.hears(amal, said) == 202
    rabat.work()
    assert rabat.followers() == 0


def test_what_is_no_following_is_answered_alike_and_forgotten(rabat: Rabat) -> None:
    amal = rabat.someone()
    for said in (
        {"type": "Create", "actor": amal.id, "object": {"type": "Note", "content": "bonjour"}},
        {"type": "Like", "actor": amal.id, "object": rabat.actor},
        {"type": "Delete", "actor": amal.id, "object": amal.id},
        amal.undo(rabat.actor),
        amal.follow("https://elsewhere.example/actor"),
    ):
        assert rabat.hears(amal, said) == 202
    assert rabat.waiting() == 0


def test_slow_server_holds_up_neither_the_inbox_nor_another_server(rabat: Rabat) -> None:
    slow, quick = rabat.someone("slow"), rabat.someone("quick")
    slow.server.fault = "slow"
    began = time.monotonic()
    assert rabat.hears(slow, slow.follow(rabat.actor)) == 202
    assert time.monotonic() - began < 1.5, "the inbox asked nobody"
    assert rabat.hears(quick, quick.follow(rabat.actor)) == 202
    with Courier(rabat.node) as working:
        until(lambda: working.turn() or quick.types() == ["Accept"])
        assert rabat.followers() == 1
        until(lambda: working.turn() or not any(kind == "examine" for kind, _ in working._busy))
    assert rabat.waiting() == 1, "tried again later"
    slow.server.fault = ""
    rabat.clock.ahead += 120
    rabat.work()
    assert slow.types() == ["Accept"]


def until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


@pytest.mark.parametrize("fault", ["redirect:{inside}/users/amal", "endless", "deep"])
def test_answer_that_leads_away_or_never_ends_is_not_believed(rabat: Rabat, fault: str) -> None:
    inside, amal = rabat.server("amal"), rabat.someone()
    amal.server.fault = fault.format(inside=inside.url)
    assert rabat.hears(amal, amal.follow(rabat.actor)) == 202
    rabat.work()
    assert rabat.followers() == 0
    assert inside.asked == [], "no redirect is followed"


def test_actor_at_a_private_address_is_never_asked(tmp_path: Path) -> None:
    for rabat in serving(tmp_path, sync_private_addresses=False):
        amal = rabat.someone()
        assert rabat.hears(amal, amal.follow(rabat.actor)) == 400, "http is for trials only"
        amal.server.url = f"https://127.0.0.1:{amal.server.port}"
        assert rabat.hears(amal, amal.follow(rabat.actor)) == 202
        rabat.work()
        assert amal.server.asked == []
        assert rabat.followers() == 0
        with rabat.node.database.reading() as connection:
            assert heard.known(connection, amal.id) is None


def test_inbox_at_another_host_than_its_actor_is_not_told(rabat: Rabat) -> None:
    victim, amal = rabat.server(), rabat.someone()
    fine = amal.document()
    for wrong in ({"inbox": f"{victim.url}/inbox"}, {"endpoints": {"sharedInbox": f"{victim.url}/inbox"}}):
        with mock.patch.object(Account, "document", lambda self, wrong=wrong: fine | wrong):
            assert rabat.hears(amal, amal.follow(rabat.actor)) == 202
            rabat.work()
        assert rabat.followers() == 0
        rabat.clock.ahead += examining.AGAIN_S


def test_flood_of_follows_from_a_host_fills_a_bounded_room(rabat: Rabat) -> None:
    amal = rabat.someone()
    answers = []
    for number in range(heard.MOST_OF_HOST + 20):
        claimed = Account(amal.server, f"nobody{number}")
        body = json.dumps(claimed.follow(rabat.actor)).encode()
        answers.append(post(rabat.inbox, body, signed(key_of("amal"), claimed.key_id, rabat.inbox, body)))
    assert answers.count(429) == 20
    assert rabat.waiting() == heard.MOST_OF_HOST
    other = rabat.someone("bilal")
    assert rabat.hears(other, other.follow(rabat.actor)) == 202, "another host has room"
    rabat.work()
    assert (rabat.waiting(), rabat.followers()) == (0, 1)


def test_ten_thousand_claims_leave_no_more_than_the_room_there_is(rabat: Rabat) -> None:
    """Straight into the store: the whole way is walked above."""
    refused = 0
    with rabat.node.database.writing() as connection:
        for number in range(10_000):
            host = f"host{number % 400}.example"
            said = heard.Heard("follow", f"https://{host}/{number}", host, "", "", "", b"", rabat.clock())
            try:
                heard.hear(connection, said)
            except NotAllowed as error:
                refused += error.code == "too_many_requests"
    assert rabat.waiting() == heard.MOST_WAITING
    assert refused == 10_000 - heard.MOST_WAITING


def test_servers_that_do_not_exist_keep_nobody_out_that_does(rabat: Rabat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heard, "MOST_WAITING", 3)
    with rabat.node.database.writing() as connection:
        for number in range(3):
            host = f"nowhere{number}.invalid"
            heard.hear(connection, heard.Heard("follow", f"https://{host}/a", host, "x", "", "", b"", rabat.clock()))
    amal = rabat.someone()
    assert rabat.hears(amal, amal.follow(rabat.actor)) == 429
    rabat.work()
    assert rabat.waiting() == 3, "they are tried again"
    rabat.take_in(amal)


def test_followers_of_one_host_are_bounded(rabat: Rabat) -> None:
    server = rabat.server(*"abcde")
    for account in server.accounts.values():
        rabat.hears(account, account.follow(rabat.actor))
        rabat.work()
    assert rabat.followers() == 3
    rabat.take_in(server.accounts["a"])
    assert rabat.followers() == 3, "who follows already is answered again"


def test_strangers_of_whom_something_is_remembered_are_bounded(rabat: Rabat, monkeypatch: pytest.MonkeyPatch) -> None:
    amal = rabat.follower()
    monkeypatch.setattr(heard, "MOST_ACTORS", 5)
    with rabat.node.database.writing() as connection:
        for number in range(20):
            heard.remember(connection, heard.Actor(f"https://x.example/{number}", number, "not_found"))
        assert sum(heard.known(connection, f"https://x.example/{one}") is not None for one in range(20)) == 5
        assert heard.known(connection, amal.id) is not None


def test_inbox_knows_no_session_and_gives_no_cookie(rabat: Rabat) -> None:
    amal = rabat.someone()
    body = json.dumps(amal.follow(rabat.actor)).encode()
    client = create_app(rabat.node).test_client()
    headers = signed(key_of("amal"), amal.key_id, rabat.inbox, body, now=rabat.clock())
    headers |= {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Cookie": "wasl-session=x"}
    answer = client.post("/activitypub/inbox", data=body, headers=headers)
    assert (answer.status_code, answer.headers.get("Set-Cookie")) == (202, None)
    assert client.get("/activitypub/inbox").status_code == 405


def test_who_has_left_is_not_brought_back_by_a_follow_that_waited(rabat: Rabat) -> None:
    amal = rabat.someone()
    amal.server.fault = "down-for-questions"
    assert rabat.hears(amal, amal.follow(rabat.actor)) == 202
    rabat.work()
    assert rabat.waiting() == 1, "its server did not answer"
    amal.server.fault = ""
    assert rabat.hears(amal, amal.undo(rabat.actor)) == 202
    rabat.work()
    rabat.clock.ahead += 120
    rabat.work()
    assert (rabat.followers(), rabat.waiting()) == (0, 0)


def test_nothing_is_left_of_who_left(rabat: Rabat) -> None:
    amal = rabat.follower("amal-b3f1")
    rabat.hears(amal, amal.undo(rabat.actor))
    rabat.work()
    rabat.node.database.forget()
    with closing(sqlite3.connect(rabat.node.config.database)) as plain:
        assert "amal-b3f1" not in "\n".join(plain.iterdump())
    assert b"amal-b3f1" not in rabat.node.config.database.read_bytes()


def test_what_a_thief_signs_with_our_key_is_told_to_nobody(rabat: Rabat) -> None:
    amal = rabat.follower()
    said = rabat.publish("Bilan")
    rabat.work()
    now = rabat.clock()
    statement = Statement("Practice", practice("Ce que Rabat n'a jamais dit"), "fr")
    body = publish._body(rabat.node, statement, "0190d1b4-0000-4000-8000-000000000000", None, now)
    forged = seal(body, rabat.node.signing.private, moment.to_text(now))
    (verdict,) = intake.admit_many(rabat.node, [forged], "did:key:z6MkPeer")
    assert verdict.stored
    rabat.work()
    assert amal.types() == ["Accept", "Create"], "a node whose key is used elsewhere says nothing"
    rabat.clock.ahead += 2
    keyring.revoke_signing(rabat.node, None, "test")
    rabat.work()
    assert "jamais dit" not in str(amal.got)
    assert {one["id"] for one in amal.got if one["type"] == "Create"} == {f"{rabat.note(said)}#create"}
    assert {one["object"]["id"] for one in amal.got if one["type"] == "Update"} == {rabat.note(said)}
    assert get(rabat.note(said))[0] == 200
    assert get(f"{rabat.url}/activitypub/practices/{body['record']}")[0] in (404, 410)
