"""`wasl peer`: which nodes this one talks to, and how it stands with each. How peers are found: `node/cli/joining.py`.

Each act is an administrator's decision and stands in the audit log. What is said here, the pages say too
(`node/standing.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from node import diagnosis, peering, previews, standing, vouching
from node.assembly import Node
from node.cli import joining, printing
from node.cli.exits import ATTENTION
from node.cli.lazy import examples
from node.cli.meeting import sync_one
from node.cli.opening import actor, opened, peer_of
from node.cli.options import dry_run_option, json_option, yes_option
from node.cli.telling import brief, previewed, show_peer, told, told_preview
from node.cli.terminal import Terminal, pass_terminal
from node.errors import NotFound
from node.previews import Preview
from node.store import peers
from node.store.peers import Peer

_PEER = "PEER is a DID, or the last six or more characters of one."


@click.group("peer")
def peer_command() -> None:
    """Decide which nodes this one talks to, and see how it stands with them.

    Two nodes become peers when both administrators agree: one asks (request) and the other accepts, or one gives an
    invitation, or both add each other's file (card, add). Both screens show the same eight words for each node; read
    them aloud by telephone.
    """


for _command in joining.COMMANDS:
    peer_command.add_command(_command)


@peer_command.command("list", epilog=examples("wasl peer list", "wasl peer list --state requested --json"))
@click.option(
    "--state", "states", multiple=True, type=click.Choice(["requested", "active", "paused", "blocked", "ended"])
)
@json_option
@pass_terminal
def list_command(terminal: Terminal, states: tuple[str, ...], as_json: bool) -> None:
    """List the peers: how each stands, in words, and what this node has of what the network knows.

    Whoever needs a person comes first.
    """
    with opened(terminal) as node, node.database.reading() as connection:
        found = standing.everyone(connection, node, terminal.language)
        found = [one for one in found if not states or one.peer.state in states]
    if as_json:
        printing.as_json({"peers": [told(one) for one in found]})
    elif not found:
        printing.say("No peers yet: `wasl peer request ADDRESS` asks a node, `wasl peer invite` invites one.")
    else:
        heads = ("state", "name", "ends in", "address", "last contact", "has", "what is so")
        printing.table(heads, [brief(one) for one in found])
        printing.note(f"we have {found[0].ours}, the network knows {found[0].network_knows}")


@peer_command.command("show", epilog=examples("wasl peer show Bcujsq", "wasl peer show did:key:z6Mk… --json"))
@click.argument("peer")
@json_option
@pass_terminal
def show_command(terminal: Terminal, peer: str, as_json: bool) -> None:
    """Show one peer: state in words, what to do next, figures, refusals, vouches. PEER: a DID or the end of one."""
    with opened(terminal) as node:
        show_peer(node, terminal, peer_of(node, peer), as_json, whole=True)


@peer_command.command(
    "diagnose",
    epilog=examples("wasl peer diagnose Bcujsq", "wasl peer diagnose https://wasl.rabat.example --json"),
)
@click.argument("target")
@json_option
@pass_terminal
def diagnose_command(terminal: Terminal, target: str, as_json: bool) -> None:
    """Try to reach a node step by step: name, connection, certificate, node, identity, signature, clock.

    TARGET is a peer (a DID, or the end of one) or an address that is no peer yet. Exit code 3 when a step fails.
    """
    with opened(terminal) as node:
        what = target if "://" in target else peer_of(node, target)
        steps = diagnosis.diagnose(node, what, terminal.language)
    if as_json:
        names = ("name", "status", "code", "sentence", "remedy", "detail", "ms")
        printing.as_json({"steps": [{name: getattr(step, name) for name in names} for step in steps]})
    else:
        printing.table(
            ("", "step", "took", "what was found"),
            [(step.status, step.title, f"{step.ms} ms", step.detail) for step in steps],
        )
        for step in steps:
            if step.status == diagnosis.FAILED:
                printing.say(f"\n{printing.strong(step.sentence)}\n  do: {step.remedy}\n  code: {step.code}")
    if any(step.status == diagnosis.FAILED for step in steps):
        click.get_current_context().exit(ATTENTION)


@peer_command.command("sync", epilog=examples("wasl peer sync Bcujsq", "wasl peer sync did:key:z6Mk… --json"))
@click.argument("peer")
@json_option
@pass_terminal
def sync_command(terminal: Terminal, peer: str, as_json: bool) -> None:
    """Meet one peer now, without waiting for its turn. PEER is a DID, or the end of one (six characters)."""
    with opened(terminal) as node:
        sync_one(node, terminal, peer_of(node, peer), as_json)


@peer_command.command(
    "check", epilog=examples("wasl peer check Bcujsq 'by telephone with Ms Alaoui'", "wasl peer check Bcujsq 'on site'")
)
@click.argument("peer")
@click.argument("how")
@json_option
@pass_terminal
def check_command(terminal: Terminal, peer: str, how: str, as_json: bool) -> None:
    """Write down that the fingerprint words were compared: HOW, and with whom. The date is added."""
    with opened(terminal) as node:
        did = peer_of(node, peer)
        peering.check(node, did, how, actor=actor())
        show_peer(node, terminal, did, as_json)


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

    PEER is a DID, or the end of a peer's (six characters). Shows first how much is hidden by it. `unblock` within seven
    days puts everything back as it was.
    """

    def block(node: Node, did: str) -> Peer:
        return peering.block(node, did, actor=actor(), reason=reason)

    _with_preview(terminal, peer, previews.block, block, yes, dry_run, as_json)


