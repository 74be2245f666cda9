"""A network in one process: real nodes, real folders, real SQLite, and wires that are function calls.

Every request that a node makes goes through its own session, its own signature and the other node's whole WSGI path;
only the socket is left out. A wire may be cut (`cut`), a peer may lie (`twist`), a clock may be set (`clock`). The
guard around real sockets has tests of its own (tests/node/test_outbound.py).
"""

from __future__ import annotations

import gzip
import io
import shutil
import tempfile
import unittest.mock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from bucket import give_keys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from requests.adapters import BaseAdapter
from stores import Databases

from node import founding, keys, peering, publish, sync
from node.assembly import Node, open_node
from node.federation import outbound
from node.federation.giving import giving
from node.federation.headsets import HeadSets
from node.federation.server import federation
from node.indexing import Searcher
from node.publish import Statement
from node.store import feed, peers, records
from node.store.database import Database
from node.store.records import MEMBERS, OURSELVES, Stored
from node.worker import Worker
from protocol.envelope import Envelope

START = 1_770_000_000
"""Where every clock of a simulated network begins: 2026-02-02."""


@dataclass
class Clock:
    """A clock set by hand; every node of a network reads the same one unless it has its own."""

    seconds: int = START

    def __call__(self) -> int:
        return self.seconds


@dataclass(frozen=True)
class Wire:
    """One answer on the wire, for a twist to change."""

    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: bytes
    carried: int = 0
    """Bytes of the body as the wire carries them, compressed or not."""


Twist = Callable[[Wire, "requests.PreparedRequest"], Wire]


@dataclass
class Town:
    """One node of the network with what its process would hold."""

    name: str
    node: Node
    app: Flask
    sets: HeadSets
    clock: Clock
    network: Network

    @property
    def did(self) -> str:
        return self.node.did

    @property
    def url(self) -> str:
        return f"https://{self.name}.example"

    def publish(self, type_: str = "Note", record: str | None = None, **content: Any) -> Envelope:
        """Publish a record of a type that has no rules, unless said otherwise."""
        visibility = content.pop("visibility", "public")
        return publish.publish(self.node, Statement(type_, content or {"text": "x"}, "fr", visibility), record)

    def heads(self) -> dict[str, bytes]:
        """URI -> digest of every head that this node holds of origins it admits, cards and vouches included."""
        with self.node.database.reading() as connection:
            return {stored.uri: stored.digest for stored in every_head(connection)}

    def get(self, uri: str) -> Stored | None:
        with self.node.database.reading() as connection:
            return records.get(connection, uri, OURSELVES)

    def peer(self, other: Town) -> peers.Peer:
        with self.node.database.reading() as connection:
            return peers.get(connection, other.did)

    def follow(self) -> None:
        """Let this node's followers catch up: index and receipts."""
        searcher = Searcher(self.node)
        Worker(self.node, searcher, self.sets).follow()
        searcher.forget()


def every_head(connection: Any) -> list[Stored]:
    """Every head of every admitted origin, whatever its type and state."""
    from node.store import origins

    return [
        stored
        for did, origin in origins.everyone(connection).items()
        if origin.admitted
        for stored in records.own(connection, did)
    ]


def small_app(node: Node, sets: HeadSets) -> Flask:
    """The federation and nothing else, as node.app registers it."""
    app = Flask("node.web", static_folder=None)
    app.extensions |= {"wasl": node, "wasl-head-sets": sets, "wasl-wake": None}
    app.register_blueprint(federation)
    app.register_blueprint(giving)
    return app


