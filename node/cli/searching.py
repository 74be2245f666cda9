"""`wasl search`: what the page `/search` does, at the terminal. Values are given by id, or by name in any language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from node import answers, asking, communes, dates, labels
from node.asking import Asked
from node.assembly import Node
from node.cli import printing, search_files, search_showing
from node.cli.lazy import examples
from node.cli.opening import opened
from node.cli.options import json_option
from node.cli.terminal import LANGUAGES, Terminal, pass_terminal
from node.documents import APART, INDEXED
from node.errors import NotFound
from node.indexing import Searcher
from node.labels import FACET_WORDS
from node.searching_apart import ApartSearcher
from node.store import chains, log
from node.store.records import OURSELVES
from protocol.card import Card
from search.document import FACETS, SORTS
from search.errors import SearchError

KINDS = (*INDEXED, *APART)
FORMATS = ("text", "json", "csv", "ods", "atom")
FEW = 5
"""With fewer results, other words are suggested."""
PAGES_MOST = 1000

_OPTIONS = {
    "topic": ("--topic", "Only under this topic or a narrower one."),
    "group": ("--group", "Only for this target group."),
    "dimension": ("--dimension", "Only of this dimension of migration."),
    "status": ("--status", "Only in this status."),
    "evidence": ("--evidence", "Only with this level of evidence."),
    "country": ("--country", "Only from this country."),
    "commune": ("--commune", "Only of this node, by name or DID."),
    "language": ("--in", "Only written in this language."),
    "year": ("--year", "Only begun in this year."),
    "cost": ("--cost", "Only in this band of cost, such as under-10000."),
}


def _facet_options(command: Any) -> Any:
    """One repeatable option for each facet."""
    for name, (option, meaning) in reversed(_OPTIONS.items()):
        command = click.option(option, f"facet_{name}", multiple=True, metavar="NAME", help=meaning)(command)
    return command


@click.command(
    "search",
    epilog=examples(
        "wasl search bilan de compétences",
        "wasl search Sprachkurse --language de --topic Bildung --country MA --facets",
        "wasl search '\"marché local\"' --in fr --since 2018 --until 06/2020 --sort oldest --json",
        "wasl search --group femmes --status completed --format ods --output femmes.ods",
        "wasl search --like did:key:z6Mk…/records/0198…",
    ),
)
@click.argument("words", nargs=-1)
@click.option("--language", type=click.Choice(LANGUAGES), help="The reader's language. [default: the terminal's]")
@_facet_options
@click.option("--since", default="", metavar="DATE", help="Only what ran in or after this year, month or day.")
@click.option("--until", default="", metavar="DATE", help="Only what ran in or before this year, month or day.")
@click.option("--sort", type=click.Choice(SORTS), default=SORTS[0], show_default=True)
@click.option("--facets", is_flag=True, help="Also count what the results may be narrowed by.")
@click.option("--like", default="", metavar="URI", help="What is most like this practice, instead of words.")
@click.option("--type", "types", type=click.Choice(KINDS), multiple=True, help="Kinds of record. [default: Practice]")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="Results on a page.")
@click.option("--page", type=click.IntRange(1, PAGES_MOST), default=1, show_default=True, help="Which page.")
@click.option("--format", "form", type=click.Choice(FORMATS), default=FORMATS[0], show_default=True)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write. [default: standard output]"
)
@json_option
@pass_terminal
def search_command(
    terminal: Terminal,
    /,
    words: tuple[str, ...],
    language: str | None,
    since: str,
    until: str,
    sort: str,
    facets: bool,
    like: str,
    types: tuple[str, ...],
    limit: int,
    page: int,
    form: str,
    output: Path | None,
    as_json: bool,
    **given: tuple[str, ...],
) -> None:
    """Find records by words, in any of five languages: what is found may be written in another one.

    "Words in quotation marks" are searched as they stand. Options that narrow may be given several times: any of the
    values within one, all options together; a value is an id or a name in any of the five languages. Searches this
    node's copy of the network, also what is for members only; a feed holds public records only.

    Organisations are searched apart from all else: `--type Organisation`.

    csv and ods hold all results, the first 10,000; atom the newest 50; text and json one page.
    """
    form = "json" if as_json else form
    reader = language or terminal.language
    if not (words or like or since or until or types or facets or any(given.values()) or form in search_files.ALL):
        raise click.UsageError("say what to search: words, or an option that narrows, or --like URI")
    if form in search_files.ALL and types not in ((), ("Practice",)):
        raise click.UsageError(f"--format {form} holds practices only")
    if set(types) & set(APART) and (like or set(types) > set(APART)):
        raise click.UsageError(f"--type {APART[0]} is searched apart: without another type, and without --like")
    with opened(terminal) as node:
        with node.database.reading() as connection:
            cards = chains.head_cards(connection)
        asked = Asked(
            words=" ".join(" ".join(words).split()),
            chosen=_chosen(given, cards),
            sort=sort,
            like=like,
            page=page,
            since=dates.tidy(since) if since else "",
            until=dates.tidy(until) if until else "",
        )
        if asked.since and asked.until:
            asking.in_order(asked.since, asked.until)
        searcher = ApartSearcher(node) if set(types) & set(APART) else Searcher(node)
        try:
            if form in search_files.ALL:
                search_files.write(node, searcher, asked, reader, form, output)
            else:
                _tell(node, searcher, asked, reader, cards, types or ("Practice",), limit, facets, form == "json")
        finally:
            searcher.forget()


def _tell(
    node: Node,
    searcher: Searcher,
    asked: Asked,
    reader: str,
    cards: Mapping[str, Card],
    kinds: tuple[str, ...],
    limit: int,
    counted: bool,
    as_json: bool,
) -> None:
    """One page of results, as text or JSON."""
    names = {did: card.name(reader) for did, card in cards.items()}
    if asked.like:
        told = search_showing.similar(node, searcher, asked, reader, cards, limit)
        page = {"total": len(told), "hits": told}
        others: list[str] = []
        instead: tuple[str, ...] = ()
        behind, building = 0, False
    else:
        found = answers.find(
            searcher,
            asked,
            reader,
            OURSELVES,
            kinds=kinds,
            facets=FACETS if counted else (),
            offset=(asked.page - 1) * limit,
            limit=limit,
        )
        told = search_showing.told(node, found.results.hits, cards, asked, reader)
        others = _other_words(searcher, asked, reader, found.results.total, kinds)
        instead = found.results.instead
        behind, building = _behind(node, searcher), found.rebuilding or not found.results.complete
        page = {
            "total": found.results.total,
            "page": asked.page,
            "complete": not building,
            "rebuilding": found.rebuilding,
            "not_indexed_yet": behind,
            "concepts": list(found.results.concepts),
            "searched_instead": list(instead),
            "did_you_mean": others,
            "hits": told,
        } | ({"facets": found.results.facets} if counted else {})
    if as_json:
        printing.as_json(page)
        return
    search_showing.show(page, reader, names, asked)
    for word in instead:
        printing.note(f"Searched instead of what no record has: {printing.plain(word)}")
    for words in others:
        printing.note(f"Did you mean: {printing.plain(words)}")
    if behind:
        printing.note(f"{behind} entries of the log are not indexed yet: the worker does it (`wasl worker --once`).")
    elif building:
        printing.note("The index is being built, or is not there yet: this may not be all (`wasl reindex` builds it).")
    elif not page["total"] and asked.narrowed:
        for line in _ways_out(searcher, asked, reader, kinds):
            printing.note(line)


def _chosen(given: Mapping[str, Iterable[str]], cards: Mapping[str, Card]) -> dict[str, tuple[str, ...]]:
    """The values meant, by facet. Raises `NotFound` (`unknown_value`, `unknown_node`)."""
    chosen = {}
    for name in FACET_WORDS:
        typed = tuple(given.get(f"facet_{name}", ()))
        values = [_dids(each, cards) if name == "commune" else [labels.meant(name, each)] for each in typed]
        if typed:
            chosen[name] = tuple(dict.fromkeys(value for some in values for value in some))
    return chosen


def _other_words(searcher: Searcher, asked: Asked, reader: str, total: int, kinds: tuple[str, ...]) -> list[str]:
    if not asked.words or total >= FEW:
        return []
    try:
        return list(searcher.index().suggest(asked.query(reader, kinds=kinds, public_only=False, limit=0)))
    except SearchError:
        return []


def _ways_out(searcher: Searcher, asked: Asked, reader: str, kinds: tuple[str, ...]) -> list[str]:
    """How many there would be without each option that narrows."""
    lines = []
    for name in (*asked.chosen, *(("dates",) if asked.since or asked.until else ())):
        wider = asked.without(name)
        total = answers.find(searcher, wider, reader, OURSELVES, kinds=kinds, limit=0).results.total
        option = "--since and --until" if name == "dates" else _OPTIONS[name][0]
        if total:
            lines.append(f"Without {option}: {total}")
    return lines


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
