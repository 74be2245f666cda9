"""`wasl peer invite, look, request, accept, card, add …`: how two nodes become peers. Part of `node/cli/peers.py`.

Before anything is decided the eight words of both nodes are shown; how they were compared is asked, and written down.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from node import introducing, inviting, peering
from node.assembly import Node
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import actor, opened, peer_of, words_of
from node.cli.options import json_option
from node.cli.telling import show_peer
from node.cli.terminal import Terminal, pass_terminal
from node.errors import NotAllowed
from node.introducing import Looked
from node.store import peers
from protocol import moment


@click.command("invite", epilog=examples("wasl peer invite --label Salé", "wasl peer invite --hours 24 --json"))
@click.option("--label", default="", help="For whom it is; shown to this node's administrators only.")
@click.option("--hours", type=click.IntRange(1, 720), default=72, show_default=True, help="How long it is valid.")
@json_option
@pass_terminal
def invite_command(terminal: Terminal, label: str, hours: int, as_json: bool) -> None:
    """Make an invitation: whoever brings it first becomes a peer at once. Give it by a channel that you trust.

    It is shown this once and not kept.
    """
    with opened(terminal) as node:
        link = inviting.create(node, label, hours, actor())
    if as_json:
        printing.as_json({"invitation": link, "hours": hours})
        return
    printing.say(link)
    printing.note(f"Valid for {hours} hours, once. The other side: wasl peer request INVITATION")


@click.command("invitations", epilog=examples("wasl peer invitations", "wasl peer invitations --json"))
@json_option
@pass_terminal
def invitations_command(terminal: Terminal, as_json: bool) -> None:
    """List the invitations that this node gave: open, used (by whom), revoked, expired. The links are not kept."""
    with opened(terminal) as node:
        now = node.now()
        found = [
            {
                "id": entry.token_hash.hex()[:16],
                "state": entry.state(now),
                "label": entry.label,
                "created_at": moment.to_text(entry.created_at),
                "expires_at": moment.to_text(entry.expires_at),
                "used_by": entry.used_by,
            }
            for entry in inviting.listing(node)
        ]
    if as_json:
        printing.as_json({"invitations": found})
    elif not found:
        printing.say("No invitations: `wasl peer invite` makes one.")
    else:
        rows = [
            tuple(entry[name] or "" for name in ("state", "id", "label", "expires_at", "used_by")) for entry in found
        ]
        printing.table(("state", "id", "for", "until", "used by"), rows)


@click.command(
    "uninvite",
    epilog=examples(
        "wasl peer uninvite https://wasl.rabat.example#wasl-invite=…", "wasl peer uninvite 9f86d081884c7d65"
    ),
)
@click.argument("invitation")
@pass_terminal
def uninvite_command(terminal: Terminal, invitation: str) -> None:
    """Take back an invitation that nobody has used yet: by its link, or by its id (`wasl peer invitations`)."""
    with opened(terminal) as node:
        if "#" in invitation:
            inviting.revoke(node, invitation, actor())
        else:
            inviting.revoke_by_hash(node, invitation, actor())
    printing.say("The invitation is void.")


@click.command("look", epilog=examples("wasl peer look https://wasl.rabat.example", "wasl peer look rabat.cards.jsonl"))
@click.argument("target")
@json_option
@pass_terminal
def look_command(terminal: Terminal, target: str, as_json: bool) -> None:
    """Look at a node before asking: who it says it is, its eight words, and what is odd. Nothing is written.

    TARGET is an address, an invitation, or a file of cards.
    """
    with opened(terminal) as node:
        if "://" in target:
            seen = introducing.look(node, target, terminal.language)
        else:
            seen = introducing.read_file(node, _bytes_of(target), terminal.language)
        if as_json:
            printing.as_json(_told(seen))
        else:
            _show(seen)


@click.command(
    "request",
    epilog=examples(
        "wasl peer request https://wasl.rabat.example --note 'Service migration, Salé'",
        "wasl peer request 'https://wasl.rabat.example#wasl-invite=…'",
    ),
)
@click.argument("target")
@click.option("--note", default="", help="A line for the other administrator.")
@click.option(
    "--words-checked", default="", help="How and with whom the fingerprint words were compared, if they were."
)
@click.option("--no-vouch", is_flag=True, help="Do not vouch for it to the rest of the network.")
@json_option
@pass_terminal
def request_command(
    terminal: Terminal, target: str, note: str, words_checked: str, no_vouch: bool, as_json: bool
) -> None:
    """Ask the node at TARGET, its address or an invitation, to become peers. Both nodes must be running."""
    with opened(terminal) as node:
        peer = peering.request(node, target, note, actor(), words_checked.strip(), not no_vouch)
        show_peer(node, terminal, peer.did, as_json)
        if not as_json and peer.state == peers.REQUESTED:
            printing.say("Now telephone its administrator and read the words of both nodes to each other.")
            _words(node, peer.did, terminal)


@click.command(
    "accept",
    epilog=examples(
        "wasl peer accept did:key:z6Mk…",
        "wasl peer accept Bcujsq --words-checked 'by telephone with Ms Alaoui, 24 November'",
    ),
)
@click.argument("peer")
@click.option("--words-checked", help="How and with whom the fingerprint words were compared; then nothing is asked.")
@click.option("--no-vouch", is_flag=True, help="Do not vouch for it to the rest of the network.")
@json_option
@pass_terminal
def accept_command(terminal: Terminal, peer: str, words_checked: str | None, no_vouch: bool, as_json: bool) -> None:
    """Accept a request, after comparing the fingerprint words. PEER is a DID, or the end of one (six characters)."""
    with opened(terminal) as node:
        did = peer_of(node, peer)
        checked = _compared(node, terminal, did, words_checked, as_json)
        peering.accept(node, did, actor=actor(), checked=checked, vouch=not no_vouch)
        show_peer(node, terminal, did, as_json)


@click.command("card", epilog=examples("wasl peer card -o rabat.cards.jsonl", "wasl peer card > rabat.cards.jsonl"))
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; else to output.")
@pass_terminal
def card_command(terminal: Terminal, output: Path | None) -> None:
    """Write this node's cards into a file, for an administrator who adds them by hand. Nothing in it is secret."""
    with opened(terminal) as node:
        data = introducing.cards_file(node)
    if output is None:
        click.echo(data, nl=False)
        return
    output.write_bytes(data)
    printing.note(f"{output} is written. The other side: wasl peer add {output.name}; then add theirs here.")


