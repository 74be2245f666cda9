"""What the administration's pages share: how a refused act is told, who is called what, and who must show it is them.

Law: a failure is never only a code. `Trouble` is the sentence and the remedy, in the page's language, and stands beside
the field that it is about. An act is tried with `tried`: what it says comes on the next page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from node import accounts, remedies, speech
from node.errors import NodeError, NotFound
from node.federation.headsets import HeadSets
from node.store import chains, peers
from node.store.records import MEMBERS
from node.web import session
from node.web.admin import guard
from node.web.language import language
from node.web.listing import Who, the_node
from node.web.presenting import short_did
from protocol.card import resolve
from protocol.errors import ProtocolError

FRESH_S = 600
"""Seconds after signing in during which the password need not be typed again for what is grave."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something did not work: stable code, what happened, what to do, and the field it is about (or empty)."""

    code: str
    sentence: str
    remedy: str
    field: str = ""


def trouble_of(error: NodeError | ProtocolError, field: str = "") -> Trouble:
    """An error as the page tells it."""
    tongue = language()
    return Trouble(
        error.code,
        speech.sentence_for(error.code, tongue) or error.message,
        remedies.remedy_of(error, tongue),
        field,
    )


def missing(field: str, sentence: str, remedy: str = "") -> Trouble:
    """A field that was left empty or cannot be read."""
    return Trouble("", sentence, remedy, field)


def tried(act: Callable[[], Any], said: str) -> bool:
    """Do it, and say on the next page that it is done, or why not. Says whether it worked."""
    try:
        act()
    except (NodeError, ProtocolError) as error:
        trouble = trouble_of(error)
        guard.notice("trouble", f"{trouble.sentence} {trouble.remedy} ({trouble.code})".replace("  ", " "))
        return False
    guard.notice("good", said)
    return True


def seen(endpoint: str, **values: Any) -> Response:
    """On to a page, after a form (303: the browser asks with GET, and reloading repeats nothing)."""
    return redirect(url_for(f"admin.{endpoint}", **values), 303)


def wake() -> None:
    """Rouse the worker of this process, if it has one: something is due now."""
    rouse = current_app.extensions.get("wasl-wake")
    if rouse is not None:
        rouse()


def ours() -> int:
    """How many records this node offers to its peers: what a peer's own figure is compared with."""
    sets: HeadSets = current_app.extensions["wasl-head-sets"]
    with sets.lock:
        return len(sets.of(MEMBERS))


class Names:
    """What nodes are called on these pages, whether or not they are admitted: by their cards, else short DIDs.

    The name of a node that is not admitted is only what it says of itself; the pages show its words beside it.
    """

    def __init__(self, connection: Connection) -> None:
        self._who = Who(connection)
        self._brought = {peer.did: peer.chain for peer in peers.everyone(connection) if peer.chain}

    def of(self, did: str) -> str:
        """A node's name."""
        if self._who.known(did):
            return self._who.name(did)
        lines = self._brought.get(did)
        chain = resolve(chains.verified(lines.splitlines())) if lines else None
        return chain.head.name(language()) if chain else short_did(did)

    def admitted(self, did: str) -> bool:
        """Whether the node has a page of its own here."""
        return self._who.known(did)


def known_peer(did: str) -> peers.Peer:
    """The peer that an address of these pages names. Raises `NotFound`."""
    with the_node().database.reading() as connection:
        found = peers.find(connection, did)
    if found is None:
        raise NotFound("no peer with this identity", "unknown_peer")
    return found


def fresh() -> bool:
    """Whether whoever is signed in has shown a moment ago who they are."""
    return the_node().now() - guard.person().since < FRESH_S


def asked_again(*, always: bool = False) -> Trouble | None:
    """Compare the password that a form brings before something grave. None when it is right, or was typed just now.

    `always`: also from somebody who has signed in a moment ago.
    """
    if fresh() and not always:
        return None
    try:
        accounts.confirm_password(the_node(), guard.person().user, request.form.get("password", ""), session.caller())
    except NodeError as error:
        return trouble_of(error, "password")
    return None


def whole_number(name: str, least: int, most: int) -> int | None:
    """A number that a form brings, or None when it is none between `least` and `most`."""
    text = request.form.get(name, "").strip()
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    return value if least <= value <= most else None


def one_line(text: str) -> str:
    """`text` for a log line: one line, bounded."""
    return " ".join(text.split())[:300]


def sentence_of(code: str) -> str:
    """The sentence of a stable code in the page's language; the code where nobody has one."""
    return speech.sentence_for(code, language()) or code or gettext("nothing to say")
