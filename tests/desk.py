"""A town with its administration pages and somebody before them, and towns in many states: for tests of those pages.

The fixtures stand here too; tests/node/web/conftest.py makes them known.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from person import Person, add_person, make_cheap
from simulator import Network, Town, Wire, prepared, small_app

from node import founding, keyring, peering, recovery
from node.app import create_app
from node.assembly import open_node
from node.federation.headsets import HeadSets
from node.store import notes, records
from node.store.records import PUBLIC

HOSTILE = "</title><script>alert(1)</script>\u202egnp"


@dataclass
class Desk:
    """A town with its pages, and an administrator before them."""

    town: Town
    person: Person
    network: Network

    def page(self, path: str, language: str = "en") -> str:
        return self.person.page(f"/admin{path}", headers={"Accept-Language": language})

    def post(self, path: str, **form: Any) -> Any:
        """Press a button; the wires of the network then speak as this town."""
        with self.network.as_speaker(self.town):
            headers = {"Origin": "http://localhost", "Accept-Language": "en"}
            return self.person.post(f"/admin{path}", headers=headers, **form)

    def acts(self) -> list[tuple[str, str, str]]:
        """(who, what, on what), newest first."""
        with self.town.node.database.reading() as connection:
            return [(act.actor, act.act, act.object) for act in notes.acts(connection)]

    def state_of(self, other: Town) -> str:
        return self.town.peer(other).state


def desk_of(town: Town) -> Desk:
    """Pages of a town, with an administrator named amina signed in."""
    add_person(town.node, "amina")
    person = Person(create_app(town.node, sets=town.sets))
    assert person.sign_in("amina").status_code == 303
    return Desk(town, person, town.network)


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    make_cheap(monkeypatch)


@pytest.fixture(name="rabat")
def office_of_rabat(network: Network, cheap: None) -> Desk:
    """Rabat, alone."""
    return desk_of(network.found("rabat"))


@pytest.fixture
def busy(network: Network, cheap: None) -> tuple[Desk, dict[str, Town]]:
    """As `busy_town`."""
    return busy_town(network)


def busy_town(network: Network) -> tuple[Desk, dict[str, Town]]:
    """Rabat with peers in many states: Fès is well and brings Berlin; Salé alters what it relays; Oujda is cut off;
    Tanger is paused, Nador blocked; Tiznit asks; Rabat asks Figuig."""
    network.begin("busy", make_busy)
    return desk_of(network.towns["rabat"]), dict(network.towns)


def make_busy(network: Network) -> None:
    towns = {name: network.found(name) for name in ("rabat", "fes", "sale", "oujda", "tanger", "nador", "berlin")}
    towns["tiznit"], towns["figuig"] = hostile(network, "tiznit"), network.found("figuig")
    rabat = towns["rabat"]
    for name in ("fes", "sale", "oujda", "tanger", "nador"):
        network.befriend(towns[name], rabat)
    network.befriend(towns["berlin"], towns["fes"])
    for name in ("fes", "berlin", "nador"):
        towns[name].publish("Note", text=f"<b>{name}</b>")
    network.settle()
    lie(network, towns["sale"])
    network.cut(rabat, towns["oujda"])
    network.meet(rabat, towns["oujda"])
    peering.pause(rabat.node, towns["tanger"].did, actor="test")
    peering.block(rabat.node, towns["nador"].did, actor="test", reason=HOSTILE)
    with network.as_speaker(towns["tiznit"]):
        peering.request(towns["tiznit"].node, rabat.url, HOSTILE)
    with network.as_speaker(rabat):
        peering.request(rabat.node, towns["figuig"].url)


def hostile(network: Network, name: str) -> Town:
    """A town whose card says the worst that a name may say."""
    home = prepared(network.folder / name)
    organisation = founding.Organisation(
        {"fr": "<script>alert(1)</script> & <b>gras</b>"}, "MA", ("fr",), f"https://{name}.example"
    )
    node = founding.found(home, organisation, {"limits_free_mb": 0}, {}, network.clock)
    sets = HeadSets(node.database)
    network.towns[name] = Town(name, node, small_app(node, sets), sets, network.clock, network)
    return network.towns[name]


def lie(network: Network, sale: Town) -> None:
    """Salé gives other bytes than it has announced, with a direction character and a tag in them."""
    said = sale.publish(text="bonjour")

    def alter(wire: Wire, _request: object) -> Wire:
        forged = "</pre><script>alert(2)</script>\u202e".encode()
        return Wire(wire.method, wire.path, wire.status, wire.headers, wire.body.replace(b"bonjour", forged))

    network.twists["sale"] = alter
    network.meet(network.towns["rabat"], sale)
    network.twists.clear()
    assert network.towns["rabat"].get(said.uri) is None


def twin_of(network: Network, town: Town, name: str) -> Town:
    """A second machine with the same folder."""
    home = network.folder / name
    town.node.database.forget()
    shutil.copytree(town.node.config.home, home)
    node = open_node(home, {}, network.clock)
    sets = HeadSets(node.database)
    return Town(name, node, small_app(node, sets), sets, network.clock, network)


def doubled(network: Network) -> tuple[Desk, Town]:
    """Salé, which hears over Rabat what a copy of it has said."""
    rabat, sale = network.found("rabat"), network.found("sale")
    network.befriend(sale, rabat)
    sale.publish(text="ours")
    network.settle()
    twin = twin_of(network, sale, "twin")
    twin.publish(text="what the other said")
    network.towns["sale"] = twin
    network.meet(rabat, sale)
    network.meet(rabat, sale)
    network.towns["sale"] = sale
    twin.node.close()
    network.meet(sale, rabat)
    return desk_of(sale), rabat


def texts(page: str) -> str:
    """A page without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


def sheet_words(town: Town) -> str:
    seed = keyring.seed_here(town.node)
    assert seed is not None
    return " ".join(recovery.words(seed, "fr"))


def counted(town: Town) -> tuple[set[str], int]:
    """Whom readers see, and how many records of others (a block also withdraws our own vouch)."""
    with town.node.database.reading() as connection:
        counts = records.counts(connection, PUBLIC)
    return {did for did, _ in counts}, sum(count for (did, _), count in counts.items() if did != town.did)
