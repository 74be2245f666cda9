"""What followers are told, and how often: servers that are down, a worker that is killed, forks, translations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest import mock

import library
import pytest
from fediverse import get
from followed import SECRET, Rabat

from node import intake, publish
from node.fediverse import documents, place
from node.publish import Statement
from node.store import lives, notes, records, subscribers
from node.store.records import PUBLIC
from node.wording import translations_of
from protocol import moment
from protocol.envelope import Envelope
from protocol.record import seal


def test_practice_published_again_after_its_end_is_another_one_to_the_fediverse(rabat: Rabat) -> None:
    amal = rabat.follower()
    said = rabat.publish("Bilan")
    rabat.end(said)
    again = rabat.publish("Bilan, de nouveau", said.record)
    rabat.work()
    assert amal.types() == ["Accept", "Delete", "Create"], "what has ended meanwhile is not told first"
    assert amal.got[-1]["object"]["id"] == rabat.note(said, f"-{again.revision}")
    assert get(rabat.note(said))[0] == 410
    assert get(rabat.note(said, f"-{again.revision}"))[0] == 200


def test_text_erased_while_a_server_was_down_is_never_told(rabat: Rabat) -> None:
    amal = rabat.follower()
    amal.server.fault = "down"
    said = rabat.publish(SECRET)
    rabat.work()
    rabat.end(said, "erased")
    amal.server.fault = ""
    rabat.clock.ahead += 120
    rabat.work()
    assert amal.types() == ["Accept", "Delete"]
    assert SECRET not in str(amal.got)


def test_own_translations_are_told_and_others_are_not(rabat: Rabat) -> None:
    amal = rabat.follower()
    said = rabat.publish("Bilan")
    translated = {"target": said.uri, "targetDigest": said.digest.hex(), "from": "fr", "to": "de", "method": "human",
                  "translator": "Commune", "fields": {"title": "Bilanz"}}  # fmt: skip
    publish.publish(rabat.node, Statement("Translation", translated, "de"))
    rabat.work()
    assert list(amal.got[-1]["object"]["contentMap"]) == ["fr", "de"]
    assert amal.got[-1]["object"]["nameMap"] == {"fr": "Bilan à Rabat", "de": "Bilanz"}
    assert "?lang=de&amp;text=de" in amal.got[-1]["object"]["contentMap"]["de"]
    with rabat.node.database.reading() as connection:
        stored = records.get(connection, said.uri, PUBLIC)
        assert stored is not None
        (life,) = lives.of_record(connection, rabat.node.did, said.record)
        (found,) = translations_of(connection, stored).values()
    for other in (replace(found, outdated=True), replace(found, stored=replace(found.stored, origin="did:key:other"))):
        note = documents.note(place.Place(rabat.url, "rabat"), stored, life, {"de": other})
        assert list(note["contentMap"]) == ["fr"], "nobody else puts words into the mouth of the town"


def test_shared_inbox_is_told_once_for_all_of_its_server(rabat: Rabat) -> None:
    server = rabat.server("amal", "bilal")
    for account in server.accounts.values():
        rabat.take_in(account)
    said = rabat.publish("Bilan")
    rabat.work()
    assert server.deliveries.count(f"{rabat.note(said)}#create") == 1


def test_worker_killed_between_saying_and_writing_down_says_it_again_under_the_same_id(rabat: Rabat) -> None:
    amal = rabat.follower()
    first, second = rabat.publish("Un"), rabat.publish("Deux")

    class Killed(BaseException):
        pass

    def dies(*_arguments: Any, **_values: Any) -> None:
        raise Killed

    with mock.patch.object(subscribers, "note", dies), pytest.raises(Killed):
        rabat.work()
    assert amal.types() == ["Accept", "Create"]
    rabat.work()
    assert amal.types() == ["Accept", "Create"], "another worker waits until the lease is over"
    rabat.clock.ahead += 10
    rabat.work()
    told = [one["id"] for one in amal.got[1:]]
    assert told == [f"{rabat.note(one)}#create" for one in (first, first, second)]
    rabat.work()
    assert len(amal.got) == 4


def test_server_that_takes_nothing_is_tried_later_and_later_then_its_followers_are_forgotten(rabat: Rabat) -> None:
    amal = rabat.follower()
    amal.server.fault = "down"
    rabat.publish("Bilan")
    waits = []
    for _ in range(4):
        rabat.work()
        with rabat.node.database.reading() as connection:
            (one,) = subscribers.told(connection, 10**6)
            (row,) = connection.exec_driver_sql("select next_at, failures, error_code from fediverse_inboxes").all()
        waits.append(row[0] - rabat.clock())
        assert (row[2], one.failing_since is not None) == ("peer_down", True)
        rabat.clock.ahead += waits[-1]
    assert [round(wait / 60) for wait in waits] == [1, 2, 4, 8]
    rabat.clock.ahead += rabat.node.config.activitypub_give_up_days * 86_400
    rabat.work()
    assert rabat.followers() == 0


def test_server_that_says_that_nobody_is_there_is_believed(rabat: Rabat) -> None:
    amal = rabat.follower(shares=False)
    amal.server.fault = "gone"
    rabat.publish("Bilan")
    rabat.work()
    assert rabat.followers() == 0


@pytest.mark.parametrize("state", ["recovering", "doubled"])
def test_node_that_stands_still_tells_nothing(rabat: Rabat, state: str) -> None:
    amal = rabat.follower()
    rabat.publish("Bilan")
    with rabat.node.database.writing() as connection:
        notes.set_value(connection, "state", state)
    rabat.work()
    assert amal.types() == ["Accept"]
    with rabat.node.database.writing() as connection:
        notes.set_value(connection, "state", "")
    rabat.work()
    assert amal.types() == ["Accept", "Create"]


def test_lesser_side_of_a_fork_is_told_to_nobody(rabat: Rabat) -> None:
    """A Tombstone that lost against a revision of the same number has ended nothing."""
    amal = rabat.follower()
    said = rabat.publish("Bilan")
    rabat.work()
    with rabat.node.database.reading() as connection:
        first = records.get(connection, said.uri, PUBLIC)
    end = Statement("Tombstone", {"state": "withdrawn", "reason": "mistake"}, "fr")
    now = rabat.clock()
    ends = [publish._body(rabat.node, end, said.record, first, now) for _ in range(40)]
    lowest = min((seal(body, rabat.node.signing.private, moment.to_text(now)) for body in ends), key=digest_of)
    highest = rabat.publish("Bilan revu", said.record)
    assert digest_of(lowest) < highest.digest, "one in forty is lower"
    assert intake.admit(rabat.node, lowest).status == "fork"
    rabat.work()
    assert amal.types() == ["Accept", "Create", "Update"]
    assert get(rabat.note(said))[0] == 200


def digest_of(line: bytes) -> bytes:
    return Envelope.from_bytes(line).digest


@pytest.mark.parametrize("state", ["withdrawn", "erased"])
def test_translation_that_ends_is_taken_back_from_who_follows(rabat: Rabat, state: str) -> None:
    amal = rabat.follower()
    said = rabat.publish("Bilan")
    made = library.translate(rabat.node, said, "ar", title="تقييم الكفاءات")
    rabat.work()
    assert "تقييم الكفاءات" in amal.got[-1]["object"]["contentMap"]["ar"]
    rabat.end(made, state)
    rabat.work()
    assert amal.types() == ["Accept", "Create", "Update"]
    told = amal.got[-1]["object"]
    assert list(told["contentMap"]) == list(told["nameMap"]) == ["fr"]
    assert told["updated"] > told["published"]
    rabat.end(said, "erased")
    rabat.work()
    assert amal.types() == ["Accept", "Create", "Update", "Delete"]
