"""From a statement of our own people to a signed revision, and then to the door like everybody's.

If our own record is not fit to be admitted, we hear it first: `publish` raises the door's reason.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from node import intake, keys
from node.assembly import Node
from node.errors import NotAllowed, NotFound
from node.store import chains, notes, records
from protocol import moment
from protocol.card import card_record
from protocol.envelope import NODE, TOMBSTONE, Envelope
from protocol.limits import VERSION
from protocol.record import seal

DEFAULT_LICENCE = "CC-BY-4.0"
DEFAULT_AUTHOR = "commune"


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
    backwards, an erased record, a node that is recovering), `StoreFull`.
    """
    now = _signing_time(node)
    head = _own_head(node, record) if record else None
    if head is not None and head.state == "erased":
        raise NotAllowed("this record was erased: nothing can follow", "record_erased")
    body = _body(node, statement, record or str(uuid.uuid4()), head, now)
    return _sign_and_admit(node, body, keys.signing(node.config.keys).private, now)


def end(node: Node, uri: str, state: str, reason: str = "withdrawn", note: str = "") -> Envelope:
    """Withdraw or erase one of our records by a tombstone. `state`: withdrawn | erased.

    An erasure is final: every conforming node forgets the content and answers with a receipt.
    """
    did, _, record = uri.partition("/records/")
    if did != node.did:
        raise NotAllowed("only the node that published a record can withdraw it", "not_ours")
    head = _own_head(node, record)
    if head.type == NODE:
        raise NotAllowed("a node card cannot be withdrawn", "not_a_practice")
    if head.state in ("erased", state):
        raise NotAllowed(f"this record is {head.state} already", "already_ended")
    content: dict[str, Any] = {"state": state, "reason": reason}
    if note:
        content["note"] = note
    language = str(head.body.get("language", node.config.node_language))
    return publish(node, Statement(TOMBSTONE, content, language, head.visibility), record)


def publish_card(node: Node, content: Mapping[str, Any]) -> Envelope:
    """Sign the next card of this node's chain with its root key, and admit it. `content`: docs/records.md, Node."""
    now = _signing_time(node)
    root = keys.read(node.config.keys / keys.ROOT)
    with node.database.reading() as connection:
        chain = chains.chain_of(connection, node.did)
        head = records.by_digest(connection, chain.head.envelope.digest) if chain else None
    statement = Statement(NODE, content, node.config.node_language)
    body = _body(node, statement, card_record(node.did), head, now)
    return _sign_and_admit(node, body, root, now)


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


def _own_head(node: Node, record: str) -> records.Stored:
    with node.database.reading() as connection:
        head = records.get(connection, f"{node.did}/records/{record}", records.OURSELVES)
    if head is None:
        raise NotFound("this node has published no such record", "unknown_record")
    return head


def _signing_time(node: Node) -> int:
    """Now, unless the clock went backwards or the node is recovering."""
    now = node.now()
    with node.database.reading() as connection:
        last = int(notes.value(connection, "last_signed") or 0)
        state = notes.value(connection, "state")
    if state == "recovering":
        raise NotAllowed("this node is recovering: it publishes again when its own records are back", "recovering")
    if now < last - 1:
        raise NotAllowed(
            "the clock stands before the last signature: set it (`timedatectl set-ntp true`)",
            "clock_backwards",
        )
    return now
