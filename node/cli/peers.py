"""`wasl peer`: which nodes this one talks to. Each act is an administrator's decision and stands in the audit log."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

import click

from node import peering
from node.assembly import Node
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import name_of, opened, peer_of, words_of
from node.cli.options import dry_run_option, json_option, yes_option
from node.cli.terminal import Terminal, pass_terminal
from node.errors import NotAllowed
from node.store import peers
from node.store.peers import Peer
from protocol import moment

_PEER = "PEER is a DID, or the last six or more characters of one."


def actor() -> str:
    """Who acts, for the audit log: the user of the operating system."""
    return f"cli:{getpass.getuser()}"


@click.group("peer")
def peer_command() -> None:
    """Decide which nodes this one talks to.

    Two nodes become peers when both administrators agree: one asks (request) and the other accepts, or one gives an
    invitation. Both screens show the same eight words for each node; read them aloud by telephone.
    """


@peer_command.command("invite", epilog=examples("wasl peer invite --label Salé", "wasl peer invite --hours 24 --json"))
@click.option("--label", default="", help="For whom it is; shown to this node's administrators only.")
@click.option("--hours", type=click.IntRange(1, 720), default=72, show_default=True, help="How long it is valid.")
@json_option
@pass_terminal
def invite_command(terminal: Terminal, label: str, hours: int, as_json: bool) -> None:
    """Make an invitation: whoever brings it first becomes a peer at once. Give it by a channel that you trust.

    It is shown this once and not kept.
    """
    with opened(terminal) as node:
        link = peering.create_invitation(node, label, hours)
    if as_json:
        printing.as_json({"invitation": link, "hours": hours})
        return
    printing.say(link)
    printing.note(f"Valid for {hours} hours, once. The other side: wasl peer request INVITATION")


@peer_command.command(
    "uninvite",
    epilog=examples("wasl peer uninvite https://wasl.rabat.example#wasl-invite=…", 'wasl peer uninvite "$LINK"'),
)
@click.argument("invitation")
@pass_terminal
def uninvite_command(terminal: Terminal, invitation: str) -> None:
    """Take back an invitation that nobody has used yet."""
    with opened(terminal) as node:
        peering.revoke_invitation(node, invitation)
    printing.say("The invitation is void.")


@peer_command.command(
    "request",
    epilog=examples(
        "wasl peer request https://wasl.rabat.example --note 'Service migration, Salé'",
        "wasl peer request 'https://wasl.rabat.example#wasl-invite=…'",
    ),
)
@click.argument("target")
@click.option("--note", default="", help="A line for the other administrator.")
@json_option
@pass_terminal
def request_command(terminal: Terminal, target: str, note: str, as_json: bool) -> None:
    """Ask the node at TARGET, its address or an invitation, to become peers. Both nodes must be running."""
    with opened(terminal) as node:
        peer = peering.request(node, target, note, actor())
        _show(node, terminal, peer, as_json)
        if not as_json and peer.state == peers.REQUESTED:
            printing.say("Now telephone its administrator and read the words of both nodes to each other.")
            _words(node, peer.did, terminal)


@peer_command.command(
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
        if words_checked is None:
            if as_json:
                raise click.UsageError("--json asks nothing: say with --words-checked how the words were compared.")
            _words(node, did, terminal)
            click.confirm("Did the other administrator read the same words to you?", abort=True, err=True)
            words_checked = str(click.prompt("How, and with whom", err=True))
        if not words_checked.strip():
            raise NotAllowed("the words must have been compared: say how and with whom", "words_not_checked")
        peering.accept(node, did, actor=actor(), checked=words_checked, vouch=not no_vouch)
        with node.database.reading() as connection:
            accepted = peers.get(connection, did)
        _show(node, terminal, accepted, as_json)


@peer_command.command("list", epilog=examples("wasl peer list", "wasl peer list --state requested --json"))
@click.option(
    "--state", "states", multiple=True, type=click.Choice(["requested", "active", "paused", "blocked", "ended"])
)
@json_option
@pass_terminal
def list_command(terminal: Terminal, states: tuple[str, ...], as_json: bool) -> None:
    """List the peers: state, last meeting, what is wrong, and who waits for an answer."""
    with opened(terminal) as node:
        with node.database.reading() as connection:
            found = peers.everyone(connection, *states)
        told = [_told(node, terminal, peer) for peer in found]
    if as_json:
        printing.as_json({"peers": told})
        return
    if not told:
        printing.say("No peers yet: `wasl peer request ADDRESS` asks a node, `wasl peer invite` invites one.")
        return
    rows = [
        (
            peer["state"] + {"us": " by us", "them": " by them"}[peer["asked_by"]] * (peer["state"] == "requested"),
            peer["name"] or "?",
            peer["did"][-8:],
            peer["url"] or "calls us",
            peer["met_at"] or "never",
            f"{peer['error_code']}: {peer['error']}" if peer["error_code"] else "",
        )
        for peer in told
    ]
    printing.table(("state", "name", "ends in", "address", "last met", "problem"), rows)


@peer_command.command(
    "block", epilog=examples("wasl peer block Bcujsq --dry-run", "wasl peer block did:key:z6Mk… --reason spam --yes")
)
@click.argument("peer")
@click.option("--reason", default="", help="Why, for this node's administrators.")
@yes_option()
@dry_run_option
@json_option
@pass_terminal
def block_command(terminal: Terminal, peer: str, reason: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Block a node: what it published, and whoever only it vouches for, is hidden here. Local, and reversible.

    PEER is a DID, or the end of a peer's (six characters). Shows first how much is hidden by it.
    """
    with opened(terminal) as node:
        did = peer_of(node, peer)
        preview = peering.preview_block(node, did)
        sentence = f"hides {preview.records} records of {len(preview.origins)} nodes"
        if dry_run:
            if as_json:
                printing.as_json({"did": did, "origins": list(preview.origins), "records": preview.records})
            else:
                printing.say(f"would block {did}: {sentence}")
            return
        if not (yes or as_json):
            click.confirm(f"Blocking {did} {sentence}. Go on?", abort=True, err=True)
        _show(node, terminal, peering.block(node, did, actor=actor(), reason=reason), as_json)


