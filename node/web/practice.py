"""A practice: what a town did, in the reader's language where somebody translated it, and where it came from.

Law of this room: only public revisions are shown; what was withdrawn or erased answers 410, its older revisions too.
The page says what a signature proves (who published it, unchanged) and what it does not (that it is true).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, make_response, render_template
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response as WerkzeugResponse

from node import answers, lineage
from node.errors import NotFound
from node.examining.kinds import KINDS
from node.fediverse import telling
from node.outputs import citations
from node.outputs.citations import Citation
from node.store import files, records
from node.store.records import PUBLIC, Stored
from node.web import describing, held, sections
from node.web.alike import the_alike
from node.web.finding import items_of
from node.web.held import head as head_of
from node.web.held import may_act, readable, reading, readings, revision
from node.web.language import language
from node.web.listing import Item, Who, the_node, the_searcher
from node.web.qr import qr
from node.wording import Reading, Translated, translations_of
from protocol.schemas.attachment import PICTURES
from search import Hit

SIMILAR = 5
"""Practices shown as similar, at most."""


def add_to(pages: Blueprint) -> None:
    """Add these pages to the blueprint."""
    root = "/practices/<did>/<record>"
    pages.add_url_rule(root, "practice", show)
    pages.add_url_rule(f"{root}/raw", "raw", raw)
    pages.add_url_rule(f"{root}/history", "history", history)
    pages.add_url_rule(f"{root}/revisions/<digest>", "revision", show)
    pages.add_url_rule(f"{root}/revisions/<digest>/raw", "raw_revision", raw)
    pages.add_url_rule(f"{root}/revisions/<digest>/cite.<form>", "cite", cite)


def show(did: str, record: str, digest: str | None = None) -> str:
    """A practice, or one older revision of it. Parameter `text`: the language to read it in."""
    node = the_node()
    with node.database.reading() as connection:
        head = head_of(connection, did, record)
        shown = head if digest is None else revision(connection, head, digest)
        who = Who(connection)
        translations = translations_of(connection, shown)
        told_in = reading(shown, translations)
        adapted = records.about(connection, head.uri, PUBLIC, ["Adaptation"])
        questions = _questions(connection, head.uri)
        page = render_template(
            "practice.html",
            **told(who, head, shown, told_in, translations),
            is_head=shown.digest == head.digest,
            may_act=may_act(head) if shown.digest == head.digest else "",
            versions=_versions(connection, head),
            adaptations=readings(connection, adapted),
            evidence=lineage.evidence(adapted, head.origin),
            known=_known(connection, [*adapted, *(answer for _, given in questions for answer, _ in given)]),
            questions=questions,
            attached=_attached(connection, head.uri),
            noted=telling.address_of(connection, node, head),
            related=records.many(connection, _results(adapted), PUBLIC),
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
        shown = head if digest is None else revision(connection, head, digest)
    return held.signed_file(shown)


def cite(did: str, record: str, digest: str, form: str) -> WerkzeugResponse:
    """One revision as a citation for programs. `form`: one of `citations.FORMS`. Parameter `text`: as `show`."""
    if form not in citations.FORMS:
        raise NotFound("citations are given as bib, ris or json", "not_found")
    with the_node().database.reading() as connection:
        head = head_of(connection, did, record)
        shown = revision(connection, head, digest)
        cited = _citation(Who(connection), shown, reading(shown, translations_of(connection, shown)))
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
    title = reading(head, {}).at("title")
    return render_template(
        "history.html", head=head, revisions=revisions[::-1], who=who, title=title, readable=readable
    )


def _citation(who: Who, shown: Stored, reading: Reading) -> Citation:
    note = _("Demonstration data: invented, not to be cited") if shown.body.get("illustrative") is True else ""
    return describing.cite(who, shown, reading, note)


def _versions(connection: Connection, head: Stored) -> list[Stored]:
    """The readable revisions that bear the head's number: more than one is a fork."""
    held = records.history(connection, head.uri)
    return [stored for stored in held if stored.revision == head.revision and readable(stored)]


def _questions(connection: Connection, uri: str) -> list[tuple[tuple[Stored, Reading], list[tuple[Stored, Reading]]]]:
    """Questions about a practice, each with its answers, oldest first."""
    asked = readings(connection, records.about(connection, uri, PUBLIC, ["Question"]))
    return [(one, readings(connection, records.about(connection, one[0].uri, PUBLIC, ["Answer"]))) for one in asked]


def _known(connection: Connection, said: list[Stored]) -> set[str]:
    """URIs of the adaptations that the node of the practice acknowledges, and of the answers that askers accept."""
    return {one.uri for one in said if lineage.acknowledged(connection, one, PUBLIC) is not None}


def _attached(connection: Connection, uri: str) -> list[tuple[Stored, Reading, bool]]:
    """The files of a practice, each with whether its bytes are here; pictures first."""
    found = []
    for stored, words in readings(connection, files.of_record(connection, uri, PUBLIC)):
        file = files.get(connection, bytes.fromhex(stored.content["sha256"]))
        found.append((stored, words, file is not None and file.state == files.HELD))
    return sorted(found, key=lambda one: one[0].content["mediaType"] not in PICTURES)


def _results(adapted: list[Stored]) -> list[str]:
    """The practices that came of these adaptations."""
    return [str(one.content["result"]) for one in adapted if one.content.get("result")]


def _similar(connection: Connection, who: Who, head: Stored) -> list[Item]:
    """What is most like it; it stands below its text, and is nothing where the index is not there."""

    def find() -> Sequence[Hit]:
        return answers.similar(connection, the_searcher(), head.uri, language(), SIMILAR)[1]

    return items_of(connection, who, the_alike().hits((head.uri, head.digest.hex(), language()), find), "")