@dataclass
class Network:
    """The towns and the wires between them."""

    folder: Path
    stage: Stage | None = None
    clock: Clock = field(default_factory=Clock)
    towns: dict[str, Town] = field(default_factory=dict)
    twists: dict[str, Twist] = field(default_factory=dict)
    cuts: set[frozenset[str]] = field(default_factory=set)
    traffic: list[Wire] = field(default_factory=list)
    speaking: str = ""
    databases: Databases | None = None
    """Where the towns keep what they hold; None: in a file each."""
    bucket: str = ""
    """The address of a bucket for their attachments; empty: a folder each."""

    def found(self, name: str, *, reachable: bool = True, clock: Clock | None = None, **settings: Any) -> Town:
        """Found a town's node. `settings`: by field name of Config. A plain one is a copy of the first of its name."""
        if self.stage is not None and self.clock.seconds == START and reachable and clock is None and not settings:
            self.stage.copy(f"{name} alone", lambda network: network.found(name), self)
            return self.towns[name]
        home, kept = self._place(name)
        url = f"https://{name}.example" if reachable else None
        organisation = founding.Organisation({"fr": name.title()}, "MA", ("fr", "ar"), url)
        shelved = {"attachments_bucket": self.bucket} if self.bucket else {}
        settings = {"limits_free_mb": 0, **kept, **shelved, **settings}
        clock = clock or self.clock
        node = founding.found(home, organisation, settings, {}, clock)
        if self.bucket:
            give_keys(home)
        sets = HeadSets(node.database)
        self.towns[name] = Town(name, node, small_app(node, sets), sets, clock, self)
        return self.towns[name]

    def _place(self, name: str) -> tuple[Path, dict[str, Any]]:
        """A new folder, and the setting that says where a new node in it keeps what it holds."""
        if self.databases is None:
            return prepared(self.folder / name), {}
        home = self.folder / name
        home.mkdir(mode=0o700)
        return home, {"store_database": self.databases.new()}

    def begin(self, name: str, make: Callable[[Network], object]) -> None:
        """What `make` makes of an empty network, under the name of it: copied, where tests may begin with a copy."""
        if self.stage is None or self.towns or self.clock.seconds != START:
            make(self)
        else:
            self.stage.copy(name, make, self)

    def befriend(self, one: Town, other: Town, *, vouch: bool = True) -> None:
        """`one` asks, `other`'s administrator accepts, and `one` hears of it."""
        with self.as_speaker(one):
            peering.request(one.node, other.url)
        peering.accept(other.node, one.did, actor="test", checked="telephone", vouch=vouch)
        outcome = self.meet(one, other)
        assert outcome.error_code is None, outcome

    def meet(self, one: Town, other: Town) -> sync.Outcome:
        """`one` meets `other` now."""
        with self.as_speaker(one), self.session(False) as session:
            return sync.meet(one.node, one.peer(other), session, one.sets)

    def reconcile(self, one: Town, other: Town) -> sync.Outcome:
        """`one` meets `other` and reconciles, whether or not that is due."""
        with one.node.database.writing() as connection:
            peers.note(connection, other.did, reconcile_at=0)
        return self.meet(one, other)

    def settle(self, rounds: int = 8) -> None:
        """Let everybody meet everybody they can until nothing changes."""
        for _ in range(rounds):
            moved = 0
            for town in self.towns.values():
                for peer in _active(town):
                    other = next(there for there in self.towns.values() if there.did == peer.did)
                    if peer.url is not None and frozenset((town.name, other.name)) not in self.cuts:
                        outcome = self.meet(town, other)
                        moved += outcome.received + outcome.sent
            if not moved:
                return
        raise AssertionError("the network does not come to rest")

    def cut(self, one: Town, other: Town) -> None:
        self.cuts.add(frozenset((one.name, other.name)))

    def heal(self) -> None:
        self.cuts.clear()

    @contextmanager
    def as_speaker(self, town: Town) -> Iterator[None]:
        before, self.speaking = self.speaking, town.name
        try:
            yield
        finally:
            self.speaking = before

    def session(self, private: bool) -> requests.Session:
        """What `outbound.open_session` is replaced by: the same session, with our adapter for a network card."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", _Wires(self))
        return session

    def close(self, *, keep: bool = False) -> None:
        for town in self.towns.values():
            town.node.close()
            if self.databases is not None and not keep:
                self.databases.give_back(town.node.config.store_database)


@dataclass
class Stage:
    """Networks with which many tests begin: each made once in a test process, closed, and copied for every test."""

    folder: Path
    databases: Databases | None = None
    made: dict[str, Network] = field(default_factory=dict)

    def copy(self, name: str, make: Callable[[Network], object], to: Network) -> None:
        """Put copies of the towns of the network `name`, which `make` makes of an empty one, into another one."""
        if name not in self.made:
            self.made[name] = self._make(self.folder / name, make)
        first = self.made[name]
        to.clock.seconds = first.clock.seconds
        to.cuts |= first.cuts
        to.traffic += first.traffic
        for town in first.towns.values():
            home = shutil.copytree(town.node.config.home, to.folder / town.name)
            if self.databases is not None:
                config = town.node.config
                text = config.file.read_text(encoding="utf-8")
                here = self.databases.copy(config.store_database)
                (home / config.file.name).write_text(text.replace(config.store_database, here), encoding="utf-8")
            if to.bucket:
                file = home / "wasl.toml"
                file.write_text(file.read_text("utf-8").replace('# bucket = ""', f'bucket = "{to.bucket}"'), "utf-8")
                give_keys(home)
            node = open_node(home, {}, to.clock)
            sets = HeadSets(node.database)
            to.towns[town.name] = Town(town.name, node, small_app(node, sets), sets, to.clock, to)

    def _make(self, folder: Path, make: Callable[[Network], object]) -> Network:
        folder.mkdir()
        network = Network(folder, databases=self.databases)
        with unittest.mock.patch.object(outbound, "open_session", network.session):
            make(network)
        network.close(keep=True)
        assert not network.twists, "what a town lies about is not copied"
        return network


class _Wires(BaseAdapter):
    """Carries a prepared request to the town that its host names."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]
        network = self._network
        parts = urlsplit(str(request.url))
        name = str(parts.hostname).partition(".")[0]
        if name not in network.towns or frozenset((network.speaking, name)) in network.cuts:
            raise requests.ConnectionError(f"{name} is down")
        wire = call(network.towns[name].app, request)
        if name in network.twists:
            wire = network.twists[name](wire, request)
        network.traffic.append(wire)
        return response_of(wire, request)

    def close(self) -> None:
        pass


