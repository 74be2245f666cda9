"""Whether this node can be followed, under which name, and the addresses of all that belongs to its account.

The switch and the name stand in the database, set by an administrator. Addresses are those of the node's card: a node
without a public address cannot be followed. To the fediverse an account is its address: one that has moved is off until
it is switched on there, and begins without followers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson
from sqlalchemy import Connection

from node.assembly import Node
from node.errors import NotAllowed, NotFound
from node.store import heard, log, notes, records, subscribers
from node.store.records import OURSELVES
from protocol.card import card_record

NAME = re.compile(r"[a-z0-9_]{1,30}", re.ASCII)
"""What every server of the fediverse takes as a name."""
_HOST = re.compile(r"[a-z0-9.-]{1,253}(:[0-9]{1,5})?", re.ASCII)
_SWITCH, _BLOCKED = "activitypub", "activitypub_blocked"


@dataclass(frozen=True, slots=True)
class Place:
    """The account's addresses. `root`: the node's own, without a last slash; `name`: before the host."""

    root: str
    name: str

    @property
    def host(self) -> str:
        """Host, and port where it is not the usual one."""
        return urlsplit(self.root).netloc

    @property
    def account(self) -> str:
        """As people write it: name@host."""
        return f"{self.name}@{self.host}"

    @property
    def actor(self) -> str:
        """The account itself."""
        return f"{self.root}/activitypub/actor"

    @property
    def key_id(self) -> str:
        """Its public key."""
        return f"{self.actor}#main-key"

    @property
    def inbox(self) -> str:
        """Where others say something to it."""
        return f"{self.root}/activitypub/inbox"

    @property
    def outbox(self) -> str:
        """What it has said."""
        return f"{self.root}/activitypub/outbox"

    @property
    def followers(self) -> str:
        """How many follow it."""
        return f"{self.root}/activitypub/followers"

    def note(self, name: str) -> str:
        """A practice. `name`: of its life (`node/store/lives.py`)."""
        return f"{self.root}/activitypub/practices/{name}"

    def page(self, did: str, record: str = "", language: str = "") -> str:
        """Where people read: a practice, or the node itself; in one language, or in the reader's own."""
        tongue = f"?lang={language}&text={language}" if language else ""
        return f"{self.root}/practices/{did}/{record}{tongue}" if record else f"{self.root}/communes/{did}"


@dataclass(frozen=True, slots=True)
class Card:
    """What the node's card says of it. `root`: its address without a last slash, or None."""

    names: Mapping[str, str]
    root: str | None


def card_of(connection: Connection, node: Node) -> Card:
    """This node's card in force."""
    head = records.get(connection, f"{node.did}/records/{card_record(node.did)}", OURSELVES)
    content = head.content if head is not None else {}
    url = content.get("url")
    return Card(content.get("names", {}), url.rstrip("/") if isinstance(url, str) else None)


def place_of(connection: Connection, node: Node) -> Place | None:
    """The account, or None while the node cannot be followed."""
    kept = _kept(connection)
    root = card_of(connection, node).root if kept.get("on") else None
    return Place(root, str(kept["name"])) if root and root == kept.get("root") else None


def need_place(connection: Connection, node: Node) -> Place:
    """As `place_of`. Raises `NotFound` (`activitypub_off`)."""
    place = place_of(connection, node)
    if place is None:
        raise NotFound("this node cannot be followed in the fediverse", "activitypub_off")
    return place


def moved(connection: Connection, node: Node) -> bool:
    """Whether the account was at another address than the card gives now: who follows it there is lost."""
    return _kept(connection).get("root", "") not in ("", card_of(connection, node).root)


def name_kept(connection: Connection) -> str:
    """The name that was chosen, on or off; empty where none ever was."""
    return str(_kept(connection).get("name", ""))


