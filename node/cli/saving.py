"""`wasl backup`: the whole node as one file, and what `wasl restore` shares with it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from node import backup, restoring
from node.archive import Manifest
from node.assembly import Node
from node.cli import printing
from node.cli.exits import ATTENTION
from node.cli.lazy import examples
from node.cli.opening import actor, opened, words_of
from node.cli.options import Decorator, json_option
from node.cli.terminal import Terminal, pass_terminal
from node.errors import BackupProblem
from protocol import moment

passphrase_option: Decorator = click.option(
    "--passphrase-file",
    type=click.File("r", encoding="utf-8"),
    help="A file whose first line is the passphrase (- is standard input). Without it, it is asked for.",
)


@click.command(
    "backup",
    epilog=examples(
        "wasl backup /media/stick/wasl.backup --encrypt",
        "wasl backup /var/backups/wasl --passphrase-file /etc/wasl/passphrase",
        "wasl backup --check /media/stick/wasl.backup",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Do not write: verify a backup without restoring it.")
@click.option("--encrypt", is_flag=True, help="Lock it with a passphrase. Whoever has an open backup has the key.")
@click.option("--with-sheet", is_flag=True, help="Also the recovery sheet, if it is on this machine: encrypted only.")
@passphrase_option
@json_option
@pass_terminal
def backup_command(
    terminal: Terminal, file: Path, check: bool, encrypt: bool, with_sheet: bool, passphrase_file: Any, as_json: bool
) -> None:
    """Write the whole node into FILE, while it serves: database, settings, signing key, attachments.

    The file is consistent, readable by you only, and never overwrites another. Into a folder, its name is made of the
    node and the moment. Not in it: the search index (built anew), sessions, and the root key (unless --with-sheet).
    It holds what was erased since it was made: keep backups no longer than you must. Exit code of --check: 3 for a
    backup that could not be restored as it is.
    """
    if check:
        _check(terminal, file, passphrase_file, as_json)
        return
    with opened(terminal) as node:
        passphrase = _passphrase(passphrase_file, new=True) if encrypt or passphrase_file else None
        target = file / _name(node) if file.is_dir() else file
        with bar("backup") as tell:
            written = backup.write(
                node, target, actor=actor(), passphrase=passphrase, with_sheet=with_sheet, progress=tell
            )
    if as_json:
        printing.as_json(asdict(written) | {"path": str(written.path)})
        return
    _tell_file(written.path, written.size, written.counts["records"], encrypted=written.encrypted)
    if not written.encrypted:
        printing.say("It holds the signing key in the clear: keep it where only you can read it, or use --encrypt.")
    printing.say(f"Check it: wasl backup --check {written.path}")


def _check(terminal: Terminal, file: Path, passphrase_file: Any, as_json: bool) -> None:
    with bar("checking") as tell:
        checked = with_passphrase(
            passphrase_file,
            lambda passphrase: restoring.check(
                file, passphrase, lambda what, done, total: tell(done, total), terminal.home
            ),
        )
    if as_json:
        printing.as_json(asdict(checked) | {"words": words_of(checked.did, terminal.language)})
    else:
        tell_manifest(checked.manifest, terminal.language)
        printing.facts((("verified", f"{checked.verified} records, each by its signature"),))
        for fault in checked.trouble:
            printing.say(f"{printing.strong('!!', 'yellow')}  {printing.plain(fault)}")
        printing.say("The backup is sound." if checked.sound else "This backup needs attention.")
    if not checked.sound:
        click.get_current_context().exit(ATTENTION)


def tell_manifest(manifest: Manifest, language: str) -> None:
    counts = manifest.counts
    printing.facts(
        (
            ("node", manifest.did),
            ("words", words_of(manifest.did, language)),
            ("made", f"{moment.to_text(manifest.made_at)} by wasl {manifest.version}, schema {manifest.schema}"),
            ("holds", ", ".join(f"{count} {name}" for name, count in counts.items())),
        )
    )


def _tell_file(path: Path, size: int, records: int, *, encrypted: bool) -> None:
    printing.say(f"{path}: {size / 1_000_000:.1f} MB, {records} records{', encrypted' if encrypted else ''}")


def _name(node: Node) -> str:
    return f"wasl-{node.did[-8:]}-{datetime.fromtimestamp(node.now(), UTC):%Y%m%dT%H%M%SZ}.backup"


def _passphrase(file: Any, *, new: bool = False) -> str:
    """The first line of a file, or what a person types, twice for a new one."""
    if file is not None:
        return str(file.readline()).rstrip("\r\n")
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True))


def with_passphrase(file: Any, act: Callable[[str | None], Any]) -> Any:
    """Do it; where the backup turns out to be encrypted and no file was given, ask, and do it again."""
    if file is not None:
        return act(_passphrase(file))
    try:
        return act(None)
    except BackupProblem as error:
        if error.code != "backup_encrypted" or not sys.stdin.isatty():
            raise
        return act(_passphrase(None))


@contextmanager
def bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, where a person looks."""
    shown = sys.stderr.isatty()
    with click.progressbar(length=1000, label=label, file=sys.stderr, hidden=not shown) as drawn:

        def tell(done: int, total: int) -> None:
            drawn.update(max(0, 1000 * done // max(total, 1) - drawn.pos))

        yield tell
