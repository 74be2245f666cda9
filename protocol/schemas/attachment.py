"""What is attached to a record: a document, a table or a picture, named by the hash of its bytes.

The record travels to everybody; the bytes are fetched by each node's policy and believed by their hash alone. Who may
see the bytes follows from this record and from the one that it belongs to, which is asked when they are shown. On the
line: `node/attaching` writes these; `node/filing.py` reads which bytes are wanted, and which are no longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protocol.schemas.content import Content
from protocol.schemas.fields import Choice, Flag, Formed, Items, LangText, Text, Whole
from protocol.schemas.syntax import DIGEST, LANGUAGE, RECORD_URI

MAX_ATTACHMENT_BYTES = 10 * 1024 * 1024
PICTURES = ("image/jpeg", "image/png", "image/webp")
PAPERS = (
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "text/csv",
)
PART, PARTS_MOST = 20_000, 3
"""Words of a file that its record carries: code points of one part (as much as an unknown field may have), parts."""


def picture_described(content: Mapping[str, Any]) -> tuple[str, str] | None:
    """A picture has `alt` and `showsPersons`, and `exifStripped` is true; `consentId` where it shows persons."""
    if content["mediaType"] not in PICTURES:
        return None
    for field in ("alt", "showsPersons", "exifStripped"):
        if content.get(field) is None:
            return field, "missing_field|this field is required for a picture"
    if content["exifStripped"] is not True:
        return "exifStripped", "bad_field|a picture travels without what a camera writes into it"
    if content["showsPersons"] and not content.get("consentId"):
        return "consentId", "missing_field|this field is required where a picture shows persons"
    return None


class Attachment(Content):
    """A file that belongs to a record of the same origin; the bytes are fetched by their hash."""

    rules = (picture_described,)
    title_field = "title"

    about = Formed(RECORD_URI, "The record that it belongs to", term="schema:encodesCreativeWork", required=True)
    sha256 = Formed(DIGEST, "SHA-256 of the bytes", term="schema:sha256", required=True)
    mediaType = Choice(*PAPERS, *PICTURES, meaning="What the bytes are", term="dcat:mediaType", required=True)
    byteSize = Whole(1, MAX_ATTACHMENT_BYTES, "How many bytes", term="dcat:byteSize", required=True)
    title = LangText(1, 150, "What it is, in a line", term="dcterms:title", required=True)
    alt = LangText(1, 300, "What a picture shows, for who cannot see it; required for a picture", lines=True)
    language = Formed(LANGUAGE, "Language of the file", term="dcterms:language")
    licence = Text(1, 64, "Licence of the file, if another than the record's", term="dcterms:license")
    creator = Text(1, 120, "Role or organisation that made it", term="dcterms:creator")
    showsPersons = Flag("Whether a picture shows persons; required for a picture")
    consentId = Text(1, 120, "The consent that the node keeps on paper; required where persons are shown")
    exifStripped = Flag("That nothing of what a camera writes is in it; true, and required for a picture")
    text = Items(
        Text(1, PART, lines=True, searched=True), 0, PARTS_MOST, "Its words, in its language, so that it is found"
    )
