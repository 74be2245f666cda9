"""`/brief`: one to twenty practices as sheets of paper, in one language or in two side by side.

The address is the whole state: `p` once for each practice (its URI, or the address of its page), `with` for the second
language. No account, nothing kept. Public records only; what has ended or is not known here is told, never shown.
`document` makes the same as one file that needs nothing else, for `wasl brief`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy import Connection
from werkzeug.wrappers import Response as WerkzeugResponse

from node.config import LANGUAGES
from node.outputs.citations import Citation
from node.store import records
from node.store.records import PUBLIC, Stored
from node.web import describing
from node.web.language import language
from node.web.listing import Who, the_node
from node.web.qr import qr
from node.wording import Reading, translations_of

MOST = 20
"""Practices in one brief."""

_NAMED = re.compile(
    r"(did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{40,60})/(?:records/)?"
    r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
    re.ASCII,
)
_SHEETS = ("wasl.css", "reading.css")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One practice on paper. `readings`: in each language asked for, none twice; `code`: leads to this revision."""

    number: int
    stored: Stored
    readings: Sequence[Reading]
    citation: Citation
    code: Markup

    @property
    def link(self) -> str:
        """How the address of a brief names it."""
        return f"{self.stored.origin}/{self.stored.record}"


def add_to(pages: Blueprint) -> None:
    """Add these pages to the blueprint."""
    pages.add_url_rule("/brief", "brief", brief)


def brief() -> str | WerkzeugResponse:
    """The brief of the practices in the address, with what changes it; or how to begin one."""
    named, wrong = chosen(request.args.getlist("p"))
    second = _second()
    tidy: dict[str, Any] = {"p": named, "with": second, "lang": request.args.get("lang")}
    if request.args.getlist("p") != named and not wrong:
        return redirect(url_for("pages.brief", **{name: value for name, value in tidy.items() if value}), 302)
    with the_node().database.reading() as connection:
        who = Who(connection)
        sheets = sheets_of(connection, who, named[:MOST], second)
        page = render_template("brief.html", **_facts(who, sheets, second), named=named, wrong=wrong, most=MOST)
    response = make_response(page)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def document(names: Sequence[str], second: str) -> tuple[str, list[str]]:
    """A brief as one HTML file with its styles in it, and the names that led to no practice. Within a request."""
    named, wrong = chosen(names)
    with the_node().database.reading() as connection:
        who = Who(connection)
        sheets = sheets_of(connection, who, named[:MOST], second)
        css = "\n".join(files("node.web").joinpath("static", name).read_text(encoding="utf-8") for name in _SHEETS)
        page = render_template("brief_file.html", **_facts(who, sheets, second), css=Markup(css))  # noqa: S704  # ours
    shown = {sheet.link for sheet in sheets}
    return page, [*wrong, *(name for name in named if name not in shown)]


def chosen(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """What a reader has chosen, as `<did>/<uuid>`, none twice; and what names no practice. Empty fields are passed."""
    named: dict[str, None] = {}
    wrong = []
    for name in names[: MOST * 5]:
        found = _NAMED.search(name)
        if found:
            named[f"{found[1]}/{found[2]}"] = None
        elif name.strip():
            wrong.append(name[:200])
    return list(named), wrong


def sheets_of(connection: Connection, who: Who, named: Sequence[str], second: str) -> list[Sheet]:
    """The sheets of the practices that are public and live here, in the order chosen."""
    uris = [name.replace("/", "/records/", 1) for name in named]
    held = records.many(connection, uris, PUBLIC)
    sheets: list[Sheet] = []
    for uri in uris:
        stored = held.get(uri)
        if stored is not None and stored.type == "Practice" and stored.state == "live" and stored.data is not None:
            sheets.append(_sheet(connection, who, stored, second, len(sheets) + 1))
    return sheets


def _sheet(connection: Connection, who: Who, stored: Stored, second: str, number: int) -> Sheet:
    original = str(stored.body.get("language", ""))
    translations = translations_of(connection, stored)
    readings: dict[str, Reading] = {}
    for wish in (language(), second) if second else (language(),):
        reading = Reading(stored.content, original, translations.get(wish) if wish != original else None, wish)
        readings.setdefault(reading.shown_in, reading)
    first = next(iter(readings.values()))
    citation = describing.cite(who, stored, first, "")
    return Sheet(number, stored, list(readings.values()), citation, qr(citation.address))


def _second() -> str:
    wanted = request.args.get("with", "")
    return wanted if wanted in LANGUAGES and wanted != language() else ""


def _facts(who: Who, sheets: Sequence[Sheet], second: str) -> dict[str, Any]:
    return {"sheets": sheets, "second": second, "who": who, "now": the_node().now()}
