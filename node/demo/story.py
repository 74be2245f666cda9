"""What the nodes say: the demonstration data, signed and published by the node that each line names.

Practices first, then what is about them; a question before its answers. A line refers to others by their ids; their
URIs and digests are known once they are published. In a small network the lines of absent nodes, and whatever refers
to them, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from node import publish
from node.demo.members import Member
from node.transfer import demo_lines
from protocol.envelope import Envelope

FOLDER = Path(__file__).parents[1] / "data" / "demo"
FILES = ("practices", "translations", "adaptations", "questions_answers", "organisations")


@dataclass(slots=True)
class Told:
    """What was published: by the line's id, and the digest of each URI."""

    envelopes: dict[str, Envelope] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def expected(self) -> frozenset[bytes]:
        """The digests that every node must come to hold."""
        return frozenset(envelope.digest for envelope in self.envelopes.values())

    def uri_of(self, name: str) -> str | None:
        """The URI of the record that a line became."""
        envelope = self.envelopes.get(name)
        return envelope.uri if envelope else None


def lines() -> Iterator[dict[str, Any]]:
    """Every line of the demonstration data, in the order in which they can be published."""
    for name in FILES:
        for text in (FOLDER / f"{name}.jsonl").read_bytes().splitlines():
            yield orjson.loads(text)


def tell(members: Sequence[Member]) -> Iterator[tuple[Told, int]]:
    """Publish everything that these nodes have to say; yields what is told and how much there is, after each line."""
    by_word = {member.word: member for member in members}
    spoken = list(_spoken(by_word))
    told = Told()
    for line in spoken:
        said = demo_lines.statement(line, told.uri_of, told.digests.get)
        envelope = publish.publish(by_word[line["node"]].node, said)
        told.envelopes[line["id"]] = envelope
        told.digests[envelope.uri] = envelope.digest.hex()
        yield told, len(spoken)


def _spoken(members: Mapping[str, Member]) -> Iterator[dict[str, Any]]:
    """The lines of these nodes whose references are among them."""
    names: set[str] = set()
    for line in lines():
        if line["node"] in members and _references(line) <= names:
            names.add(line["id"])
            yield line


def _references(line: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for name, _ in demo_lines.REFERENCES.get(line["type"], ()):
        value = line.get(name) or []
        found |= {value} if isinstance(value, str) else set(value)
    return found
