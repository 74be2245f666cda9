"""`wasl init`: a node begins. Every question has an option, so that a script can answer it."""

from __future__ import annotations

from pathlib import Path

import click

from node import communes, founding, keys
from node.assembly import Node
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import words_of
from node.cli.options import json_option, yes_option
from node.cli.terminal import LANGUAGES, Terminal, pass_terminal
from node.errors import ConfigProblem
from node.federation.outbound import checked_url
from node.founding import Organisation


@click.command(
    "init",
    epilog=examples(
        "wasl init",
        "wasl --home /srv/wasl init --organisation rabat --url https://wasl.rabat.example --language fr --yes",
        'wasl init --organisation "Stadt Musterhausen" --country DE --language de --not-reachable --yes',
    ),
)
@click.option("--organisation", help="One of the ten communes (tiznit, rabat, …) or the name of your organisation.")
@click.option("--url", help="Public address of the node, https://….")
@click.option("--not-reachable", is_flag=True, help="Nobody can connect to this machine: the node calls the others.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of messages and pages.")
@click.option("--country", default="MA", show_default=True, help="ISO 3166 code, two letters.")
@click.option("--contact", help="Mailbox of a role, not of a person.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port that the web server listens on. [default: 8480]")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="The same as wasl --home.")
@yes_option("Ask nothing: take the options and the defaults.")
@json_option
@pass_terminal
def init_command(
    terminal: Terminal,
    organisation: str | None,
    url: str | None,
    not_reachable: bool,
    language: str | None,
    country: str,
    contact: str | None,
    port: int | None,
    folder: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Make a node: its folder, settings, private keys, database and first card.

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
    usual = terminal.language
    if language is None:
        language = click.prompt("Language", type=click.Choice(LANGUAGES), default=usual) if ask else usual
    home = folder or terminal.home
    if ask and folder is None and not terminal.chosen:
        home = click.prompt("Folder of the node", default=home, type=click.Path(file_okay=False, path_type=Path))
    settings = {"node_language": language} | ({"web_port": port} if port else {})
    who = _organisation(organisation, language, country, url or None, contact)
    node = founding.found(home.expanduser().resolve(), who, settings, terminal.environ)
    try:
        _tell(node, language, as_json)
    finally:
        node.close()


def _ask_organisation() -> str:
    printing.say("Who does the node speak for?")
    for place, commune in enumerate(communes.COMMUNES, 1):
        printing.say(f"  {place:2}  {commune.names['fr']} · {commune.names['ar']}")
    return str(click.prompt("Number, or another name")).strip()


def _organisation(name: str, language: str, country: str, url: str | None, contact: str | None) -> Organisation:
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise ConfigProblem("--country is an ISO 3166 code of two letters, such as MA", "bad_field")
    if url is not None:
        url = checked_url(url, private=True)  # private ones are for trials: peers refuse them unless they allow them
    commune = communes.find(name)
    if commune is None:
        return Organisation({language: name}, country.upper(), (language,), url, None, contact)
    languages = ("fr", "ar") if language in ("fr", "ar") else ("fr", "ar", language)
    place = {"lat": commune.lat, "lon": commune.lon}
    return Organisation(commune.names, "MA", languages, url, place, contact)


def _tell(node: Node, language: str, as_json: bool) -> None:
    folder = node.config.keys
    safe = [str(folder / name) for name in (keys.ROOT, keys.NEXT_ROOT)]
    words = words_of(node.did, language)
    if as_json:
        printing.as_json({"did": node.did, "home": str(node.config.home), "words": words, "copy_to_safe_storage": safe})
        return
    printing.say(printing.strong("The node is made."))
    printing.facts((("identity", node.did), ("words", words), ("folder", node.config.home)))
    printing.say()
    printing.say("Now:")
    printing.say("  1. Copy these two keys to safe storage, such as two USB sticks in two safes. Without them a stolen")
    printing.say("     or lost machine means a new identity; whoever has them can speak for you:")
    for path in safe:
        printing.say(f"       {path}")
    home = f"wasl --home {node.config.home}"
    printing.say(f"  2. {home} doctor    shows whether all is well")
    printing.say(f"  3. {home} serve     serves http://{node.config.web_host}:{node.config.web_port}")
    printing.say(f"  4. {home} peer request ADDRESS-OR-INVITATION    asks another node to talk")