def call(app: Flask, request: requests.PreparedRequest) -> Wire:
    """Give a prepared request to an app, with the raw target that waitress would give."""
    parts = urlsplit(str(request.url))
    body = request.body if request.body is not None else b""
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    given = app.test_client().open(
        parts.path,
        method=str(request.method),
        query_string=parts.query,
        headers={name: value for name, value in request.headers.items() if name.lower() != "content-length"},
        data=body,
        environ_overrides={"REQUEST_URI": target, "REMOTE_ADDR": "192.0.2.1"},
    )
    headers = {name.lower(): value for name, value in given.headers.items()}
    data = given.data
    if headers.pop("content-encoding", "") == "gzip":  # twists and traffic see plain bytes, whatever the wire carries
        data = gzip.decompress(data)
    return Wire(str(request.method), parts.path, given.status_code, headers, data, len(given.data))


def response_of(wire: Wire, request: requests.PreparedRequest) -> requests.Response:
    response = requests.Response()
    response.status_code = wire.status
    headers = wire.headers | {"content-length": str(len(wire.body))}
    response.headers.update(headers)
    response.request = request
    response.url = str(request.url)
    response.raw = urllib3.HTTPResponse(
        body=io.BytesIO(wire.body), headers=headers, status=wire.status, preload_content=False
    )
    return response


def open_database(path: Path) -> Database:
    """A migrated, empty database."""
    database = Database(path)
    database.migrate()
    return database


@cache
def migrated() -> bytes:
    """The file of a migrated, empty database: copied, because migrating takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "wasl.db")
        database = open_database(path)
        database.forget()
        database.close()
        return path.read_bytes()


def prepared(home: Path) -> Path:
    """A new folder in which a node can be founded without migrating first."""
    home.mkdir(mode=0o700, parents=True)
    (home / "wasl.db").write_bytes(migrated())
    return home


def set_of(town: Town, audience: str = MEMBERS) -> set[tuple[int, bytes]]:
    """What the town offers for reconciling, asked of the database itself."""
    with town.node.database.reading() as connection:
        return set(feed.head_items(connection, audience))


def _active(town: Town) -> list[peers.Peer]:
    with town.node.database.reading() as connection:
        return peers.everyone(connection, peers.ACTIVE)


def old_node(network: Network, name: str) -> Town:
    """A node as version 0.1 made it: root.pem and next-root.pem, and no sheet."""
    folder = network.folder / f"{name}-keys"
    keys.create(folder)
    keys.forget(folder, keys.SEED)
    for file in (keys.ROOT, keys.NEXT_ROOT):
        keys.write(folder / file, Ed25519PrivateKey.generate())
    real = founding._make_keys

    def moved(to: Path, seed: bytes | None) -> None:
        folder.rename(to)
        real(to, seed)

    with unittest.mock.patch.object(founding, "_make_keys", moved), unittest.mock.patch.object(network, "stage", None):
        return network.found(name)


def install(network: Network, monkeypatch: Any) -> None:
    """Make every session of this process one of the network's."""
    monkeypatch.setattr(outbound, "open_session", network.session)
