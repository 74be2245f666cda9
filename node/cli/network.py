"""`wasl network`: the network as this node sees it, as text: who is in, how far, and how it stands with each."""

from __future__ import annotations

from dataclasses import asdict

import click

from node import standing
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import opened
from node.cli.options import json_option
from node.cli.terminal import Terminal, pass_terminal
from node.standing import Picture, PictureNode


@click.command("network", epilog=examples("wasl network", "wasl network --json"))
@json_option
@pass_terminal
def network_command(terminal: Terminal, as_json: bool) -> None:
    """Draw the network as a tree: under each node those that it brings in, with state, practices and distance."""
    with opened(terminal) as node, node.database.reading() as connection:
        picture = standing.network(connection, node, terminal.language)
    if as_json:
        printing.as_json(asdict(picture))
        return
    for line in tree(picture):
        printing.say(line)


def tree(picture: Picture) -> list[str]:
    """The nodes as an indented tree: each stands under the first node, one step nearer, that leads to it."""
    near: dict[str, set[str]] = {}
    for edge in picture.edges:
        near.setdefault(edge.one, set()).add(edge.other)
        if edge.both:
            near.setdefault(edge.other, set()).add(edge.one)
    left = {place.did: place for place in picture.nodes}
    lines: list[str] = []

    def draw(place: PictureNode, depth: int) -> None:
        left.pop(place.did)
        state = f"  {place.word.replace('_', ' ')}" if place.word else ""
        lines.append(
            f"{'  ' * depth}{printing.plain(place.name)}{state}  {place.practices} practices  …{place.did[-8:]}"
        )
        below = [left[did] for did in near.get(place.did, ()) if did in left]
        for one in sorted(below, key=lambda one: one.name.casefold()):
            if one.did in left and one.distance == (place.distance or 0) + 1:
                draw(one, depth + 1)

    while left:
        draw(next(iter(left.values())), 0)
    return lines
