"""Invitations: single-use links that make whoever brings one a peer at once, and how an address or a link is read.

Only the SHA-256 of a token is kept. `peering` uses an invitation up; this room gives, lists and withdraws them.
"""

from __future__ import annotations

import hashlib
import secrets
from urllib.parse import urlsplit

from node.addresses import ascii_address
from node.assembly import Node
from node.errors import NotAllowed, NotFound
from node.store import chains, notes
from node.store.notes import Invitation

MARK = "wasl-invite="


def create(node: Node, label: str = "", hours: int = 72, actor: str = "administrator") -> str:
    """A single-use invitation link, valid for `hours`. Shown once: only a hash of its token is kept.

    Raises `NotAllowed` (`no_address`) for a node that nobody can reach: it asks instead of inviting.
    """
    with node.database.reading() as connection:
        chain = chains.chain_of(connection, node.did)
    url = chain.head.url if chain else None
    if url is None:
        raise NotAllowed(
            "this node has no public address, so nobody can follow its invitation: ask the other",
            "no_address",
        )
    token = secrets.token_hex(16)
    now = node.now()
    with node.database.writing() as connection:
        notes.add_invitation(connection, hash_of(token), label, now, now + hours * 3600)
        notes.act(connection, now, actor, "invite", label)
    return f"{url}#{MARK}{node.did}.{token}"


def listing(node: Node) -> list[Invitation]:
    """Every invitation that this node gave, newest first; the links themselves are not kept."""
    with node.database.reading() as connection:
        return notes.all_invitations(connection)


def revoke(node: Node, link: str, actor: str = "administrator") -> None:
    """Withdraw an invitation that nobody has used, by its link. Raises `NotFound`, or `NotAllowed` for no link."""
    _, _, token = target_of(link)
    _revoke(node, hash_of(token), actor)


def revoke_by_hash(node: Node, text: str, actor: str = "administrator") -> None:
    """Withdraw an invitation by the hash of its token, hex, or its first eight digits or more. Raises `NotFound`."""
    text = text.lower()
    found = [entry for entry in listing(node) if len(text) >= 8 and entry.token_hash.hex().startswith(text)]
    if len(found) != 1:
        raise NotFound("no invitation begins like this; `wasl peer invitations` lists them", "invitation_unknown")
    _revoke(node, found[0].token_hash, actor)


def target_of(text: str) -> tuple[str, str, str]:
    """(url, expected DID or empty, token or empty) of an address or an invitation.

    Raises `NotAllowed` (`bad_invitation`), or `AddressRefused` for a host name that cannot be one.
    """
    url, _, fragment = text.strip().partition("#")
    url = ascii_address(url)
    if not fragment:
        return url, "", ""
    did, dot, token = fragment.removeprefix(MARK).rpartition(".")
    if not fragment.startswith(MARK) or not dot or not did.startswith("did:key:") or not urlsplit(url).netloc:
        raise NotAllowed(
            "this is no invitation: it looks like https://node.example#wasl-invite=did:key:….…",
            "bad_invitation",
        )
    return url, did, token


def hash_of(token: str) -> bytes:
    """What is kept of an invitation's token."""
    return hashlib.sha256(token.encode("utf-8")).digest()


def _revoke(node: Node, token_hash: bytes, actor: str) -> None:
    with node.database.writing() as connection:
        notes.revoke_invitation(connection, token_hash, node.now())
        notes.act(connection, node.now(), actor, "revoke_invitation", token_hash.hex()[:16])
