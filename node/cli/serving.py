"""`wasl serve`, `wasl worker`: the node at work, until it is stopped."""

from __future__ import annotations

import click

from node import logs, serving
from node.cli import meeting, printing
from node.cli.lazy import examples
from node.cli.opening import opened
from node.cli.options import json_option
from node.cli.terminal import Terminal, pass_terminal


def first_run(terminal: Terminal) -> bool:
    """True where nothing stands that could be a node: no settings, keys or database."""
    home = terminal.home
    return not any((home / name).exists() for name in ("wasl.toml", "wasl.db", "keys"))


def _say_first(address: str) -> None:
    printing.note("There is no node here yet. Open this address in a browser on this machine to make one:")
    printing.note(f"  {address}")
    printing.note("From another machine: ssh -L 8480:127.0.0.1:8480 this-machine, then the same address. Ctrl-C stops.")


@click.command("serve", epilog=examples("wasl serve", "wasl --home /srv/wasl serve --web-only"))
@click.option("--web-only", is_flag=True, help="No worker in this process: `wasl worker` runs beside it.")
@click.option("--beside", default="", hidden=True, help="Numbers of the sockets of the process that starts this one.")
@pass_terminal
def serve_command(terminal: Terminal, web_only: bool, beside: str) -> None:
    """Serve pages and peers until stopped, with one worker (sync and search index) in the same process.

    Listens on [web] host and port; a reverse proxy with TLS stands before it. Where there is no node yet, a page asks
    the five questions of `wasl init`; its address, with a code, is printed here.
    """
    if not web_only and not beside and first_run(terminal):
        logs.start("info", "json")
        serving.serve_first(terminal.home.resolve(), terminal.environ, _say_first)
        return
    with opened(terminal) as node:
        logs.start(node.config.log_level, node.config.log_format)
        if beside:
            serving.serve_beside(node, beside)
            return
        printing.note(f"http://{node.config.web_host}:{node.config.web_port}  (Ctrl-C stops)")
        serving.serve(node, with_worker=not web_only)


@click.command("worker", epilog=examples("wasl worker", "wasl worker --once", "wasl worker --once --json"))
@click.option("--once", is_flag=True, help="Meet every peer once, index what is new, and end.")
@json_option
@pass_terminal
def worker_command(terminal: Terminal, once: bool, as_json: bool) -> None:
    """Run the worker alone: it meets the peers and keeps the search index up to date.

    Several may run beside each other; each peer is held by one of them at a time.
    """
    with opened(terminal) as node:
        logs.start(node.config.log_level, node.config.log_format)
        if not once:
            serving.work(node)
            return
        with meeting.working(node) as worker:
            outcomes = worker.run_until_idle()
        meeting.show(node, terminal, outcomes, as_json)
