"""`wasl key`: which keys speak for this node, and what to do about them: planned, stolen, taken off the machine.

The acts stand in `node/keyring.py`; here a person is asked first, told what will happen, and told what to do next.
Never a private key on the screen; the words of the sheet only where `node/cli/sheets.py` allows it.
"""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import Any

import click

from node import keyring, keys
from node.assembly import Node
from node.cli import printing, sheets
from node.cli.lazy import examples
from node.cli.opening import actor, opened
from node.cli.options import dry_run_option, json_option, yes_option
from node.cli.sheets import html_option, language_option, sheet_file_option, show_option
from node.cli.terminal import Terminal, pass_terminal
from node.errors import NotAllowed
from node.keyring import KeyState, RevokePreview
from node.sheet import Sheet, sheet_of
from protocol import moment

_FILES = (keys.SEED, keys.SIGNING, keys.NEXT_SEED, keys.NEXT_SIGNING, keys.ROOT, keys.NEXT_ROOT)
_ROOT = {
    "sheet": "on this machine, in the recovery sheet: `wasl key detach` takes it away once the sheet is in a safe",
    "files": "on this machine, in files of version 0.1: `wasl key rotate-root` makes a recovery sheet of it",
    "away": "not on this machine: acts with it ask for the words of the recovery sheet",
}
_AGAIN = {
    keyring.ROTATE: "wasl key rotate",
    keyring.REVOKE: "wasl key revoke",
    keyring.ROTATE_ROOT: "wasl key rotate-root",
}


@click.group("key")
def key_command() -> None:
    """Show this node's keys and its recovery sheet, and change them."""


@key_command.command("show", epilog=examples("wasl key show", "wasl key show --json"))
@json_option
@pass_terminal
def show_command(terminal: Terminal, as_json: bool) -> None:
    """Show which keys speak for this node, where the root key is, and where the files are."""
    with opened(terminal) as node:
        state = keyring.state_of(node)
        files = [told for name in _FILES if (told := _file(node.config.keys / name))]
        did = node.did
    if as_json:
        known = {name: getattr(state, name) for name in KeyState.__dataclass_fields__ if name != "keys"}
        printing.as_json({"did": did, **known, "signing_keys": dict(state.keys), "files": files})
        return
    printing.facts(
        (
            ("identity", did),
            ("root key", _ROOT[state.root]),
            ("", state.root_key),
            ("sheet checked", moment.to_text(state.confirmed_at) if state.confirmed_at else "never: `wasl key check`"),
            ("detached", moment.to_text(state.detached_at) if state.detached_at else None),
            ("card", state.card),
            ("interrupted", f"run `{_AGAIN[state.under_way]}` again: it goes on" if state.under_way else None),
        )
    )
    printing.say()
    rows = [(key, word, "in use" if key == state.signing else "") for key, word in state.keys.items()]
    printing.table(("signing key", "state", ""), rows)
    printing.say()
    printing.table(("file", "mode"), [(file["file"], file["mode"]) for file in files])


@key_command.command(
    "sheet",
    epilog=examples("wasl key sheet", "wasl key sheet --html sheet.html --language ar", "wasl key sheet --show | lp"),
)
@html_option
@language_option
@show_option
@sheet_file_option
@json_option
@pass_terminal
def sheet_command(
    terminal: Terminal, page: Path | None, language: str | None, show: bool, sheet_file: Any, as_json: bool
) -> None:
    """Print the recovery sheet: the words from which this node's root keys are made.

    It can be printed while the root key is on this machine; after `wasl key detach` only from the words themselves.
    """
    with opened(terminal) as node:
        seed = keyring.confirm_sheet(node, sheet_file.read()) if sheet_file else keyring.seed_here(node)
        if seed is None and keyring.root_here(node):
            raise NotAllowed("this node was founded by version 0.1 and has no recovery sheet yet", "no_sheet")
        if seed is None:
            raise NotAllowed(
                "the root key was taken off this machine: only the sheet itself has the words", "root_key_away"
            )
        _hand_over(sheet_of(node, seed, language or terminal.language), page, show=show, as_json=as_json)


@key_command.command("check", epilog=examples("wasl key check", "wasl key check --sheet-file words.txt"))
@sheet_file_option
@json_option
@pass_terminal
def check_command(terminal: Terminal, sheet_file: Any, as_json: bool) -> None:
    """Check that the words on a sheet are this node's, letter by letter: type them once, before they are needed."""
    with opened(terminal) as node:
        keyring.confirm_sheet(node, sheet_file.read() if sheet_file else sheets.typed())
    _done(as_json, "The words are right.", {"right": True})


@key_command.command("detach", epilog=examples("wasl key detach", "wasl key detach --sheet-file words.txt --yes"))
@sheet_file_option
@yes_option()
@json_option
@pass_terminal
def detach_command(terminal: Terminal, sheet_file: Any, yes: bool, as_json: bool) -> None:
    """Take the root key off this machine: from then on it is on the recovery sheet only.

    Whoever breaks into the machine then cannot take the node's identity, only its signing key, which can be revoked.
    All words are typed once more, so that no sheet is trusted that cannot be read.
    """
    with opened(terminal) as node:
        if not yes:
            printing.note(
                "The root key leaves this machine. Backups made until now still hold it: delete or lock them up."
            )
            click.confirm("Is the recovery sheet in a safe?", abort=True, err=True)
        keyring.detach(node, sheet_file.read() if sheet_file else sheets.typed(), actor())
    _done(as_json, "The root key is on the recovery sheet only.", {"detached": True})


