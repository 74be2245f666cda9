"""How the account stands, for the page and the command: on or off, how many follow, and where telling them fails.

Hosts with their counts are shown to administrators of this node, accounts to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from node.assembly import Node
from node.fediverse.place import Place, blocked, card_of, moved, name_kept, place_of, suggested
from node.store import heard, log, subscribers
from node.store.subscribers import Told


@dataclass(frozen=True, slots=True)
class Standing:
    """`place`: None while it is off; `name`: as chosen, or a proposal; `fixed`: it cannot change any more;
    `moved`: the node has another address than the account had;
    `unexamined`: things said that wait; `blocked`: host -> since when, seconds since 1970."""

    place: Place | None
    name: str
    fixed: bool
    moved: bool
    address: str | None
    followers: int
    unexamined: int
    hosts: tuple[Told, ...]
    blocked: Mapping[str, int]


def standing(connection: Connection, node: Node) -> Standing:
    """How it stands now."""
    card = card_of(connection, node)
    followers = subscribers.count(connection)
    return Standing(
        place=place_of(connection, node),
        name=name_kept(connection) or suggested(card.names),
        fixed=followers > 0 and not moved(connection, node),
        moved=moved(connection, node),
        address=card.root,
        followers=followers,
        unexamined=heard.waiting(connection),
        hosts=tuple(subscribers.told(connection, log.last_seq(connection))),
        blocked=blocked(connection),
    )
