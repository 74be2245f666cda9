"""What other towns say to this one, and how it answers: adaptations of its practices, questions to it, answers to its
own questions; and the acknowledgement, which is one press. Nothing here decides what others may say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from node import lineage
from node.assembly import Node
from node.drafting_text import clean
from node.errors import NotAllowed, NotFound
from node.publish import Statement, end, publish_once
from node.store import notes, records
from node.store.records import MEMBERS, OURSELVES, Stored

ACKNOWLEDGEMENT = "Acknowledgement"
RECENT = 200
"""Records of a kind that are looked at for what concerns this node."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that another town said to this one. `about`: what of ours it concerns, None for a question to all;
    `answered`: whether this node has answered it (acknowledged, or replied)."""

    said: Stored
    about: Stored | None
    answered: bool


def adaptations(connection: Connection, node: Node) -> list[Heard]:
    """Other towns' adaptations of this node's practices, the last received first."""
    found = [one for one in _recent(connection, "Adaptation") if one.origin != node.did and _ours(node, one.about)]
    return [_heard(connection, one, lineage.acknowledged(connection, one, MEMBERS) is not None) for one in found]


def questions(connection: Connection, node: Node) -> list[Heard]:
    """Open questions of others that this node is asked: by name, about its practices, or of everybody."""
    found = []
    for one in _recent(connection, "Question"):
        asked = one.content.get("addressedTo") or []
        mine = node.did in asked or _ours(node, one.about)
        if one.origin != node.did and (mine or not asked) and one.content.get("status") != "closed":
            replies = records.about(connection, one.uri, MEMBERS, ["Answer"])
            found.append(_heard(connection, one, any(reply.origin == node.did for reply in replies)))
    return found


def answers(connection: Connection, node: Node) -> list[Heard]:
    """Answers of others to this node's questions, the last received first."""
    found = [one for one in _recent(connection, "Answer") if one.origin != node.did and _ours(node, one.about)]
    return [_heard(connection, one, lineage.acknowledged(connection, one, MEMBERS) is not None) for one in found]


def acknowledge(node: Node, actor: str, uri: str, text: str, language: str) -> str:
    """Say that this node knows of an adaptation of its practice, or accepts an answer to its question. `text`: a word
    with it, or nothing; `actor`: for the audit log. Said once. Returns the record's URI.

    Raises `NotFound` (`unknown_record`), `NotAllowed` (`not_ours`), and as `publish.publish`.
    """
    with node.database.reading() as connection:
        said = records.get(connection, uri, MEMBERS)
    if said is None or said.state != "live" or said.type not in ("Adaptation", "Answer"):
        raise NotFound("no such adaptation or answer is held here", "unknown_record")
    if not _ours(node, said.about):
        raise NotAllowed("only the node that published the practice, or asked the question, acknowledges", "not_ours")
    content: dict[str, object] = {"about": uri, "aboutDigest": said.digest.hex()}
    if clean(text):
        content["text"] = {language: clean(text)[:500]}
    statement = Statement(ACKNOWLEDGEMENT, content, language, visibility=said.visibility)
    publish_once(node, statement, lambda connection: _said(connection, node, uri) is not None)
    with node.database.writing() as connection:
        notes.act(connection, node.now(), actor, "acknowledged", uri)
        made = _said(connection, node, uri)
    assert made is not None
    return made.uri


def take_back(node: Node, actor: str, uri: str) -> None:
    """Withdraw what `acknowledge` said. Raises `NotFound` (`unknown_record`)."""
    with node.database.reading() as connection:
        made = _said(connection, node, uri)
    if made is None:
        raise NotFound("this was not acknowledged", "unknown_record")
    end(node, made.uri, "withdrawn")
    with node.database.writing() as connection:
        notes.act(connection, node.now(), actor, "acknowledged_no_more", uri)


def unanswered(heard: Iterable[Heard]) -> int:
    """How many of these wait for this node."""
    return sum(not one.answered for one in heard)


def _recent(connection: Connection, type_: str) -> list[Stored]:
    return records.latest(connection, MEMBERS, [type_], limit=RECENT)


def _ours(node: Node, uri: str | None) -> bool:
    return bool(uri) and str(uri).startswith(f"{node.did}/records/")


def _heard(connection: Connection, said: Stored, answered: bool) -> Heard:
    return Heard(said, records.get(connection, said.about, OURSELVES) if said.about else None, answered)


def _said(connection: Connection, node: Node, uri: str) -> Stored | None:
    held = records.about(connection, uri, OURSELVES, [ACKNOWLEDGEMENT])
    return next((one for one in held if one.origin == node.did), None)
