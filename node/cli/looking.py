"""`wasl reindex`: the search index at the terminal. Searching is in `node/cli/searching.py`."""

from __future__ import annotations

import sys
import time

import click

from node import indexing
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import opened
from node.cli.options import json_option
from node.cli.terminal import Terminal, pass_terminal


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
