"""`wasl search`, `wasl reindex`: the search index at the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

import click

from node import communes, indexing
from node.assembly import Node
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import opened
from node.cli.options import json_option
from node.cli.terminal import LANGUAGES, Terminal, pass_terminal
from node.documents import INDEXED
from node.errors import NotFound
from node.indexing import Searcher
from node.store import chains, log, records
from node.store.records import OURSELVES, Stored
from protocol import schemas
from protocol.card import Card
from search.document import Hit, Query
from search.errors import SearchError
from search.snippet import snippet

_SNIPPET = 200
"""Characters of the passage shown under a hit."""


@click.command(
    "search",
    epilog=examples(
        "wasl search bilan de compétences",
        "wasl search Sprachkurse Frauen --language de --commune rabat",
        "wasl search '\"marché local\"' --in fr --limit 5 --json",
    ),
)
@click.argument("words", nargs=-1, required=True)
@click.option("--language", type=click.Choice(LANGUAGES), help="The reader's language. [default: the terminal's]")
@click.option("--in", "written_in", multiple=True, help="Only records written in this language; may be repeated.")
@click.option("--commune", "places", multiple=True, help="Only records of this node: its name or DID; may be repeated.")
@click.option("--type", "types", type=click.Choice(INDEXED), multiple=True, help="Kinds of record. [default: Practice]")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True)
@json_option
@pass_terminal
def search_command(
    terminal: Terminal,
    words: tuple[str, ...],
    language: str | None,
    written_in: tuple[str, ...],
    places: tuple[str, ...],
    types: tuple[str, ...],
    limit: int,
    as_json: bool,
) -> None:
    """Find records by words, in any of five languages: what is found may be written in another one.

    "Words in quotation marks" are searched as they stand. Searches this node's copy of the network, also what is for
    members only.
    """
    reader = language or terminal.language
    with opened(terminal) as node:
        with node.database.reading() as connection:
            cards = chains.head_cards(connection)
        query = Query(
            words=" ".join(words),
            language=reader,
            filters={
                "language": written_in,
                "commune": tuple(did for place in places for did in _dids(place, cards)),
            },
            kinds=types or ("Practice",),
            public_only=False,
            limit=limit,
        )
        searcher = Searcher(node)
        try:
            found = searcher.find(query)
            behind = _behind(node, searcher)
        finally:
            searcher.forget()
        told = _told(node, found.results.hits, cards, query)
    if as_json:
        printing.as_json(
            {
                "total": found.results.total,
                "complete": found.results.complete and not found.rebuilding,
                "rebuilding": found.rebuilding,
                "not_indexed_yet": behind,
                "hits": told,
            }
        )
        return
    for hit in told:
        _show(hit)
    printing.say(f"{len(told)} of {found.results.total}")
    if behind:
        printing.note(f"{behind} entries of the log are not indexed yet: the worker does it (`wasl worker --once`).")
    elif found.rebuilding or not found.results.complete:
        printing.note("The index is being built, or is not there yet: this may not be all (`wasl reindex` builds it).")


@click.command("reindex", epilog=examples("wasl reindex", "wasl reindex --json"))
@json_option
@pass_terminal
def reindex_command(terminal: Terminal, as_json: bool) -> None:
    """Build the search index anew from the records. Nothing is lost; searching goes on meanwhile."""
    started = time.monotonic()
    with (
        opened(terminal) as node,
        click.progressbar(length=1, label="indexing", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar,
    ):

        def progress(done: int, total: int) -> None:
            bar.length = total or 1
            bar.update(done - bar.pos)

        count = indexing.rebuild(node, progress)
    seconds = round(time.monotonic() - started, 1)
    if as_json:
        printing.as_json({"documents": count, "seconds": seconds})
    else:
        printing.say(f"{count} records indexed in {seconds} s")


def _dids(place: str, cards: Mapping[str, Card]) -> list[str]:
    """The origins that a person means by a DID or a name. Raises `NotFound` (`unknown_node`) when there is none."""
    if place in cards:
        return [place]
    commune = communes.find(place)
    wanted = {name.casefold() for name in commune.names.values()} if commune else set()
    wanted.add(place.casefold())
    found = [
        did
        for did, card in cards.items()
        if any(_same_place(str(name), wanted, commune) for name in card.content["names"].values())
    ]
    if not found:
        raise NotFound(f"no node here is called {place!r}; `wasl node list` shows their names", "unknown_node")
    return found


def _same_place(name: str, wanted: set[str], commune: communes.Commune | None) -> bool:
    return name.casefold() in wanted or (commune is not None and communes.find(name) == commune)


def _behind(node: Node, searcher: Searcher) -> int:
    """How many entries of the log the index has not read; 0 where there is no index to ask."""
    with node.database.reading() as connection:
        last = log.last_seq(connection)
    try:
        return max(0, last - searcher.index().cursor())
    except SearchError:
        return 0


def _told(node: Node, hits: tuple[Hit, ...], cards: Mapping[str, Card], query: Query) -> list[dict[str, Any]]:
    told = []
    with node.database.reading() as connection:
        held = records.many(connection, [hit.uri for hit in hits], OURSELVES)
        for hit in hits:
            stored = held.get(hit.uri)
            if stored is None or stored.data is None:
                continue  # gone since the index read it
            translations = records.about(connection, hit.uri, OURSELVES, ["Translation"])
            title, text, original = _text_of(stored, translations, hit.language)
            told.append(
                {
                    "uri": hit.uri,
                    "type": stored.type,
                    "title": title,
                    "snippet": "".join(piece for piece, _ in snippet(text, query, hit.language, _SNIPPET)),
                    "language": hit.language,
                    "original_language": original,
                    "node": cards[stored.origin].name(query.language) if stored.origin in cards else stored.origin,
                    "score": round(hit.score, 3),
                    "illustrative": bool(stored.body.get("illustrative")),
                }
            )
    return told


def _text_of(stored: Stored, translations: list[Stored], language: str) -> tuple[str, str, str]:
    """(title, summary and body, language of the original) in `language`, else in the original's."""
    original = str(stored.body["language"])
    texts = dict(schemas.texts(stored.type, stored.content, original))
    for translation in translations:
        texts |= schemas.texts("Translation", translation.content, str(translation.body["language"]))
    words = texts.get(language) or texts.get(original)
    if words is None:
        return "", "", original
    return words.title, f"{words.summary}\n{words.body}", original


def _show(hit: Mapping[str, Any]) -> None:
    made_up = " · illustrative" if hit["illustrative"] else ""
    original = f" · original: {hit['original_language']}" if hit["original_language"] != hit["language"] else ""
    printing.say(printing.strong(printing.plain(hit["title"] or hit["type"])))
    printing.say(f"  {printing.plain(hit['node'])} · {hit['type']} · {hit['language']}{original}{made_up}")
    printing.say(f"  {printing.plain(hit['snippet'])}")
    printing.say(f"  {hit['uri']}")
