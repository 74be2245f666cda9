"""All results of `wasl search` as a file: CSV, spreadsheet or feed, the same as the pages give.

A table may hold what is for members only, so nobody else on this machine may read its file. A feed is for everybody:
public records only.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import click

from node.asking import Asked
from node.assembly import Node
from node.cli import printing
from node.cli.written import written
from node.indexing import Searcher
from node.outputs import atom_feed, csv_file, ods_file
from node.outputs.rows import Link, Row, rows
from node.store import chains
from node.store.records import OURSELVES, PUBLIC
from protocol.card import Card

ALL = ("csv", "ods", "atom")


def write(node: Node, searcher: Searcher, asked: Asked, reader: str, form: str, output: Path | None) -> None:
    """Write the file, to standard output where none is named. Raises OSError."""
    if form == "ods" and output is None and sys.stdout.isatty():
        raise click.UsageError("a spreadsheet is nothing for a terminal: add --output FILE")
    with node.database.reading() as connection:
        card = chains.head_cards(connection).get(node.did)
    link = _link(card)
    asked = asked.with_(sort="newest") if form == "atom" else asked
    found = rows(node, searcher, asked, reader, link, PUBLIC if form == "atom" else OURSELVES)
    with written(output, private=form != "atom") as out:
        for piece in _pieces(node, card, asked, reader, form, found):
            out.write(piece)
    if output is not None:
        printing.note(f"written: {output}")


def _pieces(
    node: Node, card: Card | None, asked: Asked, reader: str, form: str, found: Iterable[Row]
) -> Iterable[bytes]:
    if form == "csv":
        yield from csv_file.write(found, reader)
    elif form == "ods":
        with ods_file.write(found, reader) as file:
            while piece := file.read(65536):
                yield piece
    else:
        root = (card.url or "") if card else ""
        address = asked.with_(sort="best").address()
        feed = atom_feed.Feed(
            id=f"{node.did}/search?{address}",
            title=f"Wasl: {asked.words}".rstrip(": "),
            subtitle="",
            own=f"{root}/feed.atom?{address}",
            page=f"{root}/search?{address}",
            author=card.name(reader) if card else node.did,
            language=reader,
            updated=card.envelope.modified if card else 0,
        )
        yield atom_feed.write(feed, islice(found, atom_feed.ENTRIES))


def _link(card: Card | None) -> Link:
    """Addresses at this node where it has one; else the URI of the record."""
    root = (card.url or "").rstrip("/") if card else ""
    if not root:
        return lambda origin, record: f"{origin}/records/{record}"
    return lambda origin, record: f"{root}/practices/{origin}/{record}"
