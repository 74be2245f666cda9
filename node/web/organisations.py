"""`/organisations`: who offers and who seeks help; `/organisations/<did>/<record>`: one, and who fits it.

A match always says why: the offer, who seeks it, and both in their own words where there are any. Only what is public
counts. What an organisation seeks leads to practices too: to towns that have done it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, g, render_template, request
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response as WerkzeugResponse

from node import labels, organisations
from node.errors import NotFound
from node.matching import Match
from node.organisations import SIDES, Listing, Matched, Narrowing
from node.outputs import csv_file
from node.store.records import Stored
from node.web import exporting, held
from node.web.describing import outward
from node.web.language import language
from node.web.listing import Who, the_node, the_searcher
from node.web.presenting import language_name
from node.web.questions import commune_asked, page_asked, practices
from node.wording import Reading, translations_of
from search import Query

PER_PAGE = 20
PRACTICES = 5
"""Practices of other towns that are shown of what an organisation seeks."""

_NAME_MOST = 100
"""Characters of a name that is looked for."""
_LOOKED_AT = 20
"""Practices that the index gives, of which those of its own town are left out."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A match as a page shows it: the other organisation and its words."""

    other: Stored
    told: Reading
    match: Match


def add_to(pages: Blueprint) -> None:
    """Add these pages to the blueprint."""
    root = "/organisations/<did>/<record>"
    pages.add_url_rule("/organisations", "organisations", show_all)
    pages.add_url_rule("/organisations.csv", "organisations_csv", as_table)
    pages.add_url_rule(root, "organisation", show)
    pages.add_url_rule(f"{root}/raw", "organisation_raw", raw)


