"""`wasl restore`: a node again, from the file of a backup, or from what its peers hold."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from node import rebuilding, recovery, restoring
from node.cli import printing, sheets
from node.cli.exits import ATTENTION
from node.cli.lazy import examples
from node.cli.opening import actor, words_of
from node.cli.options import json_option, yes_option
from node.cli.saving import bar, passphrase_option, tell_manifest, with_passphrase
from node.cli.sheets import sheet_file_option
from node.cli.terminal import LANGUAGES, Terminal, pass_terminal
from node.rebuilding import Found, Rebuilt
from node.restoring import Restored
from protocol import moment


@click.command(
    "restore",
    epilog=examples(
        "wasl --home /srv/wasl restore /media/stick/wasl.backup",
        "wasl --home /srv/wasl restore wasl.backup --replace --passphrase-file /etc/wasl/passphrase",
        "wasl --home /srv/wasl restore --from-network --peer https://wasl.rabat.example",
    ),
)
@click.argument("file", required=False, type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option("--replace", is_flag=True, help="Move the node that stands in the folder aside, within the folder.")
@passphrase_option
@click.option("--from-network", is_flag=True, help="Without a backup: from what the peers hold.")
@click.option("--peer", "urls", multiple=True, help="Address of a node that knew this one; better two, several times.")
@sheet_file_option
@click.option("--did", help="The node's identity, where its recovery sheet is younger than the node.")
@click.option("--stolen", is_flag=True, help="Somebody may have the old key: revoke it once all is back.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of messages and pages. [default: the card's]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port that the web server listens on. [default: 8480]")
@yes_option("Ask nothing: the peers at these addresses are trusted, and their words were compared.")
@json_option
@pass_terminal
def restore_command(
    terminal: Terminal,
    file: Path | None,
    replace: bool,
    passphrase_file: Any,
    from_network: bool,
    urls: tuple[str, ...],
    sheet_file: Any,
    did: str | None,
    stolen: bool,
    language: str | None,
    port: int | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Make a node again: from the backup FILE, or with --from-network from what its peers hold.

    The node that results recovers: it serves and pulls, and publishes again when its own records are back (`wasl
    recover`). From the network its folder of keys is enough, or the eighteen words of its recovery sheet and nothing
    else. docs/restoring.md leads through a bad day step by step.
    """
    if from_network == (file is not None):
        raise click.UsageError("Give a backup FILE, or --from-network with --peer ADDRESS.")
    home = terminal.home.resolve()
    if file is not None:
        _from_file(terminal, file, home, passphrase_file, replace, as_json)
        return
    if not urls:
        raise click.UsageError("Which node knew this one? Give --peer ADDRESS, better two of them.")
    settings = ({"node_language": language} if language else {}) | ({"web_port": port} if port else {})
    text = sheet_file.read() if sheet_file else None
    if text is None and not (home / "keys").is_dir():
        printing.note("No folder of keys is here. Take the recovery sheet out of the safe.")
        text = sheets.typed()
    rebuilt = rebuilding.from_network(
        home,
        terminal.environ,
        urls,
        actor=actor(),
        confirm=lambda found: yes or _confirmed(found, terminal.language),
        sheet=recovery.seed_from(text) if text else None,
        did=did or (recovery.did_in(text) if text else None),
        stolen=stolen,
        settings=settings,
        progress=lambda outcome: printing.note(
            f"…{outcome.did[-8:]}: {outcome.received} records came"
            + (f"; {outcome.error_code}: {printing.plain(outcome.error)}" if outcome.error_code else "")
        ),
    )
    if rebuilt is None:
        raise click.Abort
    try:
        _tell_rebuilt(rebuilt, home, terminal.language, as_json)
    finally:
        rebuilt.node.close()


