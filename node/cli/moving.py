"""`wasl import`, `wasl export`: signed records as files."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import click

from node import intake
from node.cli import printing, tables
from node.cli.exits import ATTENTION, DONE, ERROR, REFUSED
from node.cli.lazy import examples
from node.cli.opening import opened
from node.cli.options import dry_run_option, json_option
from node.cli.terminal import Terminal, pass_terminal
from node.cli.written import written
from node.config import LANGUAGES
from node.errors import NodeError
from node.transfer import grid, incoming, outgoing, templates
from node.transfer.incoming import Report
from node.transfer.outgoing import Wanted

_EXIT = {intake.REFUSED: ERROR, intake.HELD: ATTENTION, intake.PENDING: ATTENTION, intake.SKIPPED: REFUSED}


@click.command(
    "import",
    epilog=examples(
        "wasl import rabat.jsonl",
        "zcat all.jsonl.gz | wasl import - --json",
        "wasl import --template ods --language ar > template.ods",
        "wasl import practices.ods --dry-run",
    ),
)
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--template", type=click.Choice(templates.FORMS), help="Write an empty table to fill in, and end.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of a template's headings, and of rows that name none.")
@click.option("--skip-bad", is_flag=True, help="Publish the rows of a table that are in order, and leave the others.")
@click.option("--consent-checked", is_flag=True, help="The persons whose data stand in a table have agreed.")
@dry_run_option
@json_option
@pass_terminal
def import_command(
    terminal: Terminal,
    file: BinaryIO | None,
    template: str | None,
    language: str | None,
    skip_bad: bool,
    consent_checked: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take in FILE: signed records, or a table of practices to be signed here (.csv, .ods).

    Signed records, one a line (- is standard input), are taken in as if a peer had brought them.

    Every line is verified; what is forged, altered or of an origin that this node does not admit stays out, and the
    report says why. Cards come first in the file, as `wasl export` writes them; records whose card is missing wait.
    Exit code: 0 all taken in, 1 some refused, 3 some wait, 4 some left out by this node's policy.

    A table holds a practice a row (docs/exchange-of-files.md; --template writes an empty one). Every row is judged
    first, every fault told by row and column; nothing is published unless all are in order, or --skip-bad is given.
    Exit code: 0 all published, 1 nothing was, 3 bad rows were left.
    """
    spoken = language or terminal.language
    if template:
        sys.stdout.buffer.write(templates.write(template, spoken))
        return
    if file is None:
        raise click.UsageError("name a FILE, or --template csv or ods")
    if tables.is_table(str(getattr(file, "name", ""))):
        with opened(terminal) as node:
            tables.take_in(
                node, file.read(grid.MOST_BYTES + 1), spoken,
                dry_run=dry_run, skip_bad=skip_bad, consent_checked=consent_checked, as_json=as_json,
            )  # fmt: skip
        return
    if dry_run or skip_bad or consent_checked:
        raise click.UsageError("--dry-run, --skip-bad and --consent-checked are for tables (.csv, .ods)")
    report = Report()
    with opened(terminal) as node:
        try:
            size = _size(file)
            with click.progressbar(
                length=size or 1, label="importing", file=sys.stderr, hidden=not (size and sys.stderr.isatty())
            ) as bar:
                incoming.take_in(node, file, report, bar.update)
        except NodeError:
            printing.note(f"stopped after {report.lines} lines; running it again does no harm")
            raise
    _show(report, as_json)
    click.get_current_context().exit(_EXIT.get(report.worst, DONE))


@click.command(
    "export",
    epilog=examples(
        "wasl export -o network.jsonl",
        "wasl export --own --type Practice -o ours.jsonl",
        "wasl export --members | gzip",
    ),
)
@click.option("--own", is_flag=True, help="Only what this node published.")
@click.option("--type", "types", multiple=True, help="Only records of this type; may be given several times.")
@click.option("--members", is_flag=True, help="Also records meant for members of the network only.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write. [default: standard output]"
)
@pass_terminal
def export_command(terminal: Terminal, own: bool, types: tuple[str, ...], members: bool, output: Path | None) -> None:
    """Write the records held here, one a line, the exact bytes, with the cards that verify them offline.

    Current revisions and tombstones only. Records that never leave this node are never written; records for members
    only with --members. `wasl record verify FILE` checks the file on any machine, `wasl import FILE` takes it in.
    """
    with opened(terminal) as node, written(output, private=members) as out:
        done = outgoing.write(node, out, Wanted(node.did if own else None, types, members))
    printing.note(f"{done.cards} cards and {done.records} records, {done.size} bytes")


def _size(file: BinaryIO) -> int | None:
    """How long the file is, in bytes; None for a pipe."""
    try:
        return os.fstat(file.fileno()).st_size or None
    except (OSError, ValueError):
        return None


def _show(report: Report, as_json: bool) -> None:
    reasons = sorted(report.reasons.values(), key=lambda reason: -reason.count)
    if as_json:
        printing.as_json(
            {"lines": report.lines, "verdicts": report.verdicts, "reasons": [asdict(reason) for reason in reasons]}
        )
        return
    counted = ", ".join(f"{count} {status}" for status, count in report.verdicts.most_common())
    printing.say(f"{report.lines} lines: {counted or 'nothing in it'}")
    if reasons:
        rows = [(reason.count, reason.status, reason.code, reason.first, reason.detail) for reason in reasons]
        printing.table(("lines", "verdict", "code", "first at", "reason"), rows)
