"""Results of `wasl search` as they are told: why each was found, the passage with its words marked, the counts.

Words are bold on a terminal only, and only whole ones, so that Arabic keeps its shapes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from node import answers, labels
from node.asking import Asked
from node.assembly import Node
from node.cli import printing
from node.indexing import Searcher, vocabulary
from node.labels import FACET_WORDS
from node.store.records import OURSELVES, Stored
from node.wording import Translated, translations_of
from protocol import schemas
from protocol.card import Card
from search.document import Hit
from search.snippet import Fragment, snippet

_SNIPPET = 200
"""Characters of the passage shown under a hit."""
_VALUES = 8
"""Values of a facet that are listed."""

Told = dict[str, Any]


def told(node: Node, hits: Sequence[Hit], cards: Mapping[str, Card], asked: Asked, reader: str) -> list[Told]:
    """Hits as JSON tells them; `passage` holds pieces of text and whether they matched."""
    found = []
    with node.database.reading() as connection:
        for hit, stored in answers.held(connection, hits, OURSELVES):
            translations = translations_of(connection, stored, OURSELVES)
            title, text, original = _text_of(stored, translations, hit.language)
            made = translations.get(hit.language) if hit.language != original else None
            passage = snippet(text, asked.query(reader), hit.language, _SNIPPET, vocabulary())
            found.append(
                {
                    "uri": hit.uri,
                    "type": stored.type,
                    "title": title,
                    "snippet": "".join(piece for piece, _ in passage),
                    "passage": passage,
                    "language": hit.language,
                    "original_language": original,
                    "translation": made.method if made else None,
                    "outdated": bool(made and made.outdated),
                    "concepts": list(hit.concepts),
                    "node": cards[stored.origin].name(reader) if stored.origin in cards else stored.origin,
                    "score": round(hit.score, 3),
                    "illustrative": bool(stored.body.get("illustrative")),
                }
            )
    return found


def similar(
    node: Node, searcher: Searcher, asked: Asked, reader: str, cards: Mapping[str, Card], limit: int
) -> list[Told]:
    """What is most like a practice."""
    with node.database.reading() as connection:
        _, hits = answers.similar(connection, searcher, asked.like, reader, limit, OURSELVES)
    return told(node, hits, cards, asked, reader)


def show(page: Mapping[str, Any], reader: str, names: Mapping[str, str], asked: Asked) -> None:
    """A page of results as text."""
    for hit in page["hits"]:
        _show(hit, reader)
    for name in FACET_WORDS if "facets" in page else ():
        counts = page["facets"].get(name, {})
        if counts:
            printing.say(printing.strong(labels.facet(name, reader)))
        for value, count in list(counts.items())[:_VALUES]:
            label = labels.label(name, value, reader, names)
            shown = f"{label} ({value})" if label != value and name != "commune" else label
            printing.say(f"  {count:>5}  {printing.plain(shown)}")
        if len(counts) > _VALUES:
            printing.say(f"         and {len(counts) - _VALUES} more")
    first = f", page {asked.page}" if asked.page > 1 else ""
    printing.say(f"{len(page['hits'])} of {page['total']}{first}")


def why(hit: Told, reader: str) -> list[str]:
    """Why it was found, and what is to be known of its wording."""
    chips = [f"{_scheme(concept)} {labels.concept(concept, reader)}" for concept in hit["concepts"]]
    if hit["original_language"] != hit["language"]:
        chips.append(f"original: {labels.tongue(hit['original_language'], reader)}")
    if hit["translation"] == "machine":
        chips.append("machine translation, not reviewed")
    if hit["outdated"]:
        chips.append("older than its original")
    return [*chips, "illustrative"] if hit["illustrative"] else chips


def _show(hit: Told, reader: str) -> None:
    chips = "".join(f" · {chip}" for chip in why(hit, reader))
    printing.say(printing.strong(printing.plain(hit["title"] or hit["type"])))
    printing.say(f"  {printing.plain(hit['node'])} · {hit['type']} · {hit['language']}{printing.plain(chips)}")
    printing.say(f"  {_marked(hit['passage'])}")
    printing.say(f"  {hit['uri']}")


def _marked(passage: Sequence[Fragment]) -> str:
    return "".join(
        printing.strong(printing.plain(piece)) if matched else printing.plain(piece) for piece, matched in passage
    )


def _scheme(concept: str) -> str:
    known = labels.concepts().get(concept)
    return {"topic": "topic", "targetGroup": "target group"}.get(known.scheme if known else "", "concept")


def _text_of(stored: Stored, translations: Mapping[str, Translated], language: str) -> tuple[str, str, str]:
    """(title, summary and body, language of the original) in `language`, else in the original's."""
    original = str(stored.body["language"])
    texts = dict(schemas.texts(stored.type, stored.content, original))
    if language in translations:
        texts |= schemas.texts("Translation", translations[language].stored.content, language)
    words = texts.get(language) or texts.get(original)
    if words is None:
        return "", "", original
    return words.title, f"{words.summary}\n{words.body}", original
