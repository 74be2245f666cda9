"""Practices from a table or a Markdown file, told row by row: the other half of `wasl import`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from node import publish, speech
from node.assembly import Node
from node.cli import printing
from node.cli.exits import ATTENTION, ERROR
from node.transfer import drafts, headings, table
from node.transfer.table import Taken


def is_table(name: str) -> bool:
    """Whether a file is a table, by its name."""
    return name.lower().endswith((".csv", ".ods"))


def take_in(
    node: Node, data: bytes, language: str, *, dry_run: bool, skip_bad: bool, consent_checked: bool, as_json: bool
) -> None:
    """Publish every row, or none: with `skip_bad` those without a fault. Ends the command with its exit code."""
    rows = table.read(data, language, node.now(), consent_checked)
    bad = [taken for taken in rows if taken.faults]
    good = [taken for taken in rows if not taken.faults]
    done = []
    if not dry_run and (skip_bad or not bad):
        for taken in good:
            said = drafts.statement(
                taken.draft, lambda name: None, lambda uri: None, publish.standing(node, taken.draft.record)
            )
            done.append((taken.row, publish.publish(node, said, taken.draft.record).uri))
    _tell(rows, bad, done, language, as_json)
    if bad:
        click.get_current_context().exit(ATTENTION if skip_bad and good else ERROR)


def _tell(
    rows: Sequence[Taken], bad: Sequence[Taken], done: Sequence[tuple[int, str]], language: str, as_json: bool
) -> None:
    faults = [fault for taken in bad for fault in taken.faults]
    if as_json:
        told: list[dict[str, Any]] = [
            {"row": one.row, "column": one.column, "code": one.code, "detail": one.detail} for one in faults
        ]
        published = [{"row": row, "uri": uri} for row, uri in done]
        printing.as_json({"rows": len(rows), "faults": told, "published": published})
        return
    for fault in faults:
        column = headings.said(fault.column, language) if fault.column else "–"
        sentence = speech.sentence_for(fault.code, language) or fault.detail
        where = f"row {fault.row}, {printing.plain(column)}"
        printing.note(f"{where}: {sentence} {printing.plain(fault.detail)} ({fault.code})")
    for _, uri in done:
        printing.say(uri)
    printing.note(f"{len(rows)} rows: {len(rows) - len(bad)} in order, {len(bad)} not, {len(done)} published")
