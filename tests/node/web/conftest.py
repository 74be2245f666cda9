"""A real node with practices of several municipalities, in a folder of its own, and a browserless client for it.

Other municipalities are real nodes too: what they publish is admitted through the door, after a vouch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from desk import busy, cheap, office_of_rabat  # noqa: F401  (fixtures)
from flask import Flask
from flask.testing import FlaskClient
from person import Person, add_person, make_cheap
from simulator import Network, prepared

from node import indexing, intake
from node.app import create_app
from node.assembly import Node
from node.founding import Organisation, found
from node.publish import Statement, publish
from node.store import peers, records
from protocol.envelope import Envelope

ENVELOPE = {
    "id", "type", "node", "version", "language", "illustrative", "licence", "visibility", "target", "targetVersion",
    "about", "inReplyTo", "source", "result", "references", "accepted", "coverage", "translator",
}  # fmt: skip
START = 1_790_000_000


def lines(name: str) -> list[dict[str, Any]]:
    text = files("node").joinpath("data", "demo", f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def content_of(line: dict[str, Any], more: tuple[str, ...] = ()) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in ENVELOPE or name in more}


@dataclass
class Clock:
    at: int = START

    def __call__(self) -> int:
        return self.at


@dataclass
class Town:
    """A node and what it has published, by demo id."""

    node: Node
    client: FlaskClient
    clock: Clock
    practices: dict[str, Envelope]

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def page(self, path: str, **more: Any) -> str:
        return str(self.client.get(path, **more).get_data(as_text=True))

    def path(self, name: str) -> str:
        envelope = self.practices[name]
        return f"/practices/{envelope.origin}/{envelope.record}"

    def write(self, content: dict[str, Any], language: str = "fr", type_: str = "Practice", **more: Any) -> Envelope:
        self.clock.at += 1
        return publish(self.node, Statement(type_, content, language, **more))

    def index(self) -> None:
        while indexing.follow_once(self.node, self.client.application.extensions["wasl-searcher"]):
            pass


def make_node(home: Path, clock: Clock, names: dict[str, str], country: str = "MA", url: str | None = None) -> Node:
    organisation = Organisation(names=names, country=country, languages=("fr", "ar"), url=url)
    return found(prepared(home), organisation, {}, {}, clock)


def meet(here: Node, other: Node, clock: Clock) -> None:
    """Make `other` an active peer of `here` and bring what it has, as a sync would."""
    with other.database.reading() as connection:
        held = [
            stored.data for stored in records.own(connection, other.did) if stored.data and stored.visibility != "node"
        ]
    with here.database.writing() as connection:
        if peers.find(connection, other.did) is None:
            peers.add(connection, other.did, clock(), asked_by="us", url=None, chain=b"", note="")
            peers.move(connection, other.did, peers.ACTIVE, clock())
        peers.note(connection, other.did, met_at=clock(), their_heads=len(held) + 1, skew_s=0)
    from node import admission

    with here.database.writing() as connection:
        admission.recompute(connection, here)
    assert all(verdict.stored for verdict in intake.admit_many(here, held, other.did))


def sample(node: Node, wanted: list[dict[str, Any]], clock: Clock) -> dict[str, Envelope]:
    made = {}
    for line in wanted:
        clock.at += 60
        made[line["id"]] = publish(
            node, Statement("Practice", content_of(line), line["language"], illustrative=line["illustrative"])
        )
    return made


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Rabat, with four practices (one of them from Berlin, brought by a peer), translated, adapted and asked about."""
    made = build(tmp_path)
    yield made
    close(made)


@pytest.fixture(scope="session")
def town_to_read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The same town for tests that only read: made once. Its browser keeps no cookie, such as a language chosen."""
    made = build(tmp_path_factory.mktemp("town"))
    made.client = made.client.application.test_client(use_cookies=False)
    yield made
    close(made)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Town]:
    """A node that was founded a moment ago."""
    clock = Clock()
    node = make_node(tmp_path / "fresh", clock, {"fr": "Commune de Tiznit", "ar": "جماعة تيزنيت"})
    made = Town(node, create_app(node).test_client(), clock, {})
    yield made
    close(made)


def close(made: Town) -> None:
    made.client.application.extensions["wasl-searcher"].forget()
    made.node.close()


def build(folder: Path) -> Town:
    clock = Clock()
    rabat = make_node(folder / "rabat", clock, {"fr": "Commune de Rabat", "ar": "جماعة الرباط", "de": "Rabat"})
    berlin = make_node(folder / "berlin", clock, {"de": "ISG Deutschland", "fr": "GSI Allemagne"}, "DE")
    by_id = {line["id"]: line for line in lines("practices")}
    arabic = next(line for line in by_id.values() if line["language"] == "ar")
    german = next(line for line in by_id.values() if line["language"] == "de")
    practices = sample(rabat, [by_id["practice-002"], arabic, by_id["practice-001"]], clock)
    practices |= sample(berlin, [german], clock)
    practices["arabic"], practices["german"] = practices[arabic["id"]], practices[german["id"]]
    answers(rabat, berlin, practices["practice-001"], clock)
    meet(rabat, berlin, clock)
    berlin.close()
    made = Town(rabat, create_app(rabat).test_client(), clock, practices)
    made.index()
    return made


def answers(rabat: Node, berlin: Node, target: Envelope, clock: Clock) -> None:
    """Translations into German and Turkish, an adaptation, a question and its answer."""
    for line in lines("translations"):
        if line["target"] == "practice-001" and line["to"] in ("de", "tr", "ar"):
            publish(
                berlin,
                Statement(
                    "Translation",
                    content_of(line) | {"target": target.uri, "targetDigest": target.digest.hex(), "translator": "ISG"},
                    line["to"],
                    illustrative=True,
                ),
            )
    adapted = next(line for line in lines("adaptations") if line["source"] == "practice-001")
    content = content_of(adapted) | {"source": target.uri, "sourceDigest": target.digest.hex()}
    publish(berlin, Statement("Adaptation", content, adapted["language"], illustrative=True))
    asked, told = lines("questions_answers")[:2]
    question = publish(
        berlin, Statement("Question", content_of(asked) | {"about": target.uri}, "fr", illustrative=True)
    )
    reply = content_of(told) | {"inReplyTo": question.uri}
    publish(rabat, Statement("Answer", {"inReplyTo": reply["inReplyTo"], "text": reply["text"]}, "fr"))


@dataclass
class Office:
    """A new node with its whole app, for tests of the administration. Passwords are hashed cheaply."""

    node: Node
    app: Flask
    network: Network

    def signed(self, name: str = "amina", role: str = "administrator", **more: Any) -> Person:
        """A browser in which somebody of this name and role is signed in; the account is made if it is new."""
        add_person(self.node, name, role)
        browser = self.browser(**more)
        assert browser.sign_in(name).status_code == 303
        return browser

    def browser(self, **more: Any) -> Person:
        """A browser in which nobody is signed in."""
        return Person(self.app, **more)


@pytest.fixture
def office(network: Network, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Rabat, a moment after it was founded; `office.network.clock` is its clock."""
    make_cheap(monkeypatch)
    node = network.found("rabat").node
    return Office(node, create_app(node), network)