@click.command(
    "add",
    epilog=examples(
        "wasl peer add rabat.cards.jsonl",
        "wasl peer add rabat.cards.jsonl --words-checked 'on site, with Ms Alaoui' --json",
    ),
)
@click.argument("file")
@click.option("--words-checked", help="How and with whom the fingerprint words were compared; then nothing is asked.")
@click.option("--no-vouch", is_flag=True, help="Do not vouch for it to the rest of the network.")
@json_option
@pass_terminal
def add_command(terminal: Terminal, file: str, words_checked: str | None, no_vouch: bool, as_json: bool) -> None:
    """Add a node by its file of cards (`wasl peer card`), where the two cannot talk yet.

    Once both sides have added each other's file, their first contact makes them peers.
    """
    with opened(terminal) as node:
        data = _bytes_of(file)
        seen = introducing.read_file(node, data, terminal.language)
        checked = _compared(node, terminal, seen.did, words_checked, as_json)
        peer = introducing.add_from_file(node, data, checked=checked, actor=actor(), vouch=not no_vouch)
        show_peer(node, terminal, peer.did, as_json)


COMMANDS = (
    look_command,
    request_command,
    accept_command,
    invite_command,
    invitations_command,
    uninvite_command,
    card_command,
    add_command,
)


def _compared(node: Node, terminal: Terminal, did: str, said: str | None, as_json: bool) -> str:
    """How the words were compared: as said, else asked for. Raises `NotAllowed` for an empty answer."""
    if said is None:
        if as_json:
            raise click.UsageError("--json asks nothing: say with --words-checked how the words were compared.")
        _words(node, did, terminal)
        click.confirm("Did the other administrator read the same words to you?", abort=True, err=True)
        said = str(click.prompt("How, and with whom", err=True))
    if not said.strip():
        raise NotAllowed("the words must have been compared: say how and with whom", "words_not_checked")
    return said.strip()


def _words(node: Node, did: str, terminal: Terminal) -> None:
    printing.say(f"  theirs: {printing.strong(words_of(did, terminal.language))}")
    printing.say(f"  ours:   {printing.strong(words_of(node.did, terminal.language))}")


def _bytes_of(file: str) -> bytes:
    return sys.stdin.buffer.read(introducing.FILE_BYTES + 1) if file == "-" else Path(file).read_bytes()


def _told(seen: Looked) -> dict[str, Any]:
    host = {"ascii": seen.host.ascii, "shown": seen.host.shown, "warning": seen.host.warning} if seen.host else None
    plain = {
        name: getattr(seen, name) for name in Looked.__dataclass_fields__ if name not in ("host", "words", "our_words")
    }
    return plain | {"host": host, "words": " ".join(seen.words), "our_words": " ".join(seen.our_words)}


def _show(seen: Looked) -> None:
    printing.say(printing.strong(printing.plain(seen.name)))
    for warning in seen.warnings:
        printing.say(f"  {printing.strong('warning:', 'red')} {warning}")
    host = seen.host
    shown = None if host is None else host.ascii if host.ascii == host.shown else f"{host.shown} = {host.ascii}"
    printing.facts(
        (
            ("identity", seen.did),
            ("words", " ".join(seen.words)),
            ("our words", " ".join(seen.our_words)),
            ("country", seen.country),
            ("address", seen.url or "none: it calls us"),
            ("host", shown),
            ("software", seen.software),
            ("clock", f"{seen.skew_s:+d} s" if seen.skew_s else None),
            ("state here", seen.state or None),
            ("vouched for by", len(seen.vouched_by) or None),
        )
    )
