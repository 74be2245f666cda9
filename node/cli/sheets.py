"""The recovery sheet at the terminal: shown, written as a page to print, and read from a person's words.

Law: the words go to a terminal where a person looks, or into a file that a person named (0600); never into a pipe or
JSON unless `--show` says so.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from node import keyring, recovery, sheet
from node.assembly import Node
from node.cli import printing
from node.cli.options import Decorator
from node.cli.terminal import LANGUAGES
from node.errors import SheetWrong
from node.sheet import Sheet

_TRIES = 3

sheet_file_option: Decorator = click.option(
    "--sheet-file",
    type=click.File("r", encoding="utf-8"),
    help="A file with the words of the recovery sheet, or the text of its QR code (- is standard input).",
)

html_option: Decorator = click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the sheet as a page for A4, readable by you only: print it, then delete it.",
)

show_option: Decorator = click.option(
    "--show", is_flag=True, help="Print the words also where nobody looks: into a pipe, a file or JSON."
)

language_option: Decorator = click.option("--language", type=click.Choice(LANGUAGES), help="Language of the words.")


def given(node: Node, file: Any, *, ask: bool) -> bytes | None:
    """The seed for an act with the root key: of `file`, else none where the root key is here, else as typed.

    `ask`: whether a person sits at the terminal. None leaves it to the act to say that the root key is away.
    """
    if file is not None:
        return keyring.confirm_sheet(node, file.read())
    if keyring.root_here(node) or not ask:
        return None
    printing.note("The root key is not on this machine. Take the recovery sheet out of the safe.")
    return keyring.confirm_sheet(node, typed())


def typed() -> str:
    """The words as a person types or pastes them, over as many lines as they like; asked again when a word is wrong."""
    for last in (False, False, True):
        printing.note(f"Type the {recovery.WORDS} words, in any of the five languages; an empty line ends them.")
        text = _lines()
        try:
            recovery.seed_from(text)
        except SheetWrong as error:
            if last:
                raise
            printing.note(printing.strong(f"  {printing.plain(error.message)}", "red"))
        else:
            return text
    raise AssertionError("the last try returns or raises")


def tell(made: Sheet, page: Path | None, *, show: bool) -> dict[str, Any]:
    """Show or write the sheet, as asked. Returns what JSON may say of it: the words only with `show`."""
    if page is not None:
        write_page(made, page)
    if show:
        return {"words": list(made.words), "qr": made.qr_text, "page": str(page) if page else None}
    return {"page": str(page) if page else None}


def write_page(made: Sheet, page: Path) -> None:
    """The sheet as a page for A4, mode 0600 from the first byte on."""
    handle = os.open(page, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        os.fchmod(handle, 0o600)
        out.write(sheet.as_html(made))


def print_sheet(made: Sheet) -> None:
    """Words, QR code where there is a terminal, and who the node is, on standard output."""
    printing.say(printing.strong(f"Recovery sheet of {printing.plain(made.name)}"))
    printing.say(
        "Write these words down, or print them (`wasl key sheet --html FILE`), and keep them in a safe. Whoever"
    )
    printing.say("has them can speak for this node; without them, a lost machine means a new identity.")
    printing.say()
    width = max(map(len, made.words))
    for row in range(0, len(made.words), 3):
        cells = (f"{place + 1:2}. {made.words[place].ljust(width)}" for place in range(row, row + 3))
        printing.say("  " + "  ".join(cells).rstrip())
    if sys.stdout.isatty():
        printing.say()
        printing.say(recovery.qr_blocks(made.qr_text))
    printing.say()
    printing.facts((("identity", made.did), ("words of it", " ".join(made.fingerprint)), ("address", made.url)))


def wanted(*, show: bool, as_json: bool, page: Path | None) -> bool:
    """Whether the words are printed for a person: at a terminal when no page was asked for, or when told to."""
    return not as_json and (show or (page is None and sys.stdout.isatty()))


def _lines() -> str:
    """Lines from standard input until there are enough words, a QR text, or an empty line."""
    found: list[str] = []
    while True:
        line = click.prompt("", default="", show_default=False, prompt_suffix="> ", err=True)
        found.append(line)
        text = "\n".join(found)
        if not line.strip() or recovery.count(text) >= recovery.WORDS or recovery.did_in(text):
            return text
