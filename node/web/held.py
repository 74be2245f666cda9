"""One record as its page needs it: held here and public, or the right answer for what is not.

404 for what nobody may see, 410 for what was withdrawn or erased, with its reason and without a word of what it said.
What a page shows, `/raw` gives as the bytes that were signed.
"""

from __future__ import annotations

import re

from flask import Blueprint, make_response, render_template, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response as WerkzeugResponse

from node import accounts
from node.errors import NodeError, NotFound
from node.store import hiding, records
from node.store.records import PUBLIC, Stored
from node.web import session
from node.web.language import language
from node.web.listing import Who, the_node
from node.wording import Reading, Translated, translations_of
from protocol.envelope import TOMBSTONE

_DID = re.compile(r"did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{40,60}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Ended(NodeError):
    """The record was withdrawn or erased. `stored`: its tombstone; `type`: what it was."""

    code = "record_ended"

    def __init__(self, stored: Stored, type_: str) -> None:
        super().__init__("this record has ended")
        self.stored = stored
        self.type = type_


def add_to(pages: Blueprint) -> None:
    """Add the page for what has ended to the blueprint."""
    pages.register_error_handler(Ended, _ended)


def head(connection: Connection, did: str, record: str, type_: str = "Practice") -> Stored:
    """The head that the public may see. Raises `NotFound` (`unknown_record`, `hidden_here`) or `Ended`."""
    stored = None
    if is_did(did) and _UUID.fullmatch(record):
        stored = records.get(connection, f"{did}/records/{record}", PUBLIC)
    if stored is not None and stored.state != "live" and _was(connection, stored) in (type_, None):
        raise Ended(stored, type_)
    if stored is None and hiding.get(connection, f"{did}/records/{record}") is not None:
        raise NotFound("the people of this node do not show this record here", "hidden_here")
    if stored is None or stored.type != type_ or stored.data is None:
        raise NotFound("no such record of this kind here", "unknown_record")
    return stored


def revision(connection: Connection, of: Stored, digest: str) -> Stored:
    """One revision of a record, if the public may read it. Raises `NotFound` (`unknown_record`)."""
    stored = records.by_digest(connection, bytes.fromhex(digest)) if _DIGEST.fullmatch(digest) else None
    if stored is None or stored.uri != of.uri or not readable(stored, of.type):
        raise NotFound("no such revision here", "unknown_record")
    return stored


def readable(stored: Stored, type_: str = "Practice") -> bool:
    """Whether the public may read this revision."""
    return stored.type == type_ and stored.visibility == "public" and not stored.void and stored.data is not None


def is_did(text: str) -> bool:
    """Whether a text has the form of a node's identity."""
    return _DID.fullmatch(text) is not None


def signed_file(stored: Stored) -> WerkzeugResponse:
    """The exact bytes that were signed, as a file to keep: verify them with `wasl record verify`."""
    response = make_response(stored.data or b"")
    response.headers["Content-Type"] = "application/json"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Disposition"] = f'attachment; filename="wasl-{stored.record}-{stored.revision}.json"'
    response.set_etag(stored.digest.hex())
    return response.make_conditional(request)


def wished() -> str:
    """The language in which a reader wants records, if they have it. Parameter `text`; `original`: as written."""
    return request.args.get("text", "") or language()


def reading(stored: Stored, translations: dict[str, Translated]) -> Reading:
    """The words of one record."""
    original, wish = str(stored.body.get("language", "")), wished()
    return Reading(stored.content, original, translations.get(wish) if wish != original else None, wish)


def readings(connection: Connection, stored: list[Stored]) -> list[tuple[Stored, Reading]]:
    """Each with its words, in the reader's language where somebody has translated it."""
    return [(one, reading(one, translations_of(connection, one))) for one in stored]


def may_write() -> bool:
    """Whether whoever reads is signed in and writes drafts."""
    found = session.signed_in()
    return found is not None and accounts.may(found.user.role, accounts.EDITOR)


def may_act(of: Stored) -> str:
    """What whoever reads may do besides: `own` (correct and translate), `other` (translate), or nothing."""
    if not may_write():
        return ""
    return "own" if of.origin == the_node().did else "other"


def _was(connection: Connection, ended: Stored) -> str | None:
    """Of which type a record was before it ended; None where only its end is held."""
    types = [one.type for one in records.history(connection, ended.uri) if one.type != TOMBSTONE]
    return types[-1] if types else None


def _ended(error: Ended) -> tuple[str, int]:
    """410, and why."""
    stored = error.stored
    with the_node().database.reading() as connection:
        name = Who(connection).name(stored.origin)
        taken_up = bool(records.about(connection, stored.uri, PUBLIC, ["Adaptation"]))
    page = render_template(
        "ended.html", stored=stored, content=stored.content, name=name, lineage=taken_up, kind=error.type
    )
    return page, 410
