"""The network itself: nodes founded, started, and made peers by real invitations over HTTP.

A `Member` is a node of which we hold the folder too: what is published goes through its own `publish` and door on the
same database, and its process notices, as it does when an officer uses the terminal beside the running server.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from node import accounts, founding, inviting, peering
from node.assembly import Node
from node.demo.places import Place
from node.demo.processes import Children
from node.errors import ConfigProblem
from node.founding import Organisation
from node.indexing import Searcher

SETTINGS: dict[str, Any] = {
    "sync_private_addresses": True,
    "sync_interval_s": 1,
    "limits_free_mb": 10,
    "web_threads": 4,
}
"""For a network on one machine: loopback peers, and meetings so frequent that Tiznit, whom none can call, is quick."""

ADMINISTRATOR = "demo"
"""Who signs in to the administration of each node; the password is drawn anew for each network."""

_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Member:
    """One node of the network. `port` is None for a node that listens nowhere."""

    place: Place
    node: Node
    searcher: Searcher
    port: int | None
    log: Path

    @property
    def word(self) -> str:
        """Its short name."""
        return self.place.word

    @property
    def verb(self) -> str:
        """What its process does: serve, with a worker inside, or work only."""
        return "serve" if self.port else "worker"

    @property
    def url(self) -> str | None:
        """Where its pages are, or None."""
        return f"http://127.0.0.1:{self.port}" if self.port else None


def found_all(folder: Path, places: Sequence[Place], base_port: int, password: str) -> list[Member]:
    """Found the nodes, each in its folder, with the administrator `ADMINISTRATOR` where there are pages to sign in to.

    Raises `ConfigProblem`: `node_exists`, `port_taken`.
    """
    free = _free_ports(base_port)
    members = []
    for place in places:
        port = next(free) if place.reachable else None
        url = f"http://127.0.0.1:{port}" if port else None
        settings = SETTINGS | {"node_language": place.languages[0]} | ({"web_port": port} if port else {})
        organisation = Organisation(place.names, place.country, place.languages, url, place.location)
        node = founding.found(folder / place.word, organisation, settings, {})
        if port:
            accounts.create_user(node, ADMINISTRATOR, accounts.ADMINISTRATOR, password, actor="demo")
        members.append(Member(place, node, Searcher(node), port, folder / f"{place.word}.log"))
    return members


def start(children: Children, member: Member) -> None:
    """Start the node's process."""
    children.start(member.word, ["--home", str(member.node.config.home), member.verb], member.log)


def wait_until(true: Callable[[], bool], timeout_s: float, look_s: float = _LOOK_S) -> bool:
    """Look again and again until `true()`; False when `timeout_s` have passed."""
    pause = threading.Event()
    deadline = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > deadline:
            return False
        pause.wait(look_s)
    return True


def answers(member: Member, session: requests.Session) -> bool:
    """True when the node's server says that it is this node; always for one that listens nowhere."""
    if member.url is None:
        return True
    try:
        said = session.get(member.url + "/.well-known/wasl", timeout=5).json()
    except (requests.RequestException, ValueError):
        return False
    return bool(said.get("did") == member.node.did)


def befriend(host: Member, guest: Member) -> None:
    """The host's administrator invites, the guest's follows the invitation."""
    invitation = inviting.create(host.node, guest.word)
    peering.request(guest.node, invitation, f"{guest.word} to {host.word}")


@contextmanager
def web() -> Iterator[requests.Session]:
    """A session for pages on this machine: no proxies of the environment."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def _free_ports(base: int) -> Iterator[int]:
    """Ports from `base` on that nobody listens on."""
    for port in range(base, min(base + 1000, 65536)):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield port
    raise ConfigProblem(f"no free port was found from {base} on: give another --base-port", "port_taken")