def _previewed(name: str, preview: Callable[[Node, str], Preview], act: Callable[..., Any], meaning: str) -> None:
    """A command that shows what an act would change, asks, and does it."""

    @peer_command.command(
        name,
        help=f"{meaning}\n\n{_PEER}",
        epilog=examples(f"wasl peer {name} Bcujsq --dry-run", f"wasl peer {name} did:key:z6Mk… --yes --json"),
    )
    @click.argument("peer")
    @yes_option()
    @dry_run_option
    @json_option
    @pass_terminal
    def _command(terminal: Terminal, peer: str, yes: bool, dry_run: bool, as_json: bool) -> None:
        def do(node: Node, did: str) -> Any:
            return act(node, did, actor=actor())

        _with_preview(terminal, peer, preview, do, yes, dry_run, as_json)


def _with_preview(
    terminal: Terminal,
    peer: str,
    preview: Callable[[Node, str], Preview],
    act: Callable[[Node, str], Any],
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    with opened(terminal) as node:
        did = peer_of(node, peer)
        seen = preview(node, did)
        if dry_run:
            if as_json:
                printing.as_json({"did": did, **told_preview(seen)})
            else:
                previewed(seen, terminal.language)
            return
        if not (yes or as_json or seen.empty):
            previewed(seen, terminal.language)
            click.confirm("Go on?", abort=True, err=True)
        act(node, did)
        show_peer(node, terminal, did, as_json)


def _simple(name: str, act: Callable[..., Any], meaning: str) -> None:
    """A command that does one act about one peer and shows it."""

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
            did = peer_of(node, peer)
            act(node, did, actor=actor())
            show_peer(node, terminal, did, as_json)


_simple("pause", peering.pause, "Stop meeting and answering a peer for a while; what came from it stays.")
_simple("resume", peering.resume, "Go on with a paused peer.")
_simple("vouch", vouching.vouch, "Introduce a peer to the rest of the network.")
_previewed(
    "unblock",
    previews.unblock,
    peering.unblock,
    "Lift a block. Within seven days everything is as it was before; later, peering must be asked for anew.",
)
_previewed(
    "end",
    previews.end,
    peering.end,
    "End a peering, or decline a request. Works whether or not the peer can be reached.",
)
_previewed("unvouch", previews.unvouch, vouching.withdraw, "Take back our introduction of a node to the network.")


@peer_command.command("refusals", epilog=examples("wasl peer refusals Bcujsq", "wasl peer refusals Bcujsq --json"))
@click.argument("peer")
@json_option
@pass_terminal
def refusals_command(terminal: Terminal, peer: str, as_json: bool) -> None:
    """What a peer brought that was refused, by reason. `wasl quarantine list --via PEER` shows the records."""
    with opened(terminal) as node, node.database.reading() as connection:
        found = peers.find(connection, peer_of(node, peer))
        if found is None:
            raise NotFound("no peer with this identity; `wasl peer list` shows them", "unknown_peer")
        counted = standing.of(connection, node, found, terminal.language).refusals
    if as_json:
        printing.as_json(
            {"refusals": [{"code": one.code, "times": one.times, "last_at": one.last_at} for one in counted]}
        )
    else:
        printing.table(("reason", "times", "meaning"), [(one.code, one.times, one.sentence) for one in counted])
