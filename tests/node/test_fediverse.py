"""The account that people elsewhere follow: what it shows, what its followers hear, and what administrators decide."""

from __future__ import annotations

import json
import os
from contextlib import closing
from pathlib import Path

import fediverse
import pytest
from fediverse import finger, get
from followed import SECRET, Rabat
from simulator import prepared

from node import archive, backup, founding, keyring, keys
from node.errors import NodeError, NotAllowed
from node.fediverse import hearing, place
from node.founding import Organisation


def test_town_is_found_by_its_name_and_shows_who_it_is(rabat: Rabat) -> None:
    host = rabat.url.removeprefix("http://")
    assert finger(rabat.url, f"rabat@{host}") == rabat.actor
    status, kind, said = get(rabat.actor)
    assert (status, kind) == (200, "application/activity+json")
    assert (said["type"], said["preferredUsername"], said["name"]) == ("Organization", "rabat", "Commune de Rabat")
    assert said["publicKey"]["owner"] == said["id"] == rabat.actor
    assert said["url"] == f"{rabat.url}/communes/{rabat.node.did}"
    assert get(f"{rabat.url}/.well-known/webfinger?resource=acct:fes@{host}")[0] == 404
    assert get(f"{rabat.url}/.well-known/webfinger")[0] == 400
    assert get(f"{rabat.url}/nodeinfo/2.1")[2]["protocols"] == ["activitypub"]


def test_follower_hears_what_is_published_revised_and_ended_and_nothing_after_leaving(rabat: Rabat) -> None:
    before = rabat.publish("Avant")
    amal = rabat.follower()
    assert amal.got[0]["object"]["id"] == amal.follow(rabat.actor)["id"]
    said = rabat.publish("Bilan <b>de</b> compétences")
    rabat.work()
    told = amal.got[-1]
    assert (told["type"], told["actor"], told["to"]) == ("Create", rabat.actor, [f"{fediverse.AS}#Public"])
    note = told["object"]
    assert (note["type"], note["id"], note["attributedTo"]) == ("Note", rabat.note(said), rabat.actor)
    assert "<strong>Bilan &lt;b&gt;de&lt;/b&gt; compétences à Rabat</strong>" in note["content"]
    assert next(iter(note["contentMap"])) == "fr"
    assert "summary" not in note, "it would be shown as a warning"
    assert "updated" not in note
    assert get(note["id"])[2]["content"] == note["content"]
    rabat.publish("Bilan revu", said.record)
    rabat.work()
    assert (amal.got[-1]["type"], amal.got[-1]["object"]["id"]) == ("Update", rabat.note(said))
    assert "Bilan revu" in amal.got[-1]["object"]["content"]
    assert amal.got[-1]["object"]["updated"] > note["published"]
    rabat.end(said)
    rabat.work()
    assert (amal.got[-1]["type"], amal.got[-1]["object"]["type"]) == ("Delete", "Tombstone")
    assert amal.got[-1]["object"]["id"] == rabat.note(said)
    status, _, stone = get(rabat.note(said))
    assert (status, stone["type"]) == (410, "Tombstone")
    assert rabat.hears(amal, amal.undo(rabat.actor)) == 202
    rabat.work()
    assert rabat.followers() == 0
    rabat.publish("Après")
    rabat.work()
    assert amal.types() == ["Accept", "Create", "Update", "Delete"]
    assert not any(before.record in json.dumps(one) for one in amal.got), "the past is in the outbox only"
    ids = [one["id"] for one in amal.got]
    assert len(ids) == len(set(ids))


def test_practice_for_members_never_leaves_and_one_that_becomes_so_is_taken_back(rabat: Rabat) -> None:
    amal = rabat.follower()
    hidden = rabat.publish(SECRET, visibility="network")
    public = rabat.publish("Pour tous")
    rabat.work()
    rabat.publish(SECRET, public.record, "network")
    rabat.work()
    assert amal.types() == ["Accept", "Create", "Delete"]
    assert get(rabat.note(hidden))[0] == 404
    assert get(rabat.note(public))[0] == 410
    pages = [get(f"{rabat.url}/activitypub/outbox{more}")[2] for more in ("", "?page=true")]
    for text in (json.dumps(amal.got), json.dumps(pages)):
        assert json.dumps(SECRET)[1:-1] not in text
        assert hidden.record not in text
    assert pages[0]["totalItems"] == 0


def test_outbox_has_the_past_page_by_page_and_tells_nobody_who_follows(rabat: Rabat) -> None:
    said = [rabat.publish(f"Bilan {number}") for number in range(23)]
    amal = rabat.follower()
    outbox = get(f"{rabat.url}/activitypub/outbox")[2]
    assert (outbox["type"], outbox["totalItems"]) == ("OrderedCollection", 23)
    items, page = [], outbox["first"]
    while page:
        shown = get(page)[2]
        assert shown["id"] == page
        items += shown["orderedItems"]
        page = shown.get("next")
    assert [one["object"]["id"] for one in items] == [rabat.note(one) for one in reversed(said)]
    assert {one["type"] for one in items} == {"Create"}
    followers = get(f"{rabat.url}/activitypub/followers")[2]
    assert followers["totalItems"] == 1
    assert amal.name not in json.dumps(followers)
    assert get(f"{rabat.url}/activitypub/outbox?page=true&before=9999999999999999999999")[0] == 400


