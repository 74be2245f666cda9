"""From a statement of our own people to a signed revision, and then to the door like everybody's.

If our own record is not fit to be admitted, we hear it first: `publish` raises the door's reason.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from node import intake, keys
from node.assembly import Node
from node.errors import NotAllowed, NotFound
from node.store import chains, notes, records
from node.store.log import TRANSLATION
from protocol import moment
from protocol.card import card_record
from protocol.envelope import NODE, TOMBSTONE, Envelope
from protocol.limits import VERSION
from protocol.record import seal

DEFAULT_LICENCE = "CC-BY-4.0"
DEFAULT_AUTHOR = "commune"
RESTATES_MOST = 16
"""Digests that a revision signed again lists: a text that outlives so many stolen keys has other troubles."""

_NARROWER = ("public", "network", "node")
_DIGEST = re.compile("[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a person wants to say. `author` is a role or an organisation, never a person's name without consent."""

    type: str
    content: Mapping[str, Any]
    language: str
    visibility: str = "public"
    author: str = DEFAULT_AUTHOR
    licence: str = DEFAULT_LICENCE
    illustrative: bool = False


def publish(node: Node, statement: Statement, record: str | None = None) -> Envelope:
    """Sign and admit a new record, or, with `record` (the UUID of one of ours), its next revision.

    Raises `FieldProblem` and its kin for what is wrong with the statement, `NotFound`, `NotAllowed` (the clock went
    backwards, an erased record, a node that is recovering or whose key is used elsewhere), `StoreFull`.
    """
    with _alone(node):
        return _publish(node, statement, record)


def publish_once(node: Node, statement: Statement, given: Callable[[Connection], bool]) -> bool:
    """Publish a new record unless `given` finds that it was said already; asked while nobody else signs.

    So two workers that follow one log say it once. Returns whether it was published. Raises as `publish`.
    """
    with _alone(node):
        with node.database.reading() as connection:
            if given(connection):
                return False
        _publish(node, statement, None)
        return True


def _publish(node: Node, statement: Statement, record: str | None) -> Envelope:
    now = _signing_time(node)
    head = _own_head(node, record) if record else None
    if head is not None and head.state == "erased":
        raise NotAllowed("this record was erased: nothing can follow", "record_erased")
    if head is not None and statement.visibility == "node" and _shown_to(node, head) != "node":
        raise NotAllowed("other nodes hold this record already: withdraw or erase it instead", "shared_already")
    with node.database.reading() as connection:
        statement = no_wider(connection, statement)
    body = _body(node, statement, record or str(uuid.uuid4()), head, now)
    return _sign_and_admit(node, body, node.signing.private, now)


def no_wider(connection: Connection, statement: Statement) -> Statement:
    """What is to be signed, and for whom: a translation says what its source says, so it is for nobody else.

    It is for those who see both the source as it stands and the revision that is translated; others stay as they are.
    """
    if statement.type != TRANSLATION or statement.visibility not in _NARROWER:
        return statement
    target, digest = str(statement.content.get("target")), str(statement.content.get("targetDigest"))
    revision = records.by_digest(connection, bytes.fromhex(digest)) if _DIGEST.fullmatch(digest) else None
    shown = [one for one in (records.get(connection, target, records.OURSELVES), revision) if one is not None]
    narrowest = max([statement.visibility, *(one.visibility for one in shown)], key=_NARROWER.index)
    return replace(statement, visibility=narrowest)


def end(node: Node, uri: str, state: str, reason: str = "withdrawn", note: str = "") -> Envelope:
    """Withdraw or erase one of our records by a tombstone. `state`: withdrawn | erased.

    An erasure is final: every conforming node forgets the content and answers with a receipt. It takes with it, before
    it, what is attached to the record: their text and bytes are part of what is to be forgotten.
    """
    did, _, record = uri.partition("/records/")
    if did != node.did:
        raise NotAllowed("only the node that published a record can withdraw it", "not_ours")
    head = _own_head(node, record)
    if head.type == NODE:
        raise NotAllowed("a node card cannot be withdrawn", "not_a_practice")
    if head.state in ("erased", state):
        raise NotAllowed(f"this record is {head.state} already", "already_ended")
    for attached in _attached(node, uri) if state == "erased" else []:
        end(node, attached.uri, state, reason, note)
    content: dict[str, Any] = {"state": state, "reason": reason}
    if note:
        content["note"] = note
    language = str(head.body.get("language", node.config.node_language))
    return publish(node, Statement(TOMBSTONE, content, language, _shown_to(node, head)), record)


def publish_card(
    node: Node,
    content: Mapping[str, Any],
    sheet: bytes | None = None,
    after: bytes | None = None,
    *,
    recovers: bool = False,
) -> Envelope:
    """Sign the next card of this node's chain with the root key that it names, and admit it.

    `content`: docs/records.md, Node; `sheet`: the seed, where the root key is not on this machine; `after`: digest of
    the card that it follows, where that is not the last one; `recovers`: also in a node that recovers, which has asked
    its peers for its cards (`rebuilding`). Raises as `publish`, and as `keys.root`.
    """
    root = keys.root(node.config.keys, str(content["root"]), sheet)
    with _alone(node):
        now = _signing_time(node, even_doubled=True, even_recovering=recovers)
        with node.database.reading() as connection:
            chain = chains.chain_of(connection, node.did)
            before = after or (chain.head.envelope.digest if chain else None)
            head = records.by_digest(connection, before) if before else None
        statement = Statement(NODE, content, node.config.node_language)
        return _sign_and_admit(node, _body(node, statement, card_record(node.did), head, now), root, now)


