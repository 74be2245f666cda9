"""`wasl`: the verbs of one node at the terminal. This room only chooses; what is done stands in the rooms below.

Law of the folder: a command reads its words, calls one or two functions of `node`, and prints. It decides nothing
about records, so whatever the terminal can do, a page can do by the same call. Importing this module must stay cheap
(`wasl --help` in 0.4 s): the rooms with the commands are loaded one at a time, by `LazyGroup`, and only they import
the database, the cryptography and the index. Exit codes: `node/cli/exits.py`.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from node.cli.lazy import LazyGroup, Room, examples
from node.cli.terminal import Terminal, default_home

__all__ = ["main"]

ROOMS = {
    "init": Room("node.cli.founding", "Make a node: folder, settings, keys and first card."),
    "serve": Room("node.cli.serving", "Serve pages and peers, with one worker."),
    "worker": Room("node.cli.serving", "Run the worker alone: sync and search index."),
    "publish": Room("node.cli.writing", "Sign statements from a file and publish them."),
    "withdraw": Room("node.cli.writing", "Withdraw or erase a record of ours."),
    "attachment": Room("node.cli.attachment", "Attach files to records; list, fetch and erase them."),
    "record": Room("node.cli.records", "Look at, verify and withdraw single records."),
    "search": Room("node.cli.searching", "Find records by words, topics, places and dates."),
    "exchange": Room("node.cli.exchange", "What other towns say to this one; acknowledge it."),
    "digest": Room("node.cli.digest", "Print or send the weekly mail of what people follow."),
    "lineage": Room("node.cli.lineage", "Show who took up a practice, as a tree."),
    "import": Room("node.cli.moving", "Take in a file of signed records."),
    "export": Room("node.cli.moving", "Write signed records to a file."),
    "brief": Room("node.cli.brief", "Write chosen practices as sheets to print."),
    "peer": Room("node.cli.peers", "Decide which nodes this one talks to."),
    "fediverse": Room("node.cli.fediverse", "Let people on Mastodon and elsewhere follow this node."),
    "network": Room("node.cli.network", "Draw the network as this node sees it."),
    "policy": Room("node.cli.policy", "Decide whose records this node admits."),
    "quarantine": Room("node.cli.quarantine", "Look at what was not admitted, and try it again."),
    "hidden": Room("node.cli.hidden", "Keep what other towns say from being shown here."),
    "audit": Room("node.cli.audit", "Read who decided what, and when."),
    "sync": Room("node.cli.meeting", "Meet the peers now."),
    "node": Room("node.cli.identity", "Show who this node is and what it holds; move it."),
    "key": Room("node.cli.keys", "This node's keys and its recovery sheet."),
    "user": Room("node.cli.users", "Who may sign in, and in which role."),
    "backup": Room("node.cli.saving", "Write the whole node into one file, while it serves."),
    "restore": Room("node.cli.restore", "Make a node again, from a backup or from the network."),
    "migrate-store": Room("node.cli.migrating", "Move what the node holds into PostgreSQL, or back."),
    "migrate-attachments": Room("node.cli.shelving", "Move the bytes of attachments into a bucket, or back."),
    "recover": Room("node.cli.recover", "End a recovery; decide about records signed elsewhere."),
    "reindex": Room("node.cli.looking", "Build the search index anew."),
    "doctor": Room("node.cli.health", "Examine the node and say what to do."),
    "demo": Room("node.cli.trying", "Start a small network on this machine."),
    "bench": Room("node.cli.trying", "Measure this machine and this version."),
}
"""Every command, in the order of the help: where it stands and what it does in a line."""


@click.group(
    cls=LazyGroup,
    rooms=ROOMS,
    epilog=examples("wasl init", "wasl --home /srv/wasl doctor", "wasl peer list --json")
    + "\n\nExit codes: 0 done, 1 error, 2 wrong usage, 3 needs attention, 4 refused by policy."
    + ' With --json an error is {"error": {"code", "message"}} on standard error.',
)
@click.option(
    "--home",
    envvar="WASL_HOME",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the node. [default: ./wasl-node if there is one, else the user's data folder]",
)
@click.version_option(package_name="wasl")
@click.pass_context
def main(context: click.Context, home: Path | None) -> None:
    """Run and use one node of Wasl, the network in which municipalities exchange good practices."""
    context.obj = Terminal((home or default_home(os.environ)).expanduser(), home is not None, os.environ)
