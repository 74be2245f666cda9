"""A citizen follows a town: a node that runs, and a server of the fediverse written from the specifications.

The node is a process of its own (`wasl serve`); the other server shares no code with it (tests/fediverse.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fediverse import Account, Server, finger, get
from tour import Town, practice, until

from node import publish

pytestmark = pytest.mark.network


@pytest.fixture
def rabat(tmp_path: Path) -> Iterator[Town]:
    with closing(Town(tmp_path, "rabat")) as town:
        assert town.told("fediverse", "on", "rabat")["account"] == f"rabat@{town.public.removeprefix('http://')}"
        town.start()
        yield town


@pytest.fixture
def amal() -> Iterator[Account]:
    with closing(Server("amal")) as server:
        yield server.accounts["amal"]


def follow(town: Town, account: Account) -> str:
    """Search the name, look at the actor, follow; gives the inbox."""
    actor = finger(town.public, f"rabat@{town.public.removeprefix('http://')}")
    inbox = str(get(actor)[2]["inbox"])
    assert account.say(account.follow(actor), inbox) == 202
    until(lambda: account.types() == ["Accept"], "the town accepts")
    return inbox


def test_citizen_follows_a_town_and_hears_of_a_practice_from_its_beginning_to_its_end(
    rabat: Town, amal: Account
) -> None:
    inbox = follow(rabat, amal)
    said = rabat.publish(**practice("Bilan de compétences"))
    until(lambda: amal.types()[1:] == ["Create"], "the practice is told")
    note = get(amal.got[-1]["object"]["id"])[2]
    assert note["content"] == amal.got[-1]["object"]["content"]
    assert rabat.page(note["url"].removeprefix(rabat.public)).status_code == 200, "people read it there"
    assert note["id"] in rabat.page(note["url"].removeprefix(rabat.public)).text, "and find it from there"
    rabat.publish("Practice", said.record, **practice("Bilan de compétences, revu"))
    until(lambda: amal.types()[2:] == ["Update"], "the revision is told")
    publish.end(rabat.node, said.uri, "withdrawn")
    until(lambda: amal.types()[3:] == ["Delete"], "its end is told")
    assert amal.say(amal.undo(str(amal.got[0]["actor"])), inbox) == 202
    until(lambda: rabat.told("fediverse", "status")["followers"] == 0, "nobody follows any more")
    other = rabat.publish(**practice("Cours du soir"))
    with closing(Server("bilal")) as server:
        bilal = server.accounts["bilal"]
        follow(rabat, bilal)
        rabat.publish(**practice("Aide au logement"))
        until(lambda: bilal.types()[1:] == ["Create"], "whoever follows is told")
    assert amal.types() == ["Accept", "Create", "Update", "Delete"]
    assert amal.server.refused == []
    assert other.record not in str(amal.got)


def test_process_killed_while_it_tells_loses_nothing_and_repeats_only_under_the_same_id(
    rabat: Town, amal: Account
) -> None:
    follow(rabat, amal)
    amal.server.arrived.clear()
    amal.server.fault = "hold"
    said = [rabat.publish(**practice(f"Bilan numéro {number}")) for number in range(3)]
    until(amal.server.arrived.is_set, "the first is under way")
    rabat.stop(kill=True)
    amal.server.fault = ""
    amal.server.let_go.set()
    rabat.start()
    until(lambda: len(set(amal.server.deliveries)) == 4, "all are told")
    told = [one["object"]["id"].rpartition("/")[2] for one in amal.got if one["type"] == "Create"]
    assert list(dict.fromkeys(told)) == [one.record for one in said], "in their order"
    assert len(told) <= 4, "the one that was under way may come twice"
