"""What a weekly mail says: the news since the last one that nobody has read, the newest thirty, and how many more.

Only what is public is told: a mail goes through machines of others. Of what only members of the network see, it says
how much there is and where.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from node.assembly import Node
from node.following import keeping, paths, reading
from node.following.reading import Piece
from node.store import chains, follows, mailings, notes
from node.store.accounts import User
from node.store.records import MEMBERS, PUBLIC

PIECES_MOST = 30
COUNTED_MOST = 500


@dataclass(frozen=True, slots=True)
class Digest:
    """A mail before it is written. `name`: of this node; `root`: its address; `more`: public news beside those told;
    `members`: news that only members see; `upto`: news up to this entry of the log are in it."""

    language: str
    name: str
    root: str
    pieces: tuple[Piece, ...]
    more: int
    members: int
    upto: int

    @property
    def total(self) -> int:
        """How many news there are."""
        return len(self.pieces) + self.more + self.members

    @property
    def inbox(self) -> str:
        """The address of the page *Following*."""
        return self.root + paths.INBOX


def compose(connection: Connection, node: Node, user: User, upto: int | None = None) -> Digest:
    """The mail that a person would get now. `upto`: news up to this entry of the log, else all that are known."""
    last = notes.cursor(connection, keeping.FOLLOWER) if upto is None else upto
    mailing = mailings.find(connection, user.id)
    after = max(follows.seen(connection, user.id), mailing.mailed_seq if mailing is not None else 0)
    language = user.language or node.config.node_language
    mine = reading.named(connection, follows.of(connection, user.id), language, PUBLIC)
    those = follows.newest(connection, user.id, PUBLIC, PIECES_MOST, after=after, upto=last)
    pieces = reading.pieces(connection, those, mine, language, PUBLIC)
    public = follows.count(connection, user.id, PUBLIC, COUNTED_MOST, after=after, upto=last)
    every = follows.count(connection, user.id, MEMBERS, COUNTED_MOST, after=after, upto=last)
    card = chains.head_cards(connection).get(node.did)
    return Digest(
        language=language,
        name=card.name(language) if card is not None else "Wasl",
        root=root(connection, node) or f"http://127.0.0.1:{node.config.web_port}",
        pieces=tuple(pieces),
        more=max(0, public - len(pieces)),
        members=max(0, every - public),
        upto=last,
    )


def root(connection: Connection, node: Node) -> str:
    """The address of this node in links of mails, without a slash at its end; empty where it has none."""
    card = chains.head_cards(connection).get(node.did)
    return (node.config.mail_links or (card.url if card is not None else None) or "").rstrip("/")