def show_all() -> str:
    """The list. Parameters: `topic`, `side` (offers, seeks), `partner`, `country`, `commune` (a DID), `name`,
    `page`."""
    by, page = _asked(), page_asked()
    g.carried = {**_given(by), "lang": None}
    with the_node().database.reading() as connection:
        who = Who(connection)
        found = organisations.listing(connection, who.cards, by)
        rows = held.readings(connection, found.shown[(page - 1) * PER_PAGE : page * PER_PAGE])
    return render_template(
        "organisations.html", rows=rows, found=found, by=by, who=who, page=page, choices=_choices(found, by),
        pages=-(-len(found.shown) // PER_PAGE), acts=held.may_write(), narrowed=any(_given(by).values()),
        country_of=lambda one: organisations.country_of(one.origin, one.content, who.cards),
    )  # fmt: skip


def show(did: str, record: str) -> str:
    """One organisation. Parameter `text`: as for questions."""
    with the_node().database.reading() as connection:
        head = _head(connection, did, record)
        who = Who(connection)
        translations = translations_of(connection, head)
        return render_template(
            "organisation.html", stored=head, told=held.reading(head, translations), who=who,
            translations=translations, country=organisations.country_of(did, head.content, who.cards),
            fits=fits(connection, organisations.matches_of(connection, head)), done=_done(connection, head),
            may_act=held.may_act(head), canonical=outward(who, "pages.organisation", did=did, record=record),
        )  # fmt: skip


def raw(did: str, record: str) -> WerkzeugResponse:
    """The exact bytes that were signed."""
    with the_node().database.reading() as connection:
        return held.signed_file(held.head(connection, did, record, organisations.ORGANISATION))


def as_table() -> WerkzeugResponse:
    """The list as CSV, all of it. Parameters: those of the list, without `page`."""
    with exporting.in_turn(), the_node().database.reading() as connection:
        who = Who(connection)
        shown = organisations.listing(connection, who.cards, _asked()).shown
        rows = [_heads(), *(_cells(who, *one) for one in held.readings(connection, shown))]
    response = Response(csv_file.table(rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="wasl-organisations.csv"'
    response.vary.update(("Cookie", "Accept-Language"))
    response.add_etag()
    return response.make_conditional(request)


def fits(connection: Connection, found: list[Matched]) -> list[Fit]:
    """Matches with the words of the other organisation."""
    told = held.readings(connection, [one.other for one in found])
    return [Fit(other, words, one.match) for one, (other, words) in zip(found, told, strict=True)]


def _head(connection: Connection, did: str, record: str) -> Stored:
    head = held.head(connection, did, record, organisations.ORGANISATION)
    if not organisations.is_readable(head):
        raise NotFound("no such record of this kind here", "unknown_record")
    return head


def _done(connection: Connection, one: Stored) -> list[tuple[Stored, Reading]]:
    """Practices of other towns on what an organisation seeks, the newest first."""
    topics = organisations.sought(one.content)
    if not topics:
        return []
    query = Query("", language(), filters={"topic": topics}, limit=_LOOKED_AT)
    found = practices(connection, [hit.uri for hit in the_searcher().find(query).results.hits])
    return [(practice, told) for practice, told in found if practice.origin != one.origin][:PRACTICES]


def _asked() -> Narrowing:
    """What the address narrows to; a value that can be none is as if it were not there."""
    given = request.args
    topic, side, country = given.get("topic", ""), given.get("side", ""), given.get("country", "")
    partner = labels.concepts().get(given.get("partner", ""))
    return Narrowing(
        topic=topic if labels.known("topic", topic) else "",
        side=side if side in SIDES else "",
        commune=commune_asked(),
        country=country if labels.known("country", country) else "",
        name=given.get("name", "").strip()[:_NAME_MOST],
        partner=partner.id if partner is not None and partner.scheme == "stakeholderType" else "",
    )


def _given(by: Narrowing) -> dict[str, str]:
    return {name: getattr(by, name) for name in Narrowing.__slots__}


def _choices(found: Listing, by: Narrowing) -> dict[str, list[tuple[str, str, int]]]:
    """(value, label, how many) of each select, by label; what is chosen stands there even when nothing has it."""

    def of(counts: Mapping[str, int], chosen: str, label: str) -> list[tuple[str, str, int]]:
        values = {**counts, **({chosen: counts.get(chosen, 0)} if chosen else {})}
        named = [(value, labels.label(label, value, language(), {}), count) for value, count in values.items()]
        return sorted(named, key=lambda one: (one[1].casefold(), one[0]))

    return {
        "topic": of(found.topics, by.topic, "topic"),
        "country": of(found.countries, by.country, "country"),
        "partner": of(found.partners, by.partner, "topic"),
    }


def _heads() -> list[str]:
    return [
        _("Name"), _("Short name"), _("Kind of partner"), _("City"), _("Country"), _("Mailbox"), _("Telephone"),
        _("Web address"), _("Languages spoken"), _("Offers"), _("Seeks"), _("Introduced by"), _("Address of its page"),
        _("Demonstration data"),
    ]  # fmt: skip


def _cells(who: Who, one: Stored, told: Reading) -> list[str]:
    content, name = one.content, told.at("legalName")
    country = organisations.country_of(one.origin, content, who.cards)
    reached = [str(content.get(field) or "") for field in ("roleMailbox", "telephone", "url")]
    return [
        name.text if name else "", str(content.get("acronym") or ""),
        labels.concept(str(content["stakeholderType"]), language()), str(content.get("city") or ""),
        labels.country(country, language()) if country else "", *reached,
        ", ".join(language_name(str(code)) for code in content.get("languagesSpoken") or []),
        *("; ".join(_said(told, side, place) for place in range(len(told.items(side)))) for side in SIDES),
        who.name(one.origin), outward(who, "pages.organisation", did=one.origin, record=one.record),
        _("yes") if one.body.get("illustrative") else "",
    ]  # fmt: skip


def _said(told: Reading, side: str, place: int) -> str:
    """A row of what is offered or sought: its topic, and its words."""
    topic, words = labels.concept(str(told.items(side)[place]["topic"]), language()), told.at(f"{side}.{place}.text")
    return f"{topic} ({words.text})" if words else topic
