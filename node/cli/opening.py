"""Open the node that a command works on, and name records and peers as a person types them."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from node.assembly import Node, open_node
from node.cli.terminal import Terminal
from node.errors import NotFound
from node.store import chains, peers
from protocol import fingerprint

_SHORTEST = 6
"""Characters of a DID's end that name a peer, at least."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@contextmanager
def opened(terminal: Terminal) -> Iterator[Node]:
    """The open node, given back at the end. Raises what `open_node` raises."""
    node = open_node(terminal.home, terminal.environ)
    try:
        yield node
    finally:
        node.close()


def actor() -> str:
    """Who acts, for the audit log: the user of the operating system."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a container whose user has no name
        return f"cli:{os.getuid()}"


def uri_of(node: Node, text: str) -> str:
    """The record URI that a person means: a whole URI, or the id alone for a record of ours."""
    return f"{node.did}/records/{text}" if _UUID.fullmatch(text) else text


def peer_of(node: Node, text: str) -> str:
    """The DID that a person means: a whole one, or the end of one peer's, six characters at least.

    Never a name: nodes give themselves their names. Raises `NotFound` (`unknown_peer`).
    """
    if text.startswith("did:key:"):
        return text
    with node.database.reading() as connection:
        found = [peer.did for peer in peers.everyone(connection) if peer.did.endswith(text)]
    if len(text) < _SHORTEST or len(found) != 1:
        raise NotFound("no single peer's identity ends like this; `wasl peer list` shows them", "unknown_peer")
    return found[0]


def name_of(node: Node, did: str, language: str) -> str | None:
    """What a node calls itself, if its card is held: a claim, never proof of who it is."""
    with node.database.reading() as connection:
        chain = chains.chain_of(connection, did)
    return chain.head.name(language) if chain else None


def words_of(did: str, language: str) -> str:
    """The eight fingerprint words of a node, as they are read aloud."""
    return " ".join(fingerprint.words(did, language))
