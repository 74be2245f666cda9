"""Acts with the root key: another signing key, a stolen one revoked, another sheet, another address.

Each act is a few cards and, for a revocation, every record of ours signed again in between, so that no reader finds a
record missing at any moment: first the card that brings the new key in, then the records, then the card that revokes.
An act may be killed at any step: what is under way stands in the database, and the next call goes on from there. The
root key comes from the files of this machine, or from the words of the recovery sheet (`sheet`, the seed) once the root
is kept away. Called by pages and commands; signs through `publish`. Source: docs/protocol.md section 4.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from node import keys, owncards, recovery, resigning
from node.assembly import Node
from node.errors import NotAllowed, NotFound, SheetWrong
from node.store import notes, sightings
from protocol.card import root_digest
from protocol.envelope import Envelope
from protocol.limits import MAX_KEYS

ROTATE, REVOKE, ROTATE_ROOT = "rotate", "revoke", "rotate_root"

_UNDER_WAY = "key_act"
_CONFIRMED, _DETACHED = "sheet_confirmed_at", "root_detached_at"
Progress = Callable[[int, int], None]
"""Called with how many records are signed again, and how many there were in all."""


@dataclass(frozen=True, slots=True)
class KeyState:
    """All that there is to show. `root`: sheet | files (of version 0.1) | away; `root_number`: which of its sheet;
    `keys`: multikey -> active | retired | revoked; `under_way`: "" or the act that was interrupted."""

    root: str
    root_key: str
    root_number: int | None
    signing: str
    keys: Mapping[str, str]
    card: int
    url: str | None
    confirmed_at: int | None
    detached_at: int | None
    under_way: str


@dataclass(frozen=True, slots=True)
class RevokePreview:
    """What a revocation would do: `records` of ours signed again, `forged` revisions of somebody else void."""

    keys: tuple[str, ...]
    records: int
    by_type: Mapping[str, int]
    forged: int
    under_way: bool


@dataclass(frozen=True, slots=True)
class Revoked:
    """What a revocation did. `records`: signed again by this call."""

    keys: tuple[str, ...]
    new_key: str
    records: int


def seed_here(node: Node) -> bytes | None:
    """The recovery sheet, while it is on this machine."""
    return keys.seed(node.config.keys)


def root_here(node: Node) -> bool:
    """True while this machine can sign a card without the sheet."""
    with node.database.reading() as connection:
        head = owncards.head(connection, node)
    try:
        keys.root(node.config.keys, head.root)
    except NotAllowed:
        return False
    return True


def state_of(node: Node) -> KeyState:
    """Which keys speak for this node, and where the root key is."""
    with node.database.reading() as connection:
        head = owncards.head(connection, node)
        confirmed, detached = (notes.value(connection, name) for name in (_CONFIRMED, _DETACHED))
        under_way = interrupted(connection, node.config.keys)
    seed = seed_here(node)
    number = recovery.number_of(seed, head.root) if seed is not None else None
    return KeyState(
        root="sheet" if number is not None else "files" if root_here(node) else "away",
        root_key=head.root,
        root_number=number,
        signing=node.signing.multikey,
        keys=dict(head.keys),
        card=head.number,
        url=head.url,
        confirmed_at=int(confirmed) if confirmed else None,
        detached_at=int(detached) if detached else None,
        under_way=under_way,
    )


def interrupted(connection: Connection, folder: Path) -> str:
    """The act that was begun and not finished: rotate | revoke | rotate_root; empty for none. `folder`: of the keys."""
    return str(_under_way(connection).get("act") or (ROTATE_ROOT if (folder / keys.NEXT_SEED).exists() else ""))


def confirm_sheet(node: Node, text: str) -> bytes:
    """The seed that the words (or the text of the QR code) of this node's own sheet stand for.

    Raises `SheetWrong`: `sheet_wrong` for a wrong word, `sheet_foreign` for another sheet than the newest of this node.
    """
    seed = recovery.seed_from(text)
    with node.database.reading() as connection:
        head = owncards.head(connection, node)
    if recovery.number_of(seed, head.root) is None:
        raise SheetWrong("these are the words of a sheet, but not of this node's newest one", code="sheet_foreign")
    with node.database.writing() as connection:
        notes.set_value(connection, _CONFIRMED, str(node.now()))
    return seed


def detach(node: Node, text: str, actor: str) -> None:
    """Take the root key off this machine, once all words of the sheet were typed: from now on it is in the safe only.

    Raises `SheetWrong`, `NotAllowed`: `no_sheet`, `already_detached`, `key_act_under_way`.
    """
    here = seed_here(node)
    if here is None:
        if root_here(node):
            raise NotAllowed("this node has no recovery sheet yet: make one first", "no_sheet")
        raise NotAllowed("the root key is not on this machine any more", "already_detached")
    with node.database.reading() as connection:
        _nothing_else(_under_way(connection), "")
    if (node.config.keys / keys.NEXT_SEED).exists():
        _nothing_else({"act": ROTATE_ROOT}, "")
    if confirm_sheet(node, text) != here:
        raise SheetWrong("these are the words of another sheet of this node", code="sheet_foreign")
    keys.forget(node.config.keys, keys.SEED, keys.ROOT, keys.NEXT_ROOT)
    with node.database.writing() as connection:
        notes.set_value(connection, _DETACHED, str(node.now()))
        notes.act(connection, node.now(), actor, "detach_root", node.did)


def rotate_signing(node: Node, sheet: bytes | None, actor: str) -> str:
    """Sign with a new key from now on; the old one is retired, and what it signed stays valid. Returns the new key.

    Raises `NotAllowed`: `root_key_away`, `too_many_keys`, `key_act_under_way`, `recovering`; `SheetWrong`.
    """
    old = _begin(node, ROTATE, sheet, [node.signing.multikey])
    new = _bring_in(node, sheet, old)
    owncards.set_keys(node, sheet, dict.fromkeys(old, "retired"))
    _finish(node, actor, "rotate_signing", f"{old[0]} -> {new}")
    return new


def preview_revoke(node: Node, key: str | None = None) -> RevokePreview:
    """What revoking `key` (the one in use, unless given) would do. Writes nothing."""
    with node.database.reading() as connection:
        going_on = _under_way(connection)
        bad = tuple(going_on["keys"]) if going_on.get("act") == REVOKE else (_listed(connection, node, key),)
        by_type = Counter(again.kept.type for again in resigning.owed(connection, node.did, frozenset(bad)))
        forged = sightings.count_not_ours(connection)
    return RevokePreview(bad, by_type.total(), by_type, forged, bool(going_on))


def revoke_signing(
    node: Node, sheet: bytes | None, actor: str, progress: Progress | None = None, *, key: str | None = None
) -> Revoked:
    """Void everything that a stolen key signs or ever signed, after our own records are signed again.

    `key`: the one in use unless given. What others signed with it disappears everywhere; what we wrote stays where it
    is. Killed at any step, the next call goes on. Raises `NotAllowed`: `root_key_away`, `too_many_keys`,
    `key_act_under_way`, `key_revoked_already`, `recovering`; `NotFound` (`no_such_key`); `SheetWrong`.
    """
    with node.database.reading() as connection:
        wanted = _listed(connection, node, key)
    total = preview_revoke(node, key).records
    bad = _begin(node, REVOKE, sheet, [wanted])
    new = _bring_in(node, sheet, bad)
    done = 0
    for state in ("", "revoked"):  # and once more: what a forged revision had kept down is free when that is void
        if state:
            owncards.set_keys(node, sheet, dict.fromkeys(bad, state))
        for count in resigning.sign_again(node, frozenset(bad)):
            done += count
            if progress is not None:
                progress(done, max(total, done))
    _finish(node, actor, "revoke_signing", f"{', '.join(bad)} -> {new}; {done} records signed again", thief_gone=True)
    return Revoked(tuple(bad), new, done)


def rotate_root(node: Node, sheet: bytes | None, actor: str) -> bytes:
    """Make a new recovery sheet; the old one, and root keys that somebody has stolen, say nothing any more.

    The key that the last card committed to signs a card that commits to the new sheet's first root, and that root the
    next card. Also gives a node of version 0.1 its first sheet. Returns the new seed, which is on this machine until it
    is detached. Killed at any step, the next call goes on; another act may be under way. Raises `NotAllowed`:
    `root_key_away`, `recovering`; `SheetWrong`.
    """
    folder = node.config.keys
    with node.database.reading() as connection:
        _not_recovering(connection)
        last = owncards.last_own(connection, node)
    fresh = keys.seed(folder, keys.NEXT_SEED)
    if fresh is None:
        owncards.next_root(node, last, sheet)
        fresh = secrets.token_bytes(recovery.SEED_BYTES)
        keys.write_seed(folder, fresh, keys.NEXT_SEED)
    first, second = recovery.root_name(fresh, 1), recovery.root_name(fresh, 2)
    if last.root != first and last.next_root_digest != root_digest(first):
        owncards.put(
            node, last, sheet, {"root": owncards.next_root(node, last, sheet), "nextRootDigest": root_digest(first)}
        )
        with node.database.reading() as connection:
            last = owncards.last_own(connection, node)
    if last.root != first:
        owncards.put(node, last, fresh, {"root": first, "nextRootDigest": root_digest(second)})
    keys.forget(folder, keys.ROOT, keys.NEXT_ROOT)
    with node.database.writing() as connection:
        for name in (_CONFIRMED, _DETACHED):
            notes.set_value(connection, name, "")
        notes.act(connection, node.now(), actor, "rotate_root", node.did, first)
    keys.take_place(folder, keys.NEXT_SEED, keys.SEED)
    return fresh


def move(node: Node, url: str | None, sheet: bytes | None, actor: str) -> Envelope:
    """Say on our card that we are reached at `url` (None: nobody can); peers follow when they read it.

    The address was checked by `federation.outbound.checked_url`. Raises `NotAllowed`: `same_address`, `root_key_away`.
    """
    with node.database.reading() as connection:
        head = owncards.head(connection, node)
    if head.url == url:
        raise NotAllowed("the card says so already", "same_address")
    card = owncards.put(node, head, sheet, {"url": url})
    with node.database.writing() as connection:
        notes.act(connection, node.now(), actor, "move", url or "", head.url or "")
    return card


def _begin(node: Node, act: str, sheet: bytes | None, wanted: list[str]) -> list[str]:
    """The keys that the act is about: those of an interrupted call, else `wanted`, which is written down first."""
    with node.database.reading() as connection:
        _not_recovering(connection)
        before = _under_way(connection)
        head = owncards.head(connection, node)
        stolen = head.envelope.digest != owncards.last_own(connection, node).envelope.digest
    if stolen:
        raise NotAllowed(owncards.STOLEN, "root_stolen")
    _nothing_else(before, act)
    keys.root(node.config.keys, head.root, sheet)
    if before:
        return [str(key) for key in before["keys"]]
    if len(head.keys) >= MAX_KEYS and node.signing.multikey in wanted:
        raise NotAllowed(f"a card lists at most {MAX_KEYS} keys: found a new node", "too_many_keys")
    _note_under_way(node, act, wanted)
    return wanted


def _bring_in(node: Node, sheet: bytes | None, old: list[str]) -> str:
    """Sign with a new key if the one in use is among `old`: first a card lists it, then its file takes the place."""
    folder = node.config.keys
    if node.signing.multikey in old:
        if not (folder / keys.NEXT_SIGNING).exists():
            keys.write(folder / keys.NEXT_SIGNING, Ed25519PrivateKey.generate())
        owncards.set_keys(node, sheet, {keys.multikey_of(keys.read(folder / keys.NEXT_SIGNING)): "active"})
        keys.take_place(folder, keys.NEXT_SIGNING, keys.SIGNING)
    return node.signing.multikey


def _listed(connection: Connection, node: Node, key: str | None) -> str:
    """The key that a person means, as the card lists it; the one in use unless given. Its end is enough."""
    states = owncards.head(connection, node).keys
    found = [name for name in states if name == key or (key and len(key) >= 6 and name.endswith(key))]
    if key is None:
        found = [node.signing.multikey]
    if len(found) != 1:
        raise NotFound("the card lists no such signing key: `wasl key show` shows them", "no_such_key")
    if states.get(found[0]) == "revoked" and not _under_way(connection):
        raise NotAllowed("this key is revoked already", "key_revoked_already")
    return found[0]


def _under_way(connection: Connection) -> dict[str, Any]:
    text = notes.value(connection, _UNDER_WAY)
    return dict(orjson.loads(text)) if text else {}


def _nothing_else(under_way: Mapping[str, Any], act: str) -> None:
    before = under_way.get("act", act)
    if before != act:
        raise NotAllowed(f"an act with the keys was interrupted ({before}): do it again first", "key_act_under_way")


def _not_recovering(connection: Connection) -> None:
    """Cards of ours may be missing here while we recover: another one would stand beside them."""
    if notes.value(connection, "state") == "recovering":
        raise NotAllowed("this node is recovering: let its own records come back first", "recovering")


def _note_under_way(node: Node, act: str, about: list[str]) -> None:
    with node.database.writing() as connection:
        notes.set_value(connection, _UNDER_WAY, orjson.dumps({"act": act, "keys": about}).decode("ascii"))


def _finish(node: Node, actor: str, word: str, detail: str, *, thief_gone: bool = False) -> None:
    """Nothing is under way any more. `thief_gone`: what nobody has decided about was forged, and we publish again."""
    with node.database.writing() as connection:
        notes.set_value(connection, _UNDER_WAY, "")
        notes.act(connection, node.now(), actor, word, node.did, detail)
        if thief_gone:
            sightings.settle(connection, sightings.FORGED)
            if notes.value(connection, "state") == "doubled":
                notes.set_value(connection, "state", "")
