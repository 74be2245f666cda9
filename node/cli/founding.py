"""`wasl init`: five questions, and a node begins. Every question has an option, so that a script can answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from node import accounts, communes, founding, keyring
from node.assembly import Node
from node.cli import printing, sheets
from node.cli.lazy import examples
from node.cli.opening import actor, words_of
from node.cli.options import json_option, yes_option
from node.cli.terminal import LANGUAGES, Terminal, pass_terminal
from node.errors import AccountProblem
from node.federation.outbound import checked_url
from node.sheet import sheet_of


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who may sign in first. `made`: the password was drawn here, is told once, and is changed at the first sign-in."""

    name: str
    password: str
    made: bool


@click.command(
    "init",
    epilog=examples(
        "wasl init",
        "wasl --home /srv/wasl init --organisation rabat --url https://wasl.rabat.example --language fr --yes",
        'wasl init --organisation "Stadt Musterhausen" --country DE --language de --not-reachable --yes',
        "wasl init --organisation fes --administrator s.alaoui --sheet sheet.html --yes --json",
    ),
)
@click.option("--organisation", help="One of the ten communes (tiznit, rabat, …) or the name of your organisation.")
@click.option("--url", help="Public address of the node, https://….")
@click.option("--not-reachable", is_flag=True, help="Nobody can connect to this machine: the node calls the others.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of messages and pages.")
@click.option("--administrator", help="Name of the first person who may sign in, such as s.alaoui.")
@click.option(
    "--password-file", type=click.File("r", encoding="utf-8"), help="That person's password. [default: one is drawn]"
)
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="The same as wasl --home.")
@click.option("--country", default="MA", show_default=True, help="ISO 3166 code, two letters.")
@click.option("--contact", help="Mailbox of a role, not of a person.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port that the web server listens on. [default: 8480]")
@click.option(
    "--sheet",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the recovery sheet as a page for A4, readable by you only: print it, then delete it.",
)
@click.option("--show-sheet", is_flag=True, help="Print its words also into a pipe, a file or JSON.")
@yes_option("Ask nothing: take the options and the defaults.")
@json_option
@pass_terminal
def init_command(
    terminal: Terminal,
    organisation: str | None,
    url: str | None,
    not_reachable: bool,
    language: str | None,
    administrator: str | None,
    password_file: TextIO | None,
    folder: Path | None,
    country: str,
    contact: str | None,
    port: int | None,
    page: Path | None,
    show_sheet: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Make a node: its folder, settings, keys, recovery sheet, database, first card and first administrator.

    May be interrupted and run again: keys that exist are kept. Where a node stands already it refuses.
    """
    ask = not (yes or as_json)
    if url and not_reachable:
        raise click.UsageError("--url and --not-reachable exclude each other.")
    organisation = organisation or (_ask_organisation() if ask else None)
    if organisation is None:
        raise click.UsageError("Who does the node speak for? Give --organisation.")
    if url is None and not not_reachable and ask:
        url = click.prompt(
            "Public address, https://… (empty: not reachable from outside)", default="", show_default=False
        )
    url = checked_url(url, private=True) if url else None  # private ones are for trials: peers refuse them by default
    usual = terminal.language
    if language is None:
        language = click.prompt("Language", type=click.Choice(LANGUAGES), default=usual) if ask else usual
    who = founding.organisation_for(organisation, language, country, url, contact)
    first = _administrator(administrator, password_file, ask)
    home = folder or terminal.home
    if ask and folder is None and not terminal.chosen:
        home = click.prompt("Folder of the node", default=home, type=click.Path(file_okay=False, path_type=Path))
    settings = {"node_language": language} | ({"web_port": port} if port else {})
    node = founding.found(home.expanduser().resolve(), who, settings, terminal.environ, actor=actor())
    try:
        if first is not None:
            accounts.create_user(
                node, first.name, accounts.ADMINISTRATOR, first.password, actor=actor(), once=first.made
            )
        _tell(node, language, first, page, show=show_sheet or (ask and page is None), as_json=as_json)
    finally:
        node.close()


def _ask_organisation() -> str:
    printing.say("Who does the node speak for?")
    for place, commune in enumerate(communes.COMMUNES, 1):
        printing.say(f"  {place:2}  {commune.names['fr']} · {commune.names['ar']}")
    return str(click.prompt("Number, or another name")).strip()


def _administrator(name: str | None, file: TextIO | None, ask: bool) -> Administrator | None:
    """The first person who may sign in, or None for none now. A name or password that cannot be is asked for again."""
    if name is not None or not ask:
        if name is None:
            return None
        return _checked(name, file.read().rstrip("\r\n") if file is not None else "")
    while True:
        name = click.prompt(
            "Administrator, a name like s.alaoui (empty: none now, `wasl user add` later)",
            default="",
            show_default=False,
        ).strip()
        if not name:
            return None
        password = click.prompt(
            "Password (empty: one is made)", default="", show_default=False, hide_input=True, confirmation_prompt=True
        )
        try:
            return _checked(name, password)
        except AccountProblem as error:
            printing.note(printing.plain(error.message))


def _checked(name: str, password: str) -> Administrator:
    made = not password
    password = password or accounts.generated()
    accounts.check_new(name, password)
    return Administrator(name, password, made)


def _tell(
    node: Node, language: str, first: Administrator | None, page: Path | None, *, show: bool, as_json: bool
) -> None:
    seed = keyring.seed_here(node)
    sheet = sheet_of(node, seed, language) if seed is not None else None  # none where version 0.1 had begun
    told = sheets.tell(sheet, page, show=show) if sheet is not None else {}
    words = words_of(node.did, language)
    if as_json:
        person: Mapping[str, Any] | None = None
        if first is not None:
            person = {"name": first.name} | ({"password": first.password} if first.made else {})
        home = str(node.config.home)
        printing.as_json({"did": node.did, "home": home, "words": words, "administrator": person, "sheet": told})
        return
    printing.say(printing.strong("The node is made."))
    printing.facts((("identity", node.did), ("words", words), ("folder", node.config.home)))
    if first is not None and first.made:
        printing.facts((("sign in as", first.name), ("password", f"{first.password}   shown once; changed at sign-in")))
    printing.say()
    if sheet is not None and sheets.wanted(show=show, as_json=as_json, page=page):
        sheets.print_sheet(sheet)
        printing.say()
    _tell_next(node, page)


def _tell_next(node: Node, page: Path | None) -> None:
    home = f"wasl --home {node.config.home}"
    sheet = f"print {page}" if page else f"write the words down, or print them: {home} key sheet --html sheet.html"
    printing.say("Now:")
    printing.say(f"  1. {sheet}")
    printing.say(f"     When the sheet is in a safe: {home} key detach    takes the root key off this machine")
    printing.say(f"  2. {home} doctor    shows whether all is well")
    printing.say(f"  3. {home} serve     serves http://{node.config.web_host}:{node.config.web_port}")
    printing.say(f"  4. {home} peer request ADDRESS-OR-INVITATION    asks another node to talk")
