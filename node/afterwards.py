"""What comes after publishing: withdrawn, erased, a voice taken out for good, two versions made one; who has answered.

Law: what cannot be undone is previewed here and confirmed by whoever asks. Erasing forgets drafts and their saves too.
A testimonial stands in the signed revision, so it leaves the network only with the whole record: the rest is published
again under a new address first, and the old record is erased. Sources: docs/protocol.md section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from node import attaching, drafting
from node.assembly import Node
from node.errors import NotAllowed, NotFound
from node.publish import Statement, end, publish, publish_once
from node.store import drafts, erasing, files, notes, peers, records
from node.store.accounts import User
from node.store.notes import Act
from node.store.records import OURSELVES, Stored

REASONS = {"withdrawn": ("withdrawn", "superseded", "mistake"), "erased": ("erasure-request", "unlawful", "mistake")}
"""By what is done: why, the usual reason first."""


@dataclass(frozen=True, slots=True)
class Consequences:
    """What ending a record touches: counts of what is about it here, and how many peers will be told."""

    revisions: int
    translations: int
    adaptations: int
    questions: int
    drafts: int
    peers: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a node has said that it carried out an erasure. `at`: seconds since 1970, None while it has not."""

    did: str
    at: int | None


def consequences(connection: Connection, node: Node, uri: str) -> Consequences:
    """What ending a record of ours would touch."""
    about = {kind: len(records.about(connection, uri, OURSELVES, [kind])) for kind in _ABOUT}
    record = uri.rpartition("/")[2]
    return Consequences(
        len(records.history(connection, uri)), about["Translation"], about["Adaptation"], about["Question"],
        len(drafts.of_record(connection, record)), len(_peers(connection)),
    )  # fmt: skip


def finish(node: Node, user: User, record: str, state: str, reason: str) -> None:
    """Withdraw (`withdrawn`) or erase (`erased`) a practice of ours. Raises as `publish.end`."""
    if reason not in REASONS.get(state, ()):
        raise NotAllowed("choose why", "reason_missing")
    uri = f"{node.did}/records/{record}"
    end(node, uri, state, reason)
    with node.database.writing() as connection:
        if state == "erased":
            notes.act(connection, node.now(), f"web:{user.name}", "record_erased", uri, reason)
        else:
            notes.act(connection, node.now(), f"web:{user.name}", "record_withdrawn", uri, reason)
    if state == "erased":
        erasing.forget(node.database)


def erase_voice(node: Node, user: User, record: str, place: int) -> str:
    """Take one testimonial out of the network: the rest as a new record, the old one erased. Returns the new URI.

    Raises `NotFound` (`unknown_record`), and as `publish.publish`.
    """
    with node.database.reading() as connection:
        head = drafting.own_head(connection, node, record)
    voices = head.content.get("testimonials")
    if not isinstance(voices, list) or not 0 <= place < len(voices):
        raise NotFound("there is no such testimonial", "unknown_record")
    content = {name: value for name, value in head.content.items() if name != "testimonials"}
    if len(voices) > 1:
        content["testimonials"] = [*voices[:place], *voices[place + 1 :]]
    publish_once(node, _again(head, content), lambda connection: _said(connection, node, content) is not None)
    with node.database.reading() as connection:
        uri = _said(connection, node, content)
    assert uri is not None
    finish(node, user, record, "erased", "erasure-request")
    with node.database.writing() as connection:
        notes.act(connection, node.now(), f"web:{user.name}", "voice_erased", uri, record)
    return uri


def answers(connection: Connection, node: Node, uri: str) -> list[Answer]:
    """For an erased record of ours: each peer, and each other node that has answered, those that have not first."""
    given = {
        one.origin: one.received
        for one in records.about(connection, uri, OURSELVES, ["Receipt"])
        if one.origin != node.did
    }
    every = {did: given.get(did) for did in [*_peers(connection), *given]}
    return sorted((Answer(did, at) for did, at in every.items()), key=lambda one: (one.at is not None, one.did))


def erase_file(node: Node, user: User, record: str, file: str) -> None:
    """Erase one file of a practice of ours, by the UUID of its record. Raises `NotFound` (`unknown_attachment`)."""
    with node.database.reading() as connection:
        held = attached(connection, node, record)
    if file not in {one.record for one in held}:
        raise NotFound("this practice has no such file", "unknown_attachment")
    attaching.erase(node, f"{node.did}/records/{file}", actor=f"web:{user.name}")


def attached(connection: Connection, node: Node, record: str) -> list[Stored]:
    """The live files of a practice of ours, oldest first."""
    return files.of_record(connection, f"{node.did}/records/{record}", OURSELVES)


def erased_files(connection: Connection, node: Node, record: str) -> list[tuple[Act, list[Answer]]]:
    """The files of a practice of ours that were erased one by one, the last first: the act, and who has answered."""
    acts = notes.acts(connection, 500, word="attachment_ended")
    mine = [act for act in acts if act.detail == f"erased {record}"]
    return [(act, answers(connection, node, act.object)) for act in mine]


def own(connection: Connection, node: Node) -> list[Stored]:
    """The practices of this node and what was made of them, the last changed first: live and ended ones."""
    found = [one for one in records.own(connection, node.did) if one.type in ("Practice", "Tombstone")]
    return [one for one in reversed(found) if one.type == "Practice" or _was_practice(connection, one)]


def versions(connection: Connection, node: Node, record: str) -> list[Stored]:
    """The revisions of a practice of ours that bear the head's number: more than one is a fork."""
    head = drafting.own_head(connection, node, record)
    held = records.history(connection, head.uri)
    return [one for one in held if one.revision == head.revision and one.data is not None and not one.void]


def settle_fork(node: Node, user: User, record: str, digest: str) -> None:
    """Publish the chosen one of two versions as the next revision. Raises `NotFound`, and as `publish.publish`."""
    with node.database.reading() as connection:
        both = versions(connection, node, record)
    chosen = next((one for one in both if one.digest.hex() == digest), None)
    if chosen is None or len(both) < 2:
        raise NotFound("there are no two versions of this practice any more", "unknown_record")
    publish(node, _again(chosen, chosen.content), record)
    with node.database.writing() as connection:
        notes.act(connection, node.now(), f"web:{user.name}", "fork_settled", chosen.uri, digest)


_ABOUT = ("Translation", "Adaptation", "Question")


def _again(head: Stored, content: Mapping[str, Any]) -> Statement:
    body = head.body
    return Statement(
        head.type, content, str(body["language"]), str(body["visibility"]), str(body["author"]), str(body["licence"]),
        body.get("illustrative") is True,
    )  # fmt: skip


def _said(connection: Connection, node: Node, content: Mapping[str, Any]) -> str | None:
    ours = records.latest(connection, OURSELVES, ["Practice"], origin=node.did, limit=20)
    return next((one.uri for one in ours if one.content == content), None)


def _peers(connection: Connection) -> list[str]:
    return [one.did for one in peers.everyone(connection) if one.state in (peers.ACTIVE, peers.PAUSED)]


def _was_practice(connection: Connection, ended: Stored) -> bool:
    """Whether a tombstone of ours ends a practice; of an erased one nobody knows, and it is shown."""
    history = records.history(connection, ended.uri)
    return any(one.type == "Practice" for one in history)