def _simple(name: str, act: Callable[..., Peer], meaning: str) -> None:
    """A command that moves one peer to another state and shows it."""

    @peer_command.command(
        name,
        help=f"{meaning}\n\n{_PEER}",
        epilog=examples(f"wasl peer {name} Bcujsq", f"wasl peer {name} did:key:z6Mk… --json"),
    )
    @click.argument("peer")
    @json_option
    @pass_terminal
    def _command(terminal: Terminal, peer: str, as_json: bool) -> None:
        with opened(terminal) as node:
            _show(node, terminal, act(node, peer_of(node, peer), actor=actor()), as_json)


_simple("pause", peering.pause, "Stop meeting and answering a peer for a while; what came from it stays.")
_simple("resume", peering.resume, "Go on with a paused peer.")
_simple("unblock", peering.unblock, "Lift a block. Peering must be asked for anew.")
_simple("end", peering.end, "End a peering, or decline a request. Works whether or not the peer can be reached.")


def _words(node: Node, did: str, terminal: Terminal) -> None:
    printing.say(f"  theirs: {printing.strong(words_of(did, terminal.language))}")
    printing.say(f"  ours:   {printing.strong(words_of(node.did, terminal.language))}")


def _told(node: Node, terminal: Terminal, peer: Peer) -> dict[str, Any]:
    return {
        "did": peer.did,
        "name": name_of(node, peer.did, terminal.language),
        "state": peer.state,
        "asked_by": peer.asked_by,
        "url": peer.url,
        "note": peer.note,
        "words_checked": peer.checked,
        "met_at": moment.to_text(peer.met_at) if peer.met_at else None,
        "failures": peer.failures,
        "error_code": peer.error_code,
        "error": peer.error,
        "clock_skew_s": peer.skew_s,
        "their_records": peer.their_heads,
    }


def _show(node: Node, terminal: Terminal, peer: Peer, as_json: bool) -> None:
    told = _told(node, terminal, peer)
    if as_json:
        printing.as_json(told)
    else:
        printing.facts((name.replace("_", " "), value) for name, value in told.items() if value not in (None, "", 0))
