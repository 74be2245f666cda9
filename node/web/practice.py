"""A practice: what a town did, in the reader's language where somebody translated it, and where it came from.

Law of this room: only public revisions are shown; what was withdrawn or erased answers 410, its older revisions too.
The page says what a signature proves (who published it, unchanged) and what it does not (that it is true).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, make_response, render_template, request
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response as WerkzeugResponse

from node import accounts, answers, lineage
from node.errors import NodeError, NotFound
from node.examining.kinds import KINDS
from node.outputs import citations
from node.outputs.citations import Citation
from node.store import files, records
from node.store.records import PUBLIC, Stored
from node.web import describing, sections, session
from node.web.finding import items_of
from node.web.language import language
from node.web.listing import Item, Who, the_node, the_searcher
from node.web.qr import qr
from node.wording import Reading, Translated, translations_of
from protocol.schemas.attachment import PICTURES

SIMILAR = 5
"""Practices shown as similar, at most."""

_DID = re.compile(r"did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{40,60}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Ended(NodeError):
    """The record was withdrawn or erased. `stored`: its tombstone."""

    code = "record_ended"

    def __init__(self, stored: Stored) -> None:
        super().__init__("this record has ended")
        self.stored = stored


@dataclass(frozen=True, slots=True)
class Answered:
    """A question about a practice, with its answers."""

    question: Stored
    answers: list[Stored]


def add_to(pages: Blueprint) -> None:
    """Add these pages to the blueprint."""
    root = "/practices/<did>/<record>"
    pages.add_url_rule(root, "practice", show)
    pages.add_url_rule(f"{root}/raw", "raw", raw)
    pages.add_url_rule(f"{root}/history", "history", history)
    pages.add_url_rule(f"{root}/revisions/<digest>", "revision", show)
    pages.add_url_rule(f"{root}/revisions/<digest>/raw", "raw_revision", raw)
    pages.add_url_rule(f"{root}/revisions/<digest>/cite.<form>", "cite", cite)
    pages.register_error_handler(Ended, _ended)


def show(did: str, record: str, digest: str | None = None) -> str:
    """A practice, or one older revision of it. Parameter `text`: the language to read it in."""
    node = the_node()
    with node.database.reading() as connection:
        head = head_of(connection, did, record)
        shown = head if digest is None else _revision(connection, head, digest)
        who = Who(connection)
        translations = translations_of(connection, shown)
        reading = _reading(shown, translations)
        page = render_template(
            "practice.html",
            **told(who, head, shown, reading, translations),
            is_head=shown.digest == head.digest,
            may_act=_may_act(head) if shown.digest == head.digest else "",
            versions=_versions(connection, head),
            adaptations=_readings(connection, records.about(connection, head.uri, PUBLIC, ["Adaptation"])),
            evidence=lineage.evidence(records.about(connection, head.uri, PUBLIC, ["Adaptation"]), head.origin),
            known=_known(connection, head.uri),
            questions=_questions(connection, head.uri),
            attached=_attached(connection, head.uri),
            related=records.many(connection, _results(connection, head.uri), PUBLIC),
            similar=_similar(connection, who, head),
            now=node.now(),
        )
    return page


def told(
    who: Who, head: Stored, shown: Stored, reading: Reading, translations: Mapping[str, Translated]
) -> dict[str, Any]:
    """What the template of a practice says of one revision, apart from what others say about it."""
    described = describing.describe(who, head, shown, reading, translations)
    return {
        "head": head, "shown": shown, "reading": reading, "body": shown.body, "translations": translations,
        "who": who, "described": described, "citation": _citation(who, shown, reading),
        "cite_forms": citations.FORMS, "parts": sections.of(reading), "qr": qr(described.permalink),
        "Reading": Reading, "pictures": PICTURES,
        "endings": {kind.media: kind.extensions[0].upper() for kind in KINDS},
    }  # fmt: skip


def raw(did: str, record: str, digest: str | None = None) -> WerkzeugResponse:
    """The exact bytes that were signed, as a file to keep: verify them with `wasl record verify`."""
    with the_node().database.reading() as connection:
        head = head_of(connection, did, record)
        shown = head if digest is None else _revision(connection, head, digest)
    response = make_response(shown.data or b"")
    response.headers["Content-Type"] = "application/json"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Disposition"] = f'attachment; filename="wasl-{shown.record}-{shown.revision}.json"'
    response.set_etag(shown.digest.hex())
    return response.make_conditional(request)


def cite(did: str, record: str, digest: str, form: str) -> WerkzeugResponse:
    """One revision as a citation for programs. `form`: one of `citations.FORMS`. Parameter `text`: as `show`."""
    if form not in citations.FORMS:
        raise NotFound("citations are given as bib, ris or json", "not_found")
    with the_node().database.reading() as connection:
        head = head_of(connection, did, record)
        shown = _revision(connection, head, digest)
        cited = _citation(Who(connection), shown, _reading(shown, translations_of(connection, shown)))
    response = make_response(citations.write(form, cited))
    response.headers["Content-Type"] = f"{citations.FORMS[form]}; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{cited.key}.{form}"'
    return response


def history(did: str, record: str) -> str:
    """Every revision that this node holds, and which of them can be read."""
    with the_node().database.reading() as connection:
        head = head_of(connection, did, record)
        who = Who(connection)
        revisions = [stored for stored in records.history(connection, head.uri) if stored.visibility == "public"]
    title = _reading(head, {}).at("title")
    return render_template(
        "history.html", head=head, revisions=revisions[::-1], who=who, title=title, readable=_readable
    )


def head_of(connection: Connection, did: str, record: str) -> Stored:
    """The head that the public may see. Raises `NotFound` or `Ended`."""
    stored = None
    if _DID.fullmatch(did) and _UUID.fullmatch(record):
        stored = records.get(connection, f"{did}/records/{record}", PUBLIC)
    if stored is None:
        raise NotFound("no such practice here", "unknown_record")
    if stored.state != "live":
        raise Ended(stored)
    if stored.type != "Practice" or stored.data is None:
        raise NotFound("no such practice here", "unknown_record")
    return stored


def _revision(connection: Connection, head: Stored, digest: str) -> Stored:
    stored = records.by_digest(connection, bytes.fromhex(digest)) if _DIGEST.fullmatch(digest) else None
    if stored is None or stored.uri != head.uri or not _readable(stored):
        raise NotFound("no such revision here", "unknown_record")
    return stored


def _readable(stored: Stored) -> bool:
    """Whether the public may read this revision."""
    return stored.type == "Practice" and stored.visibility == "public" and not stored.void and stored.data is not None


def _reading(stored: Stored, translations: dict[str, Translated]) -> Reading:
    original = str(stored.body.get("language", ""))
    wish = request.args.get("text", "") or language()
    return Reading(stored.content, original, translations.get(wish) if wish != original else None, wish)


def _citation(who: Who, shown: Stored, reading: Reading) -> Citation:
    note = _("Demonstration data: invented, not to be cited") if shown.body.get("illustrative") is True else ""
    return describing.cite(who, shown, reading, note)


def _may_act(head: Stored) -> str:
    """What whoever reads may do besides: `own` (correct and translate), `other` (translate), or nothing."""
    found = session.signed_in()
    if found is None or not accounts.may(found.user.role, accounts.EDITOR):
        return ""
    return "own" if head.origin == the_node().did else "other"


def _readings(connection: Connection, stored: list[Stored]) -> list[tuple[Stored, Reading]]:
    """Each with its words, in the reader's language where somebody has translated it."""
    found = []
    for one in stored:
        original, wish = str(one.body["language"]), language()
        translated = translations_of(connection, one).get(wish) if wish != original else None
        found.append((one, Reading(one.content, original, translated, wish)))
    return found


