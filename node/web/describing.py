"""What a practice says of itself to machines: addresses, languages, Open Graph, schema.org as JSON-LD, citation.

Addresses that leave the page (in links, codes on paper, citations) begin with the address on this node's card, never
with the Host header of whoever asked (attacks E19); without one, with the address asked for. JSON-LD is a data block:
a browser never runs it, and `<`, `>`, `&` are escaped in it, so that no text can end it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from flask import request, url_for
from markupsafe import Markup

from node import speech
from node.outputs.citations import Citation
from node.outputs.rows import moment
from node.store.records import Stored
from node.web.language import language
from node.web.listing import Who, the_node
from node.wording import Reading, Translated

LICENCES = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}
"""Where the text of a licence stands."""

_SHORTENED = 200
_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


@dataclass(frozen=True, slots=True)
class Described:
    """For the head of the page. `alternates`: language -> address, the original first; `data`: JSON-LD, escaped."""

    canonical: str
    permalink: str
    alternates: Mapping[str, str]
    title: str
    summary: str
    locale: str
    other_locales: Sequence[str]
    data: Markup


def outward(who: Who, endpoint: str, **arguments: Any) -> str:
    """The address of a page of this node as others may use it."""
    card = who.cards.get(the_node().did)
    root = (card.url if card and card.url else request.url_root).rstrip("/")
    return root + url_for(endpoint, **arguments)


def describe(
    who: Who, head: Stored, shown: Stored, reading: Reading, translations: Mapping[str, Translated]
) -> Described:
    """All of it, for one reader's view of one revision."""
    here = {"did": head.origin, "record": head.record}
    page = outward(who, "pages.practice", **here)
    permalink = outward(who, "pages.revision", digest=shown.digest.hex(), **here)
    alternates = {code: f"{page}?lang={code}&text={code}" for code in (reading.language, *translations)}
    chosen = request.args.get("text") or request.args.get("lang")
    canonical = alternates.get(reading.shown_in, page) if chosen == reading.shown_in else page
    title, summary = reading.at("title"), reading.at("summary")
    words = (title.text if title else head.record, summary.text if summary else "")
    return Described(
        canonical=canonical,
        permalink=permalink,
        alternates=alternates,
        title=words[0],
        summary=_shortened(words[1]),
        locale=_locale(reading.shown_in),
        other_locales=[_locale(code) for code in alternates if code != reading.shown_in],
        data=_json_ld(who, shown, reading, translations, page, words),
    )


def cite(who: Who, shown: Stored, reading: Reading, note: str) -> Citation:
    """The citation of the revision shown, in the words shown. `note`: as `Citation`."""
    title = reading.at("title")
    here = {"did": shown.origin, "record": shown.record, "digest": shown.digest.hex()}
    return Citation(
        author=who.name(shown.origin),
        title=title.text if title else shown.record,
        uri=shown.uri,
        digest=shown.digest.hex(),
        revision=shown.revision,
        modified=shown.modified,
        address=outward(who, "pages.revision", **here),
        language=title.language if title else language(),
        licence=str(shown.body.get("licence", "")),
        note=note,
    )


def _json_ld(
    who: Who,
    shown: Stored,
    reading: Reading,
    translations: Mapping[str, Translated],
    page: str,
    words: tuple[str, str],
) -> Markup:
    content, body = shown.content, shown.body
    card = who.cards.get(shown.origin)
    town = {"@type": "GovernmentOrganization", "name": who.name(shown.origin), "identifier": shown.origin}
    if card and card.url:
        town["url"] = card.url
    licence = str(body.get("licence", ""))
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Article",
        "@id": page,
        "url": page,
        "identifier": shown.uri,
        "version": str(shown.revision),
        "headline": words[0],
        "abstract": words[1],
        "inLanguage": reading.shown_in,
        "author": town,
        "publisher": town,
        "dateCreated": body.get("createdAt"),
        "dateModified": moment(shown.modified),
        "license": LICENCES.get(licence, licence),
        "keywords": [str(name) for name in reading.items("topics")],
        "audience": [{"@type": "Audience", "audienceType": str(name)} for name in reading.items("targetGroups")],
        "spatialCoverage": [_place(reading, at, place) for at, place in enumerate(reading.items("spatial"))],
        "temporalCoverage": f"{content.get('startDate', '')}/{content.get('endDate') or '..'}",
        "creativeWorkStatus": content.get("status"),
    }
    if reading.translated:
        said["translationOfWork"] = {"@id": f"{page}?lang={reading.language}&text={reading.language}"}
    else:
        said["workTranslation"] = [{"@id": f"{page}?lang={code}&text={code}"} for code in translations]
    kept = {name: value for name, value in said.items() if value}
    return Markup(orjson.dumps(kept).decode().translate(_ESCAPES))  # noqa: S704  # escaped for a data block


def _place(reading: Reading, at: int, place: Any) -> dict[str, Any]:
    name = reading.at(f"spatial.{at}.name")
    found: dict[str, Any] = {"@type": "Place", "name": name.text if name else ""}
    if isinstance(place, dict) and place.get("lat") and place.get("lon"):
        found["geo"] = {"@type": "GeoCoordinates", "latitude": place["lat"], "longitude": place["lon"]}
    return found


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHORTENED else line[:_SHORTENED].rsplit(" ", 1)[0] + "…"


def _locale(code: str) -> str:
    return speech.LOCALES.get(code, code.replace("-", "_"))