def suggested(names: Mapping[str, str]) -> str:
    """A name for the account, made of the node's own; `town` where no letter of it is Latin."""
    for name in (*(names[tongue] for tongue in ("fr", "de", "en", "tr") if tongue in names), *names.values()):
        plain = unicodedata.normalize("NFKD", name.replace("ı", "i")).encode("ascii", "ignore").decode().lower()
        word = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:30].strip("_")
        if word:
            return word
    return "town"


def switch_on(node: Node, name: str, *, actor: str) -> Place:
    """Let the node be followed as `name` from now on.

    Raises `NotAllowed`: `bad_actor_name`, `no_public_address`, `actor_name_fixed` (somebody follows another name).
    """
    if not NAME.fullmatch(name):
        raise NotAllowed("a name has 1 to 30 of the characters a to z, 0 to 9 and _", "bad_actor_name")
    with node.database.writing() as connection:
        root = card_of(connection, node).root
        if root is None or urlsplit(root).path:
            raise NotAllowed(
                "the card gives no public address, or one with a path behind the host", "no_public_address"
            )
        if _kept(connection).get("root", root) != root:
            subscribers.remove_all(connection)  # they follow an account at another address
        if name != name_kept(connection) and subscribers.count(connection):
            raise NotAllowed("accounts follow the node under its present name", "actor_name_fixed")
        if not name_kept(connection):  # what was published before is in the outbox, and told to nobody
            notes.set_cursor(connection, subscribers.FOLLOWER, log.last_seq(connection), node.now())
        _keep(connection, name, root)
        notes.act(connection, node.now(), actor, "fediverse_on", name, root)
    return Place(root, name)


def switch_off(node: Node, *, actor: str) -> None:
    """Let nobody follow any more. Who follows is remembered, and told what was missed when it is on again."""
    with node.database.writing() as connection:
        kept = _kept(connection)
        _keep(connection, name_kept(connection), str(kept.get("root", "")), on=False)
        notes.act(connection, node.now(), actor, "fediverse_off", name_kept(connection))


def blocked(connection: Connection) -> dict[str, int]:
    """Hosts of which nobody may follow, with since when."""
    return {host: int(at) for host, at in sorted(notes.kept(connection, _BLOCKED).items())}


def is_blocked(host: str, among: Collection[str]) -> bool:
    """Whether nobody of this host may follow: a host that is blocked without a port is blocked at every port."""
    return host in among or host.rpartition(":")[0] in among


def block(node: Node, host: str, *, actor: str) -> int:
    """Let nobody of this host follow, at any port unless one is named, and forget who does.

    Returns how many they were. Raises `NotAllowed`.
    """
    host = host.strip().lower().rstrip(".").removesuffix(":443")
    if not _HOST.fullmatch(host):
        raise NotAllowed("a server is named by its host alone, such as mastodon.example", "bad_host")
    with node.database.writing() as connection:
        notes.keep(connection, _BLOCKED, host, str(node.now()))
        heard.drop_host(connection, host)
        gone = subscribers.remove_host(connection, host)
        notes.act(connection, node.now(), actor, "fediverse_block", host, f"{gone} followers forgotten")
    return gone


def unblock(node: Node, host: str, *, actor: str) -> None:
    """Let people of this host follow again. Raises `NotFound` (`host_not_blocked`)."""
    host = host.strip().lower()
    with node.database.writing() as connection:
        if host not in blocked(connection):
            raise NotFound("this server is not blocked", "host_not_blocked")
        notes.keep(connection, _BLOCKED, host, None)
        notes.act(connection, node.now(), actor, "fediverse_unblock", host)


def _kept(connection: Connection) -> dict[str, object]:
    text = notes.value(connection, _SWITCH)
    return dict(orjson.loads(text)) if text else {}


def _keep(connection: Connection, name: str, root: str, *, on: bool = True) -> None:
    notes.set_value(connection, _SWITCH, orjson.dumps({"name": name, "root": root, "on": on}).decode("ascii"))