def sign_again(node: Node, choose: Callable[[Connection], Sequence[tuple[records.Stored, int]]]) -> int:
    """Say again, with the key in use now, what revisions of ours say. Returns how many the door took in.

    `choose`: called while nobody else signs; gives the revisions, each with its new number. All but number, nonce and
    proof stays as it was, and `restates` lists the digests under which the same was said, so that a translation of one
    of them is none of an older text. Also for an erasure, and in a node whose key is used elsewhere.
    """
    with _alone(node):
        now = _signing_time(node, even_doubled=True)
        with node.database.reading() as connection:
            chosen = choose(connection)
        lines = [seal(_again(kept, number), node.signing.private, moment.to_text(now)) for kept, number in chosen]
        verdicts = intake.admit_many(node, lines) if lines else []
        with node.database.writing() as connection:
            notes.set_value(connection, "last_signed", str(now))
    return sum(verdict.stored for verdict in verdicts)


def _again(kept: records.Stored, number: int) -> dict[str, Any]:
    body = {name: value for name, value in kept.body.items() if name != "proof"}
    said = body.get("restates")
    before = [str(digest) for digest in said] if isinstance(said, list) else []
    return body | {
        "revision": number,
        "previous": kept.digest.hex(),
        "nonce": secrets.token_hex(16),
        "restates": [*before, kept.digest.hex()][-RESTATES_MOST:],
    }


@contextmanager
def _alone(node: Node) -> Iterator[None]:
    """One signature at a time, whatever the process and the machine: two would give one record's number twice."""
    handle = os.open(node.config.keys, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with node.database.in_turn():
            yield
    finally:
        os.close(handle)


def _sign_and_admit(node: Node, body: dict[str, Any], private: Any, now: int) -> Envelope:
    envelope = Envelope.from_bytes(seal(body, private, moment.to_text(now)))
    verdict = intake.admit(node, envelope.data)
    if not verdict.stored:
        raise NotAllowed(verdict.detail or f"the door said {verdict.status}", verdict.code or verdict.status)
    with node.database.writing() as connection:
        notes.set_value(connection, "last_signed", str(now))
    return envelope


def _body(node: Node, statement: Statement, record: str, head: records.Stored | None, now: int) -> dict[str, Any]:
    created = str(head.body.get("createdAt")) if head is not None and head.data is not None else moment.to_text(now)
    body: dict[str, Any] = {
        "wasl": VERSION,
        "type": statement.type,
        "origin": node.did,
        "record": record,
        "revision": head.revision + 1 if head else 1,
        "nonce": secrets.token_hex(16),
        "createdAt": min(created, moment.to_text(now)),
        "modifiedAt": moment.to_text(now),
        "language": statement.language,
        "author": statement.author,
        "licence": statement.licence,
        "visibility": statement.visibility,
        "illustrative": statement.illustrative,
        "content": dict(statement.content),
    }
    if head is not None:
        body["previous"] = head.digest.hex()
    return body


def _attached(node: Node, uri: str) -> list[records.Stored]:
    """The attachments of ours that belong to a record and still say something, withdrawn ones too."""
    with node.database.reading() as connection:
        named = records.attached(connection, uri)
        held = [records.get(connection, one, records.OURSELVES) for one in named]
    return [one for one in held if one is not None and one.origin == node.did and one.state != "erased"]


def _shown_to(node: Node, head: records.Stored) -> str:
    """The widest visibility that any revision of a record had: its end must come wherever one of them came."""
    with node.database.reading() as connection:
        seen = {stored.visibility for stored in records.history(connection, head.uri)}
    return next((wide for wide in ("public", "network") if wide in seen), head.visibility)


def standing(node: Node, record: str | None) -> Mapping[str, Any]:
    """The body of one of our records as it stands; empty for a new one, and for one that is not here."""
    with node.database.reading() as connection:
        head = records.get(connection, f"{node.did}/records/{record}", records.OURSELVES) if record else None
    return head.body if head is not None else {}


def _own_head(node: Node, record: str) -> records.Stored:
    with node.database.reading() as connection:
        head = records.get(connection, f"{node.did}/records/{record}", records.OURSELVES)
    if head is None:
        raise NotFound("this node has published no such record", "unknown_record")
    return head


def _signing_time(node: Node, *, even_doubled: bool = False, even_recovering: bool = False) -> int:
    """Now, unless the clock went backwards, the node is recovering, or somebody else signs with its key.

    `even_doubled`, `even_recovering`: for what ends these states.
    """
    now = node.now()
    with node.database.reading() as connection:
        last = int(notes.value(connection, "last_signed") or 0)
        state = notes.value(connection, "state")
    if state == "recovering" and not even_recovering:
        raise NotAllowed("this node is recovering: it publishes again when its own records are back", "recovering")
    if state == "doubled" and not even_doubled:
        raise NotAllowed("records that this node did not write are signed with its key: decide about them", "doubled")
    if now < last - 1:
        raise NotAllowed(
            "the clock stands before the last signature: set it (`timedatectl set-ntp true`)",
            "clock_backwards",
        )
    return now