def test_blocked_server_is_neither_heard_nor_told(rabat: Rabat) -> None:
    amal = rabat.follower()
    assert place.block(rabat.node, amal.server.host.upper(), actor="test") == 1
    rabat.publish("Bilan")
    rabat.work()
    assert amal.types() == ["Accept"]
    assert rabat.hears(amal, amal.follow(rabat.actor)) == 403
    place.unblock(rabat.node, amal.server.host, actor="test")
    rabat.take_in(amal)
    for host in ("https://x.example", "a b", "", "x" * 300):
        with pytest.raises(NotAllowed, match="server"):
            place.block(rabat.node, host, actor="test")


def test_server_that_is_blocked_by_its_name_is_blocked_at_every_port(rabat: Rabat) -> None:
    amal, other = rabat.follower(), rabat.someone("other")
    assert rabat.hears(other, other.follow(rabat.actor)) == 202
    assert place.block(rabat.node, "127.0.0.1", actor="test") == 1
    assert (rabat.followers(), rabat.waiting()) == (0, 0)
    assert rabat.hears(amal, amal.follow(rabat.actor)) == 403
    place.unblock(rabat.node, "127.0.0.1", actor="test")
    rabat.take_in(amal)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://Spam.example/users/x", "spam.example"),
        ("https://spam.example:443/users/x", "spam.example"),
        ("https://spam.example./users/x", "spam.example"),
        ("https://spam.example.:443/users/x", "spam.example"),
        ("https://spam.example:/users/x", "spam.example"),
        ("https://spam.example:8443/users/x", "spam.example:8443"),
        ("http://spam.example:80/users/x", "spam.example"),
        ("https://[2001:db8::1]/users/x", "[2001:db8::1]"),
    ],
)
def test_server_has_one_name_however_it_is_written(address: str, host: str) -> None:
    assert hearing.host_of(address) == host
    assert place.is_blocked(host, {"spam.example", "[2001:db8::1]"})


def test_account_that_is_off_is_not_there_and_goes_on_where_it_was(rabat: Rabat) -> None:
    amal = rabat.follower()
    place.switch_off(rabat.node, actor="test")
    said = rabat.publish("Bilan")
    rabat.work()
    for path in ("actor", "outbox", "followers", f"practices/{said.record}"):
        assert get(f"{rabat.url}/activitypub/{path}")[0] == 404
    assert get(f"{rabat.url}/.well-known/webfinger?resource=acct:rabat@x")[0] == 404
    assert rabat.hears(amal, amal.undo(rabat.actor)) == 404
    assert get(f"{rabat.url}/nodeinfo/2.1")[2]["protocols"] == ["wasl"]
    with pytest.raises(NotAllowed) as refused:
        place.switch_on(rabat.node, "ville", actor="test")
    assert refused.value.code == "actor_name_fixed"
    place.switch_on(rabat.node, "rabat", actor="test")
    rabat.work()
    assert amal.types() == ["Accept", "Create"]


def test_key_is_its_owners_only_and_travels_in_a_backup_like_the_signing_key(rabat: Rabat, tmp_path: Path) -> None:
    rabat.follower()
    path = rabat.node.config.keys / keys.ACTIVITYPUB
    assert path.stat().st_mode & 0o777 == 0o600
    backup.write(rabat.node, tmp_path / "saved", actor="test")
    (tmp_path / "out").mkdir()
    archive.unpack(tmp_path / "saved", None, tmp_path / "out", 10**9, lambda _done, _all: None)
    assert (tmp_path / "out" / archive.ACTIVITYPUB).read_bytes() == path.read_bytes()
    assert os.stat(tmp_path / "out" / archive.ACTIVITYPUB).st_mode & 0o777 == 0o600
    path.chmod(0o644)
    os.utime(path)
    with pytest.raises(NodeError) as refused:
        keys.activitypub(rabat.node.config.keys)
    assert refused.value.code == "keys_unsafe"


def test_node_that_moves_is_off_until_switched_on_there_and_has_lost_its_followers(rabat: Rabat) -> None:
    amal = rabat.follower()
    keyring.move(rabat.node, "https://rabat.example", None, "test")
    rabat.publish("Après le déménagement")
    rabat.work()
    assert get(rabat.actor)[0] == 404
    assert place.switch_on(rabat.node, "ville_de_rabat", actor="test").account == "ville_de_rabat@rabat.example"
    rabat.work()
    assert (rabat.followers(), amal.types()) == (0, ["Accept"])


def test_name_is_made_of_the_towns_own() -> None:
    assert place.suggested({"fr": "Commune de Fès-Médina", "ar": "فاس"}) == "commune_de_fes_medina"
    assert place.suggested({"tr": "Diyarbakır Büyükşehir"}) == "diyarbakir_buyuksehir"
    assert place.suggested({"ar": "فاس"}) == "town"


def test_node_without_a_public_address_cannot_be_followed(tmp_path: Path) -> None:
    for number, url in enumerate((None, "https://x.example/wasl")):
        who = Organisation({"fr": "Fès"}, "MA", ("fr",), url)
        node = founding.found(prepared(tmp_path / f"fes{number}"), who, {"limits_free_mb": 0}, {})
        with closing(node), pytest.raises(NotAllowed) as refused:
            place.switch_on(node, "fes", actor="test")
        assert refused.value.code == "no_public_address"