def _from_file(terminal: Terminal, file: Path, home: Path, passphrase_file: Any, replace: bool, as_json: bool) -> None:
    with bar("restoring") as tell:
        restored = with_passphrase(
            passphrase_file,
            lambda passphrase: restoring.restore(
                file,
                home,
                terminal.environ,
                actor=actor(),
                passphrase=passphrase,
                replace=replace,
                progress=lambda what, done, total: tell(done, total),
            ),
        )
    if as_json:
        told = asdict(restored) | {"home": str(home), "aside": str(restored.aside) if restored.aside else None}
        printing.as_json(told | {"words": words_of(restored.did, terminal.language)})
        return
    _tell_restored(restored, terminal.language)


def _tell_restored(restored: Restored, language: str) -> None:
    printing.say(printing.strong("The node is restored, and recovers."))
    tell_manifest(restored.manifest, language)
    left = f"; {restored.discarded} did not hold and were left out" if restored.discarded else ""
    printing.facts(
        (
            ("verified", f"{restored.verified} records{left}"),
            ("folder", restored.home),
            ("moved aside", restored.aside),
            ("withdrawn", f"{restored.invitations} open invitations" if restored.invitations else None),
        )
    )
    since = moment.to_text(restored.manifest.made_at)
    home = f"wasl --home {restored.home}"
    printing.say()
    printing.say("Now:")
    printing.say(f"  1. {home} sync      takes back what it had published since {since}; erasures too")
    printing.say(f"  2. {home} recover   says what is still missing")
    printing.say(f"  3. {home} serve     serves, and publishes again when all is back")
    printing.say(f"  4. What people decided here since {since} is not in it: look at")
    printing.say(f"     {home} peer list, {home} policy show, {home} user list")


def _confirmed(found: Found, language: str) -> bool:
    """Show who answers and what they know of this node, and ask."""
    printing.note(printing.strong("These nodes answer. Read their words to their administrators on the telephone:"))
    for one in found.answering:
        printing.note(f"  {printing.plain(one.name)}, {printing.plain(one.url)}: {one.cards} of our cards")
        printing.note(f"    {words_of(one.did, language)}")
    names = " / ".join(printing.plain(name) for name in found.names.values())
    printing.note(f"The node to be made again: {names}, card {found.card}, {found.url or 'not reachable from outside'}")
    printing.note(f"    {words_of(found.did, language)}")
    printing.note("Its signing key is here and goes on." if found.key_kept else "It gets a new signing key.")
    return click.confirm("Is all of this right?", err=True)


def _tell_rebuilt(rebuilt: Rebuilt, home: Path, language: str, as_json: bool) -> None:
    node, found = rebuilt.node, rebuilt.found
    if as_json:
        told = {name: getattr(rebuilt, name) for name in ("met", "waiting", "back", "over", "to_revoke", "revoked")}
        printing.as_json({"did": node.did, "home": str(home), "card": found.card, "url": found.url, **told})
    else:
        printing.say(printing.strong("The node is made again."))
        printing.facts(
            (
                ("node", node.did),
                ("words", words_of(node.did, language)),
                ("folder", home),
                ("back", f"{rebuilt.back} records of its own, cards and vouches among them"),
                ("peers met", len(rebuilt.met)),
                ("must accept us again", ", ".join(f"…{did[-8:]}" for did in rebuilt.waiting) or None),
                ("revoked", ", ".join(rebuilt.revoked) or None),
            )
        )
        printing.say()
        _tell_next(rebuilt, f"wasl --home {home}")
    if not rebuilt.over:
        click.get_current_context().exit(ATTENTION)


def _tell_next(rebuilt: Rebuilt, home: str) -> None:
    printing.say("It publishes again." if rebuilt.over else f"It recovers: {home} recover   says what is missing")
    printing.say(f"  {home} user add NAME   for each person: accounts do not travel")
    for key in rebuilt.to_revoke:
        printing.say(f"  {home} key revoke {key[-8:]}   once it has recovered: the stolen key")
    printing.say(f"  {home} serve")
