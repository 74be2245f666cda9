"""`wasl migrate-store`: what the node holds, from its file into PostgreSQL or back."""

from __future__ import annotations

from dataclasses import asdict

import click

from node import migrating
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import actor, opened
from node.cli.options import json_option
from node.cli.saving import bar
from node.cli.terminal import Terminal, pass_terminal
from node.config import DATABASE_URL, POSTGRES
from node.migrating import SQLITE, Moved


@click.command(
    "migrate-store",
    epilog=examples(
        "wasl migrate-store --to postgresql://wasl@db.example/wasl --dry-run",
        "WASL_MIGRATE_TO=postgresql://wasl:secret@db.example/wasl wasl migrate-store",
        "wasl migrate-store --to sqlite --json",
    ),
)
@click.option(
    "--to",
    required=True,
    envvar="WASL_MIGRATE_TO",
    help="An empty PostgreSQL database, postgresql://…, or sqlite: the file of the node's own.",
)
@click.option("--dry-run", is_flag=True, help="Copy and compare all of it, then take it back. The node may be running.")
@json_option
@pass_terminal
def migrate_store_command(terminal: Terminal, to: str, dry_run: bool, as_json: bool) -> None:
    """Copy all that the node holds into another kind of database, and compare it there record by record.

    Stop the node first. All or nothing is written there; nothing changes here. Afterwards you change one setting: the
    last lines say which. A password in an address is seen by everybody on the machine: give such an address in the
    variable WASL_MIGRATE_TO. Attachments, keys and settings stay in the node's folder.
    """
    if to != SQLITE and not to.startswith(POSTGRES):
        raise click.UsageError("--to is an address that begins with postgresql://, or the word sqlite.")
    with opened(terminal) as node, bar("copy and compare") as tell:
        moved = migrating.move(
            node,
            to,
            actor=actor(),
            dry_run=dry_run,
            progress=lambda what, done, total: tell(done + (total if what == "compare" else 0), 2 * total),
        )
    if as_json:
        printing.as_json(asdict(moved) | {"mended": moved.mended, "dry_run": dry_run})
        return
    _tell(moved, to)


def _tell(moved: Moved, to: str) -> None:
    printing.facts(
        (
            ("compared", f"{moved.rows} rows of {len(moved.tables)} tables, {moved.entries} entries of the log"),
            ("log", f"SHA-256 {next(table.digest for table in moved.tables if table.table == 'log')}"),
            ("mended", f"{moved.mended} texts had a NUL: U+FFFD stands there now" if moved.mended else None),
            ("seconds", f"{moved.seconds:.1f}"),
        )
    )
    if not moved.kept:
        printing.say("A trial: it would work. Nothing was kept there, nothing changed here.")
        return
    printing.say(printing.strong("All of it stands there, and is the same. Now:"))
    if to == SQLITE:
        printing.say(f"  1. Take `database` out of [store] in wasl.toml, and {DATABASE_URL} out of the environment.")
        printing.say("  2. wasl doctor, then start the node; then drop the old database.")
        return
    printing.say('  1. In wasl.toml: [store] database = "postgresql://…" (the address you gave),')
    printing.say(f"     or in the environment of every process: {DATABASE_URL}.")
    printing.say("  2. Move wasl.db out of the node's folder: were it used again, two would publish as one.")
    printing.say("  3. wasl doctor, then start the node.")
