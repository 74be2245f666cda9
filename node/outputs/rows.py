"""A practice as one row: what a person wants to sort, count and cite. Values are plain, labels are the reader's.

Comes from: `answers`. Goes to: the writers of this folder, tables on pages, `wasl search`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from node import answers, labels, speech
from node.asking import Asked
from node.assembly import Node
from node.documents import SAID_ABOUT
from node.facets import facets_of
from node.indexing import Searcher
from node.store import chains, records
from node.store.records import PUBLIC, Stored
from node.wording import Reading, best_of
from protocol.card import Card
from search import Hit


def N_(sentence: str) -> str:
    """Mark for translation."""
    return sentence


COLUMNS = {
    "title": N_("Title"),
    "commune": N_("Municipality"),
    "country": N_("Country"),
    "summary": N_("In short"),
    "topics": N_("Topics"),
    "groups": N_("Target groups"),
    "dimensions": N_("Dimensions of migration"),
    "status": N_("Status"),
    "evidence": N_("Evidence"),
    "start": N_("Since"),
    "end": N_("Until"),
    "cost": N_("Cost"),
    "original": N_("Original language"),
    "shown": N_("Language shown"),
    "translation": N_("Translation"),
    "illustrative": N_("Demonstration data"),
    "licence": N_("Licence"),
    "revision": N_("Revision"),
    "changed": N_("Changed"),
    "address": N_("Address"),
    "uri": N_("Record"),
}
"""Columns by their stable names, in their order."""

INVENTED = N_("Demonstration data: invented, not to be cited")

Link = Callable[[str, str], str]
"""The address of a practice by origin and record."""


@dataclass(frozen=True, slots=True)
class Row:
    """One practice. Lists hold ids of concepts; `translation`: how what is shown was translated, "" for an original;
    `start`, `end`: as the record writes them; `modified`, `received`: seconds since 1970."""

    uri: str
    address: str
    title: str
    summary: str
    shown: str
    original: str
    translation: str
    outdated: bool
    origin: str
    commune: str
    country: str
    facets: Mapping[str, tuple[str, ...]]
    start: str
    end: str
    licence: str
    illustrative: bool
    revision: int
    modified: int
    received: int


def rows(
    node: Node, searcher: Searcher, asked: Asked, language: str, link: Link, audience: str = PUBLIC
) -> Iterator[Row]:
    """Every practice that a question finds, the first `answers.MOST`. Holds no transaction between two batches."""
    for hits in _batches(node, searcher, asked, language, audience):
        with node.database.reading() as connection:
            found = rows_of(connection, hits, language, link, audience)
        yield from found


def rows_of(
    connection: Connection, hits: Sequence[Hit], language: str, link: Link, audience: str = PUBLIC
) -> list[Row]:
    """The rows of some hits."""
    cards = chains.head_cards(connection)
    held = answers.held(connection, hits, audience)
    about = records.about_many(connection, [stored.uri for _, stored in held], audience, SAID_ABOUT)
    return [_row(connection, stored, cards, language, link, about.get(stored.uri, [])) for _, stored in held]


def row_of(connection: Connection, stored: Stored, language: str, link: Link, audience: str = PUBLIC) -> Row:
    """The row of one practice."""
    about = records.about(connection, stored.uri, audience, SAID_ABOUT)
    return _row(connection, stored, chains.head_cards(connection), language, link, about)


def _row(
    connection: Connection,
    stored: Stored,
    cards: Mapping[str, Card],
    language: str,
    link: Link,
    about: Sequence[Stored],
) -> Row:
    """One practice for a reader of this language: in a translation where there is one. `about`: what others signed."""
    body, content = stored.body, stored.content
    original = str(body.get("language", ""))
    translated = None if original == language else best_of(connection, stored, about).get(language)
    reading = Reading(content, original, translated)
    title, summary = reading.at("title"), reading.at("summary")
    is_translation = translated is not None and title is not None and title.translated
    country = str(cards[stored.origin].content.get("country") or "") if stored.origin in cards else None
    adapted = [str(each.content.get("outcome")) for each in about if _counts(each, stored)]
    facets = facets_of(stored.type, content, country, adapted)
    return Row(
        uri=stored.uri,
        address=link(stored.origin, stored.record),
        title=title.text if title else "",
        summary=summary.text if summary else "",
        shown=title.language if title else original,
        original=original,
        translation=translated.method if translated is not None and is_translation else "",
        outdated=translated is not None and is_translation and translated.outdated,
        origin=stored.origin,
        commune=cards[stored.origin].name(language) if stored.origin in cards else stored.origin,
        country=next(iter(facets.get("country", ())), ""),
        facets=facets,
        start=str(content.get("startDate") or ""),
        end=str(content.get("endDate") or ""),
        licence=str(body.get("licence", "")),
        illustrative=body.get("illustrative") is True,
        revision=stored.revision,
        modified=stored.modified,
        received=stored.received,
    )


def _counts(other: Stored, stored: Stored) -> bool:
    """Whether it is another town's adaptation that a reader of the record may hear of, as in `node/documents.py`."""
    seen = other.visibility in (stored.visibility, "public")
    return other.type == "Adaptation" and other.origin != stored.origin and seen


def heads(language: str) -> list[str]:
    """What the columns are called."""
    say = speech.translations(language).gettext
    return [say(name) for name in COLUMNS.values()]


def cells(row: Row, language: str) -> list[str]:
    """The row as text, in the order of `COLUMNS`."""
    say = speech.translations(language).gettext

    def told(facet: str) -> str:
        return ", ".join(labels.label(facet, value, language, {}) for value in row.facets.get(facet, ()))

    found = {
        "title": row.title,
        "commune": row.commune,
        "country": labels.country(row.country, language),
        "summary": row.summary,
        "topics": told("topic"),
        "groups": told("group"),
        "dimensions": told("dimension"),
        "status": told("status"),
        "evidence": told("evidence"),
        "start": row.start,
        "end": row.end,
        "cost": told("cost"),
        "original": labels.tongue(row.original, language),
        "shown": labels.tongue(row.shown, language),
        "translation": say(METHODS[row.translation]) if row.translation in METHODS else row.translation,
        "illustrative": say(N_("yes")) if row.illustrative else "",
        "licence": row.licence,
        "revision": str(row.revision),
        "changed": moment(row.modified)[:10],
        "address": row.address,
        "uri": row.uri,
    }
    return [found[name] for name in COLUMNS]


METHODS = {
    "human": N_("translated by people"),
    "machine-assisted": N_("translated by machine, reviewed by people"),
    "machine": N_("machine translation, not reviewed"),
}
"""How a translation was made."""


def moment(seconds: int) -> str:
    """RFC 3339, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _batches(node: Node, searcher: Searcher, asked: Asked, language: str, audience: str) -> Iterator[Sequence[Hit]]:
    if not asked.like:
        yield from answers.batches(searcher, asked, language, audience)
        return
    with node.database.reading() as connection:
        _, hits = answers.similar(connection, searcher, asked.like, language, answers.BATCH, audience)
    yield hits
