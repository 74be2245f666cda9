"""From a file that one of our own people gives to a signed Attachment and its bytes: judged, cleaned, kept, published.

`prepare` asks no node: pages and commands call it, show what would travel and what was taken out, and then `publish`.
Whatever stands in the file is opened in a process of its own (`node/examining`). A refusal is an `AttachmentRefused`
with a stable code; `node.speech.sentence_for(code, language)` says it in five languages, `node.remedies` what to do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from sqlalchemy import Connection

from node import filing, publish
from node.assembly import Node
from node.errors import AttachmentRefused, NotAllowed, NotFound, StoreFull
from node.examining import process, sniffing
from node.examining.kinds import MAX_BYTES, Unfit, by_media
from node.publish import Statement
from node.store import files, notes, records
from node.store.files import ATTACHMENT
from node.store.records import OURSELVES, Stored
from protocol.envelope import Envelope
from protocol.schemas import personal_data
from protocol.schemas.attachment import PART, PARTS_MOST

MOST_OF_ONE = 12
"""Attachments of one record, as many as a practice may name."""
WORDS_BYTES = 150_000
"""UTF-8 bytes of a file's words that its record carries: a record has 256 KiB in all."""

_TITLE_MOST, _ALT_MOST = 150, 300
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that is fit to be published.

    `data`: the bytes that would travel, cleaned; `content`: all of its record but `about`; `removed`: what was taken
    out (gps, exif, xmp, iptc, comment, frames, author, thumbnail, settings); `personal`: pieces of its words that look
    like personal data, for the author to look at.
    """

    data: bytes
    content: dict[str, Any]
    language: str
    removed: tuple[str, ...]
    personal: tuple[str, ...]

    @property
    def media(self) -> str:
        """The media type, by the bytes."""
        return str(self.content["mediaType"])

    @property
    def sha256(self) -> str:
        """The hash of `data`, hexadecimal: its name everywhere."""
        return str(self.content["sha256"])


def prepare(
    source: bytes | BinaryIO,
    filename: str,
    declared_type: str = "",
    *,
    title: str,
    language: str,
    alt: str = "",
    shows_persons: bool | None = None,
    consent: str = "",
    creator: str = "",
    licence: str = "",
) -> Prepared:
    """Judge and clean a file. `declared_type`: what the browser says, or nothing; `language`: of title, alt and file.

    Reads at most 10 MiB and a byte. Raises `AttachmentRefused`: `attachment_empty`, `_too_large`, `_type`,
    `_disguised`, `_damaged`, `_encrypted`, `_active`, `_formula`, `_bomb`, `_slow`; `title_missing`, `alt_missing`,
    `persons_unsaid`, `consent_missing`. Takes up to 45 seconds for a hostile file, one or less for others.
    """
    data = source if isinstance(source, bytes) else source.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise AttachmentRefused(f"a file has at most {MAX_BYTES // 2**20} MiB", "attachment_too_large")
    try:
        kind = sniffing.sniff(data)
        sniffing.agree(kind, filename, declared_type)
        content = _described(kind.picture, title, alt, shows_persons, consent, language)
        cleaned = process.cleaned(data, kind.media, language)
    except Unfit as unfit:
        raise AttachmentRefused(unfit.message, unfit.code) from unfit
    words = _words(cleaned.text)
    content |= {
        "sha256": filing.hash_of(cleaned.data),
        "mediaType": cleaned.media,
        "byteSize": len(cleaned.data),
        "language": language,
    }
    given = {"creator": creator.strip()[:120], "licence": licence.strip()[:64], "text": _parts(words)}
    content |= {name: value for name, value in given.items() if value}
    personal = tuple(dict.fromkeys(personal_data(words)))
    return Prepared(cleaned.data, content, language, cleaned.removed, personal)


def publish_to(node: Node, prepared: Prepared, uri: str, *, actor: str) -> str:
    """Keep the bytes, then sign and publish the record that attaches them to `uri`, one of our live records.

    Returns the URI of that record; asked twice with the same bytes, it is said once. Shown to whoever sees the record
    that it belongs to. Raises `NotFound` (`unknown_record`), `NotAllowed` (`not_ours`, `record_ended`,
    `too_many_attachments`), `AttachmentRefused` (`attachment_quota`), `StoreFull`, and as `publish.publish`.
    """
    owner = _owner(node, uri)
    _leave_room(node, len(prepared.data))
    with node.database.reading() as connection:
        there = files.of_record(connection, uri, OURSELVES)
    if len([one for one in there if one.content["sha256"] != prepared.sha256]) >= MOST_OF_ONE:
        raise NotAllowed(f"a record has at most {MOST_OF_ONE} attachments", "too_many_attachments")
    _keep(node, prepared, filing.keep)
    statement = Statement(
        ATTACHMENT,
        {"about": uri, **prepared.content},
        prepared.language,
        owner.visibility,
        str(owner.body.get("author") or publish.DEFAULT_AUTHOR),
        str(prepared.content.get("licence") or owner.body.get("licence") or publish.DEFAULT_LICENCE),
        bool(owner.body.get("illustrative")),
    )
    new = publish.publish_once(
        node, statement, lambda connection: _attached(connection, uri, prepared.sha256) is not None
    )
    with node.database.reading() as connection:
        said = _attached(connection, uri, prepared.sha256)
    assert said is not None
    filing.carry_out(node)
    _keep(node, prepared, filing.keep_named)
    if new:
        with node.database.writing() as connection:
            notes.act(connection, node.now(), actor, "attached", said, prepared.sha256)
    return said


def erase(node: Node, uri: str, reason: str = "erasure-request", note: str = "", *, actor: str) -> Envelope:
    """Erase an attachment of ours: its record, its words and its bytes, here now and on every conforming node.

    Raises as `publish.end`, and `NotAllowed` (`not_an_attachment`).
    """
    return _end(node, uri, "erased", reason, note, actor)


def withdraw(node: Node, uri: str, reason: str = "withdrawn", note: str = "", *, actor: str) -> Envelope:
    """Withdraw an attachment of ours: it is not shown any more, and its bytes go after a week. Raises as `erase`."""
    return _end(node, uri, "withdrawn", reason, note, actor)


def _end(node: Node, uri: str, state: str, reason: str, note: str, actor: str) -> Envelope:
    with node.database.reading() as connection:
        head = records.get(connection, uri, OURSELVES)
    if head is not None and head.type != ATTACHMENT and head.state == "live":
        raise NotAllowed("this record is no attachment: `wasl withdraw` ends records", "not_an_attachment")
    owner = (head.about or "").rpartition("/")[2] if head is not None else ""
    ended = publish.end(node, uri, state, reason, note)
    filing.carry_out(node)
    with node.database.writing() as connection:
        notes.act(connection, node.now(), actor, "attachment_ended", uri, f"{state} {owner}".strip())
    return ended


def _attached(connection: Connection, uri: str, sha256: str) -> str | None:
    held = files.of_record(connection, uri, OURSELVES)
    return next((one.uri for one in held if one.content["sha256"] == sha256), None)


def _keep(node: Node, prepared: Prepared, how: Callable[[Node, bytes, str], object]) -> None:
    try:
        how(node, prepared.data, prepared.media)
    except OSError as error:
        raise StoreFull(f"the file could not be written: {error.strerror}") from error


def _described(
    picture: bool, title: str, alt: str, shows_persons: bool | None, consent: str, language: str
) -> dict[str, Any]:
    """Title, alternative text and what is said of persons, as the record has them."""
    title, alt = _line(title)[:_TITLE_MOST].strip(), _line(alt)[:_ALT_MOST].strip()
    if not title:
        raise AttachmentRefused("say in a line what the file is", "title_missing")
    content: dict[str, Any] = {"title": {language: title}}
    if not picture:
        return content
    if not alt:
        raise AttachmentRefused("say what the picture shows, for who cannot see it", "alt_missing")
    if shows_persons is None:
        raise AttachmentRefused("say whether the picture shows persons", "persons_unsaid")
    if shows_persons and not consent.strip():
        raise AttachmentRefused("a picture that shows persons needs their consent", "consent_missing")
    content |= {"alt": {language: alt}, "showsPersons": shows_persons, "exifStripped": True}
    return content | ({"consentId": consent.strip()[:120]} if shows_persons else {})


def _line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", unicodedata.normalize("NFC", text)).split())


def _words(text: str) -> str:
    """The words of a file as a search reads them: letters in their usual forms, no empty lines."""
    plain = unicodedata.normalize("NFKC", text).encode("utf-8", "ignore").decode()
    lines = (" ".join(_CONTROL.sub(" ", line).split()) for line in re.split(r"[\r\n\v\f\x85\u2028\u2029]+", plain))
    whole = "\n".join(line for line in lines if line)
    return whole.encode()[:WORDS_BYTES].decode("utf-8", "ignore")


def _parts(words: str) -> list[str]:
    """Cut where a word ends, into parts that a record may hold."""
    parts: list[str] = []
    while words and len(parts) < PARTS_MOST:
        cut = len(words) if len(words) <= PART else max(words.rfind(sign, PART // 2, PART) for sign in " \n")
        cut = PART if cut <= 0 else cut
        if words[:cut].strip():
            parts.append(words[:cut].strip())
        words = words[cut:].strip()
    return parts


def _owner(node: Node, uri: str) -> Stored:
    with node.database.reading() as connection:
        owner = records.get(connection, uri, OURSELVES)
    if owner is None:
        raise NotFound("no record with this URI is held here", "unknown_record")
    if owner.origin != node.did:
        raise NotAllowed("a file is attached by the node that published the record", "not_ours")
    if owner.state != "live" or owner.type in (ATTACHMENT, "Node"):
        raise NotAllowed("nothing can be attached to this record", "record_ended")
    return owner


def _leave_room(node: Node, size: int) -> None:
    with node.database.reading() as connection:
        taken = files.taken(connection)
    if taken + size > node.config.attachments_total_mb * 1_000_000:
        raise AttachmentRefused("the room that this node gives to attachments is used up", "attachment_quota")


def extension_of(media: str) -> str:
    """The usual ending of a media type of the list, without dot."""
    return by_media(media).extensions[0]
