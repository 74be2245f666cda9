"""A town that people elsewhere follow: it serves on a real socket, and its worker's part is run by hand.

The other side is a server of the fediverse (tests/fediverse.py). A test takes the fixture `rabat`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fediverse import Account, Server
from simulator import prepared
from tour import practice
from werkzeug.serving import make_server

from node import founding, publish
from node.app import create_app
from node.assembly import Node
from node.fediverse import courier, place
from node.founding import Organisation
from node.publish import Statement
from node.store import heard, subscribers
from protocol.envelope import Envelope

SECRET = "Réservé aux membres"


@dataclass
class Clock:
    ahead: int = 0

    def __call__(self) -> int:
        return int(time.time()) + self.ahead


@dataclass
class Rabat:
    """A town that serves, and the servers that were started beside it."""

    node: Node
    url: str
    clock: Clock
    servers: list[Server] = field(default_factory=list)

    @property
    def inbox(self) -> str:
        return f"{self.url}/activitypub/inbox"

    @property
    def actor(self) -> str:
        return f"{self.url}/activitypub/actor"

    def server(self, *names: str, **more: Any) -> Server:
        made = Server(*names, clock=self.clock, **more)
        self.servers.append(made)
        return made

    def someone(self, name: str = "amal", **more: Any) -> Account:
        return self.server(name, **more).accounts[name]

    def follower(self, name: str = "amal", **more: Any) -> Account:
        account = self.someone(name, **more)
        self.take_in(account)
        return account

    def take_in(self, account: Account) -> None:
        assert self.hears(account, account.follow(self.actor)) == 202
        self.work()
        assert account.types()[-1:] == ["Accept"], account.server.refused

    def hears(self, account: Account, activity: dict[str, Any], **wrong: Any) -> int:
        return account.say(activity, self.inbox, **({"now": self.clock()} | wrong))

    def work(self) -> None:
        courier.until_idle(self.node)

    def publish(self, title: str, record: str | None = None, visibility: str = "public", **more: Any) -> Envelope:
        self.clock.ahead += 1
        content = practice(f"{title} à Rabat") | more
        return publish.publish(self.node, Statement("Practice", content, "fr", visibility), record)

    def end(self, said: Envelope, state: str = "withdrawn") -> None:
        self.clock.ahead += 1
        publish.end(self.node, said.uri, state)

    def followers(self) -> int:
        with self.node.database.reading() as connection:
            return subscribers.count(connection)

    def waiting(self) -> int:
        with self.node.database.reading() as connection:
            return heard.waiting(connection)

    def note(self, said: Envelope, life: str = "") -> str:
        return f"{self.url}/activitypub/practices/{said.record}{life}"


@pytest.fixture
def rabat(tmp_path: Path) -> Iterator[Rabat]:
    yield from serving(tmp_path, sync_private_addresses=True, sync_timeout_s=2, activitypub_followers_of_host=3)


def serving(folder: Path, **settings: Any) -> Iterator[Rabat]:
    """Rabat on a socket, its account switched on."""
    clock, door = Clock(), Door()
    server = make_server("127.0.0.1", 0, door, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    organisation = Organisation({"fr": "Commune de Rabat", "ar": "جماعة الرباط"}, "MA", ("fr", "ar"), url)
    settings = {"limits_free_mb": 0, "sync_interval_s": 60} | settings
    node = founding.found(prepared(folder / "rabat"), organisation, settings, {}, clock)
    door.app = create_app(node)
    place.switch_on(node, "rabat", actor="test")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    made = Rabat(node, url, clock)
    try:
        yield made
    finally:
        for one in made.servers:
            one.close()
        server.shutdown()
        thread.join()
        server.server_close()
        node.close()


class Door:
    """The application, once the port is known that its node's card names."""

    app: Any = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)