def _versions(connection: Connection, head: Stored) -> list[Stored]:
    """The readable revisions that bear the head's number: more than one is a fork."""
    held = records.history(connection, head.uri)
    return [stored for stored in held if stored.revision == head.revision and _readable(stored)]


def _questions(connection: Connection, uri: str) -> list[tuple[tuple[Stored, Reading], list[tuple[Stored, Reading]]]]:
    """Questions about a practice, each with its answers, oldest first."""
    asked = _readings(connection, records.about(connection, uri, PUBLIC, ["Question"]))
    return [(one, _readings(connection, records.about(connection, one[0].uri, PUBLIC, ["Answer"]))) for one in asked]


def _known(connection: Connection, uri: str) -> set[str]:
    """URIs of the adaptations that the practice's own node acknowledges, and of the answers that askers accept."""
    said = records.about(connection, uri, PUBLIC, ["Adaptation"])
    for one in records.about(connection, uri, PUBLIC, ["Question"]):
        said += records.about(connection, one.uri, PUBLIC, ["Answer"])
    return {one.uri for one in said if lineage.acknowledged(connection, one, PUBLIC) is not None}


def _attached(connection: Connection, uri: str) -> list[tuple[Stored, Reading, bool]]:
    """The files of a practice, each with whether its bytes are here; pictures first."""
    found = []
    for stored, reading in _readings(connection, files.of_record(connection, uri, PUBLIC)):
        file = files.get(connection, bytes.fromhex(stored.content["sha256"]))
        found.append((stored, reading, file is not None and file.state == files.HELD))
    return sorted(found, key=lambda one: one[0].content["mediaType"] not in PICTURES)


def _results(connection: Connection, uri: str) -> list[str]:
    """The practices that came of adaptations of this one."""
    adapted = records.about(connection, uri, PUBLIC, ["Adaptation"])
    return [str(one.content["result"]) for one in adapted if one.content.get("result")]


def _similar(connection: Connection, who: Who, head: Stored) -> list[Item]:
    """What is most like it; it stands below its text, and is nothing where the index is not there."""
    _, hits = answers.similar(connection, the_searcher(), head.uri, language(), SIMILAR)
    return items_of(connection, who, hits, "")


def _ended(error: Ended) -> tuple[str, int]:
    """410, and why, without a word of what the record said."""
    node = the_node()
    with node.database.reading() as connection:
        name = Who(connection).name(error.stored.origin)
        taken_up = bool(records.about(connection, error.stored.uri, PUBLIC, ["Adaptation"]))
    page = render_template("ended.html", stored=error.stored, content=error.stored.content, name=name, lineage=taken_up)
    return page, 410
