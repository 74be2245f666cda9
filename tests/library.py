"""What a node of a search test holds: demonstration records of its own, and practices with words of one's choosing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from node import indexing, publish
from node.assembly import Node
from node.demo import story
from node.documents import document_of
from node.publish import Statement
from node.store import chains, records
from node.store.records import PUBLIC
from node.transfer import demo_lines
from protocol.envelope import Envelope
from search import MemoryIndex

TYPES = ("Practice", "Translation")


def fill(node: Node, practices: int = 60) -> dict[str, Envelope]:
    """Publish the first demonstration practices and their translations as this node's own. Gives id -> record."""
    told: dict[str, Envelope] = {}
    for line in story.lines():
        if line["type"] not in TYPES or (line["type"] == "Practice" and len(told) >= practices):
            continue
        if line["type"] == "Translation" and line["target"] not in told:
            continue
        kept = {name: value for name, value in line.items() if name != "relatedPractices"}
        digests = {envelope.uri: envelope.digest.hex() for envelope in told.values()}
        statement = demo_lines.statement(kept, lambda name: told[name].uri if name in told else None, digests.get)
        told[line["id"]] = publish.publish(node, statement)
    return told


def say(node: Node, title: str, summary: str = "", language: str = "fr", **more: Any) -> Envelope:
    """Publish a practice with this title and summary. `more`: fields of its content, and `visibility`."""
    visibility = more.pop("visibility", "public")
    line = next(line for line in story.lines() if line["type"] == "Practice" and line["language"] == language)
    kept = {name: value for name, value in line.items() if name != "relatedPractices"}
    statement = demo_lines.statement(kept, lambda _name: None, lambda _uri: None)
    content = dict(statement.content) | {"title": {language: title}} | more
    if summary:
        content["summary"] = {language: summary}
    return publish.publish(node, Statement("Practice", content, language, visibility))


def translate(node: Node, target: Envelope, to: str, visibility: str = "public", **fields: str) -> Envelope:
    """Publish a translation of `target` with these fields."""
    content: Mapping[str, Any] = {
        "target": target.uri, "targetDigest": target.digest.hex(), "from": target.body["language"], "to": to,
        "fields": fields, "method": "human", "translator": "ISG",
    }  # fmt: skip
    return publish.publish(node, Statement("Translation", content, to, visibility))


def oracle(node: Node) -> MemoryIndex:
    """What is right: the plain index of the public practices that stand in the store of this node."""
    index = MemoryIndex(indexing.vocabulary())
    with node.database.reading() as connection:
        cards = chains.head_cards(connection)
        for stored in records.latest(connection, PUBLIC, limit=10_000):
            document = document_of(connection, stored, cards)
            assert document is not None
            index.put([document])
    return index
