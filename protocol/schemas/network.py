"""What nodes say of themselves and of each other: Node, Vouch, Tombstone, Receipt.

Only the shape is judged here. That a card follows the one before it, that a root key signed it and that a key
is a point of the curve is `protocol/card.py`; who is admitted is local policy. On the line:
`card.verify_card` asks for a Node's shape first; erasing begins with a Tombstone and ends with the Receipts
of the others.
"""

from __future__ import annotations

from protocol.limits import MAX_KEYS
from protocol.schemas.content import Content
from protocol.schemas.fields import Choice, Formed, Items, LangText, Part, Text
from protocol.schemas.syntax import (
    COUNTRY,
    DID,
    DIGEST,
    LANGUAGE,
    LATITUDE,
    LONGITUDE,
    MAILBOX_ADDRESS,
    RECORD_URI,
    ROOT_KEY,
    WEB_ADDRESS,
)


class Key(Content):
    """One key that signs records."""

    key = Formed(ROOT_KEY, "Public key, multibase", term="sec:publicKeyMultibase", required=True)
    state = Choice("active", "retired", "revoked", meaning="`revoked` voids all it ever signed", required=True)


class Position(Content):
    """A point on the map, of the town."""

    lat = Formed(LATITUDE, "Degrees north", term="schema:latitude", required=True)
    lon = Formed(LONGITUDE, "Degrees east", term="schema:longitude", required=True)


class Node(Content):
    """The card of a node: its keys, and how people find it."""

    title_field = "names"

    root = Formed(ROOT_KEY, "Root key that signs this card", term="sec:publicKeyMultibase", required=True)
    nextRootDigest = Formed(DIGEST, "SHA-256 of the next root key's text", required=True)
    keys = Items(Part(Key), 1, MAX_KEYS, "Keys that sign records", term="sec:assertionMethod", required=True)
    url = Formed(WEB_ADDRESS, "Where it can be reached; null behind a closed router", term="schema:url")
    names = LangText(1, 120, "Name of the town or partner", term="schema:name", required=True)
    country = Formed(COUNTRY, "Country", term="schema:addressCountry", required=True)
    languages = Items(Formed(LANGUAGE), 1, 10, "Languages it works in", term="schema:knowsLanguage", required=True)
    location = Part(Position, "Where it stands on a map", term="schema:geo")
    contact = Formed(MAILBOX_ADDRESS, "Role mailbox, not a person's", term="schema:email")


class Vouch(Content):
    """One node says that it knows another."""

    subject = Formed(DID, "The node vouched for", term="as:object", required=True)
    note = Text(1, 500, "Remark, in the record's language", lines=True)


class Tombstone(Content):
    """The last revision of a record: it ends the record that has its own origin and id."""

    state = Choice("withdrawn", "erased", meaning="`erased` absorbs every revision of the record", required=True)
    reason = Choice("erasure-request", "withdrawn", "superseded", "unlawful", "mistake", meaning="Why", required=True)
    note = Text(1, 200, "Remark without personal data, in the record's language", lines=True)


class Receipt(Content):
    """A node says that it has erased what a tombstone told it to."""

    target = Formed(RECORD_URI, "The record erased", term="as:object", required=True)
    targetDigest = Formed(DIGEST, "The tombstone", required=True)
    state = Choice("erased", meaning="What was done", required=True)