@key_command.command(
    "rotate", epilog=examples("wasl key rotate", "wasl key rotate --sheet-file words.txt --yes --json")
)
@sheet_file_option
@yes_option()
@json_option
@pass_terminal
def rotate_command(terminal: Terminal, sheet_file: Any, yes: bool, as_json: bool) -> None:
    """Sign with a new key from now on, as planned. The old one is retired: what it signed stays valid.

    For a key that somebody else may have, `wasl key revoke` is right, and this is not enough.
    """
    with opened(terminal) as node:
        if not yes:
            click.confirm("A new signing key takes the place of the present one. Go on?", abort=True, err=True)
        old = node.signing.multikey
        new = keyring.rotate_signing(node, sheets.given(node, sheet_file, ask=not (yes or as_json)), actor())
    _done(as_json, f"New signing key: {new}", {"old": old, "new": new})


@key_command.command(
    "revoke",
    epilog=examples(
        "wasl key revoke --dry-run", "wasl key revoke", "wasl key revoke z6Mk… --sheet-file words.txt --yes"
    ),
)
@click.argument("key", required=False)
@sheet_file_option
@yes_option()
@dry_run_option
@json_option
@pass_terminal
def revoke_command(
    terminal: Terminal, key: str | None, sheet_file: Any, yes: bool, dry_run: bool, as_json: bool
) -> None:
    """Revoke a signing key that somebody else may have: the one in use, or KEY (its end is enough).

    Our own records are signed again with a new key first, so that no reader misses one; then everything that the old
    key signed is void everywhere, also what a thief has published with it. Interrupted, the same command goes on.
    """
    with opened(terminal) as node:
        preview = keyring.preview_revoke(node, key)
        if dry_run:
            _tell_preview(preview, as_json)
            return
        if not as_json:
            _tell_preview(preview, False)
        if not yes:
            click.confirm("Go on?", abort=True, err=True)
        seed = sheets.given(node, sheet_file, ask=not (yes or as_json))
        done = _revoke(node, seed, key, preview, quiet=as_json or not sys.stderr.isatty())
    _done(
        as_json,
        f"Revoked. {done.records} records are signed again, with {done.new_key}.",
        {"revoked": done.keys, "new": done.new_key, "records": done.records},
    )


@key_command.command(
    "rotate-root",
    epilog=examples("wasl key rotate-root", "wasl key rotate-root --html sheet.html --sheet-file old.txt --yes"),
)
@sheet_file_option
@html_option
@language_option
@show_option
@yes_option()
@json_option
@pass_terminal
def rotate_root_command(
    terminal: Terminal,
    sheet_file: Any,
    page: Path | None,
    language: str | None,
    show: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Make a new recovery sheet: when the old one was lost or read, or root.pem of version 0.1 was stolen.

    The old sheet is worthless from then on. The new one is on this machine until `wasl key detach`.
    """
    with opened(terminal) as node:
        if not yes:
            click.confirm("A new recovery sheet makes the old one worthless. Go on?", abort=True, err=True)
        seed = keyring.rotate_root(node, sheets.given(node, sheet_file, ask=not (yes or as_json)), actor())
        made = sheet_of(node, seed, language or terminal.language)
        if not as_json:
            printing.note("The old sheet is worthless now: destroy it.")
        _hand_over(made, page, show=show, as_json=as_json)


def _revoke(node: Node, seed: bytes | None, key: str | None, preview: RevokePreview, *, quiet: bool) -> keyring.Revoked:
    with click.progressbar(length=preview.records or 1, label="signing again", file=sys.stderr, hidden=quiet) as bar:
        return keyring.revoke_signing(node, seed, actor(), lambda done, _all: bar.update(done - bar.pos), key=key)


def _tell_preview(preview: RevokePreview, as_json: bool) -> None:
    if as_json:
        told = {name: getattr(preview, name) for name in RevokePreview.__dataclass_fields__}
        printing.as_json(told | {"by_type": dict(preview.by_type)})
        return
    if preview.under_way:
        printing.say("A revocation was interrupted; it goes on.")
    printing.facts(
        (
            ("key", ", ".join(preview.keys)),
            ("records", f"{preview.records} of ours are signed again with a new key"),
            ("", ", ".join(f"{count} {word}" for word, count in sorted(preview.by_type.items())) or None),
            ("forged", f"{preview.forged} that we did not write disappear" if preview.forged else None),
        )
    )


def _hand_over(made: Sheet, page: Path | None, *, show: bool, as_json: bool) -> None:
    """Show, write or tell the sheet; say what to do where nobody sees the words."""
    told = sheets.tell(made, page, show=show)
    if as_json:
        printing.as_json({"did": made.did, **told})
        return
    if sheets.wanted(show=show, as_json=as_json, page=page):
        sheets.print_sheet(made)
    elif page is not None:
        printing.say(f"{page}: print it, keep it in a safe, then delete the file.")
    else:
        printing.say(
            "The words are not shown, for nobody looks: --show prints them all the same, --html FILE writes a page."
        )


def _file(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    public = None if path.suffix == ".seed" else keys.multikey_of(keys.read(path))
    return {"file": str(path), "mode": f"{stat.S_IMODE(path.stat().st_mode):04o}", "public": public}


def _done(as_json: bool, sentence: str, facts: dict[str, Any]) -> None:
    if as_json:
        printing.as_json(facts)
    else:
        printing.say(sentence)
