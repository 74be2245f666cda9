"""`wasl audit`: who decided what, and when."""

from __future__ import annotations

import re

import click

from node import acts
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import opened
from node.cli.options import json_option
from node.cli.terminal import Terminal, pass_terminal
from node.store import notes
from protocol import moment
from protocol.errors import ProtocolError

_SPAN = re.compile(r"(\d{1,5})([dhm])")
_UNITS = {"d": 86_400, "h": 3_600, "m": 60}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@click.command(
    "audit", epilog=examples("wasl audit", "wasl audit --since 7d --json", "wasl audit --since 2026-11-01 --act block")
)
@click.option("--since", help="From a day (2026-11-24), a moment (2026-11-24T09:00:00Z), or a span: 7d, 12h, 30m.")
@click.option("--actor", help="Only of this actor, such as cli:karima or web:karima.")
@click.option("--act", "word", help="Only this act, such as accept, blocked, policy.")
@click.option("--object", "object_", help="Only on this: a DID, a name.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@json_option
@pass_terminal
def audit_command(
    terminal: Terminal,
    since: str | None,
    actor: str | None,
    word: str | None,
    object_: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Read who decided what, and when: the newest acts first. No secret is ever written into it."""
    with opened(terminal) as node:
        start = _moment(since, node.now()) if since else None
        with node.database.reading() as connection:
            found = notes.acts(connection, limit, since=start, object_=object_, actor=actor, word=word)
    if as_json:
        told = [
            {"number": one.id, "at": moment.to_text(one.at), "actor": one.actor, "act": one.act, "object": one.object}
            | {"detail": one.detail, "sentence": acts.told(one, terminal.language)}
            for one in found
        ]
        printing.as_json({"acts": told})
        return
    rows = [
        (moment.to_text(one.at), one.actor, acts.told(one, terminal.language), one.object[-24:], one.detail)
        for one in found
    ]
    printing.table(("when", "who", "did what", "on", "detail"), rows)


def _moment(text: str, now: int) -> int:
    span = _SPAN.fullmatch(text)
    if span:
        return now - int(span[1]) * _UNITS[span[2]]
    try:
        return moment.to_seconds(f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text)
    except ProtocolError as error:
        raise click.UsageError(
            "--since is a day (2026-11-24), a moment (2026-11-24T09:00:00Z) or a span (7d)."
        ) from error
