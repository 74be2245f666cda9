"""`wasl migrate-attachments`: the bytes of attachments, from the node's folder into a bucket or back."""

from __future__ import annotations

from dataclasses import asdict

import click

from node import shelving
from node.cli import printing
from node.cli.exits import ATTENTION
from node.cli.lazy import examples
from node.cli.opening import actor, opened
from node.cli.options import json_option
from node.cli.saving import bar
from node.cli.terminal import Terminal, pass_terminal
from node.shelving import FOLDER, Shelved


@click.command(
    "migrate-attachments",
    epilog=examples(
        "wasl migrate-attachments --to https://s3.example/wasl-files --dry-run",
        "wasl migrate-attachments --to https://s3.example/files/fes",
        "wasl migrate-attachments --to folder --json",
    ),
)
@click.option(
    "--to", required=True, help="The address of a bucket, https://host/bucket[/prefix], or folder: the node's own."
)
@click.option("--dry-run", is_flag=True, help="Say what would be copied. A bucket is tried with one small object.")
@json_option
@pass_terminal
def migrate_attachments_command(terminal: Terminal, to: str, dry_run: bool, as_json: bool) -> None:
    """Copy the bytes of all attachments to another place, and compare them there by their hashes.

    The node may run, and the command may be interrupted and given again: what is there already is only compared. Do it
    a last time with the node stopped, then change one setting: the last lines say which. Keys of the bucket: in
    WASL_ATTACHMENTS_ACCESS_KEY and WASL_ATTACHMENTS_SECRET_KEY, or in keys/bucket.keys. Exit code 3: files are damaged
    here and were left out.
    """
    if to != FOLDER and not to.startswith(("https://", "http://")):
        raise click.UsageError("--to is the address of a bucket, https://…, or the word folder.")
    with opened(terminal) as node, bar("copy and compare") as tell:
        moved = shelving.move(node, to, actor=actor(), dry_run=dry_run, progress=tell)
    if as_json:
        printing.as_json(asdict(moved) | {"dry_run": dry_run})
    else:
        _tell(moved, to)
    if moved.damaged:
        raise click.exceptions.Exit(ATTENTION)


def _tell(moved: Shelved, to: str) -> None:
    printing.facts(
        (
            ("copied" if moved.kept else "to copy", f"{moved.copied} files, {moved.size / 1e6:.1f} MB"),
            ("there before", f"{moved.same} files, compared" if moved.same else None),
            ("damaged here", f"{moved.damaged} files, left out: peers are asked for them" if moved.damaged else None),
            ("taken away there", f"{moved.gone} files that this node no longer holds" if moved.gone else None),
            ("seconds", f"{moved.seconds:.1f}"),
        )
    )
    if not moved.kept:
        printing.say("A trial: nothing was copied, nothing changed here.")
        return
    if moved.running:
        printing.say(printing.strong("The node is running: stop it, and give this command once more. Then:"))
    else:
        printing.say(printing.strong("All of it lies there, and is the same. Now:"))
    if to == FOLDER:
        printing.say("  1. Take `bucket` out of [attachments] in wasl.toml.")
        printing.say("  2. wasl doctor, then start the node; then empty the bucket.")
        return
    printing.say('  1. In wasl.toml: [attachments] bucket = "https://…" (the address you gave).')
    printing.say("  2. wasl doctor, then start the node.")
    printing.say("  3. Delete attachments/ in the node's folder: what is erased from now on would stay there.")
