"""What an act would change before it is done: whose records would disappear here, and whose would come.

Law: nothing is written; admission is computed twice, as it stands and as it would stand. Pages and commands show the
sentence and ask. Sources: docs/protocol.md section 5; attacks G15 (an administrator's mistake).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from node import admission, peering, speech
from node.assembly import Node
from node.policy import Rules, admitted
from node.store import chains, peers, records
from node.store.peers import ACTIVE, PAUSED


@dataclass(frozen=True, slots=True)
class Preview:
    """`gone`, `come`: DIDs that would leave or enter the admitted set; `…_types`: their live records by type.

    `names`: what these nodes call themselves. `elsewhere`: it is about nodes that know the network only through us
    (a vouch), not about this one.
    """

    gone: tuple[str, ...] = ()
    come: tuple[str, ...] = ()
    gone_types: Mapping[str, int] = field(default_factory=dict)
    come_types: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    elsewhere: bool = False

    @property
    def empty(self) -> bool:
        """Whether nobody would notice."""
        return not self.gone and not self.come

    @property
    def practices_gone(self) -> int:
        """Practices that would disappear."""
        return self.gone_types.get("Practice", 0)

    @property
    def practices_come(self) -> int:
        """Practices held already that would be shown again; those not held yet come with the next meetings."""
        return self.come_types.get("Practice", 0)

    @property
    def records_gone(self) -> int:
        """Live records that would disappear, cards and vouches included."""
        return sum(self.gone_types.values())

    @property
    def records_come(self) -> int:
        """Live records, held already, that would be shown again."""
        return sum(self.come_types.values())


def block(node: Node, did: str) -> Preview:
    """What blocking a node would hide."""
    with node.database.reading() as connection:
        return _between(connection, node, admission.closure(connection, node, cut={did}))


def unblock(node: Node, did: str) -> Preview:
    """What lifting a block would bring back: at once what is held, the rest with the next meetings."""
    with node.database.reading() as connection:
        peer = peers.get(connection, did)
        back = {did} if peering.going_back_to(connection, peer, node.now()) in (ACTIVE, PAUSED) else set()
        return _between(connection, node, admission.closure(connection, node, lifted={did}, listed=back))


def end(node: Node, did: str) -> Preview:
    """What ending a peering would hide: nothing, where others whom we admit vouch for the peer."""
    with node.database.reading() as connection:
        return _between(connection, node, admission.closure(connection, node, unlisted={did}))


def unvouch(node: Node, did: str) -> Preview:
    """What withdrawing our vouch would hide from a node that knows the network only through us."""
    with node.database.reading() as connection:
        given = admission.vouches(connection)
        without = given | {node.did: given.get(node.did, set()) - {did}}
        before = admitted("", [node.did], given, frozenset(), Rules())
        after = admitted("", [node.did], without, frozenset(), Rules())
        return _told(connection, set(before) - set(after), set(), elsewhere=True)


def policy(node: Node, rules: Rules) -> Preview:
    """What other rules would hide, and what they would admit."""
    with node.database.reading() as connection:
        return _between(connection, node, admission.closure(connection, node, rules=rules))


def sentence(preview: Preview, language: str) -> str:
    """The preview in a sentence or two, for a person who is about to decide."""
    gettext = speech.translations(language).gettext
    if preview.empty and preview.elsewhere:
        return gettext("Nothing would change: other nodes vouch for it too, or nobody knows it through this node.")
    if preview.empty:
        return gettext("Nothing would change on this node.")
    told = []
    if preview.gone:
        if preview.elsewhere:
            form = gettext(
                "%(nodes)s and %(practices)s would disappear at nodes that know the network only through us."
            )
        else:
            form = gettext("%(nodes)s and %(practices)s would disappear here.")
        told.append(form % _counted(len(preview.gone), preview.practices_gone, language))
    if preview.come:
        form = gettext("%(nodes)s would be admitted, with %(practices)s that this node holds already.")
        told.append(form % _counted(len(preview.come), preview.practices_come, language))
    return " ".join(told)


def _counted(nodes: int, practices: int, language: str) -> dict[str, str]:
    ngettext = speech.translations(language).ngettext
    return {
        "nodes": ngettext("%(count)s origin", "%(count)s origins", nodes) % {"count": nodes},
        "practices": ngettext("%(count)s practice", "%(count)s practices", practices) % {"count": practices},
    }


def _between(connection: Connection, node: Node, after: Mapping[str, int]) -> Preview:
    before = admission.closure(connection, node)
    return _told(connection, set(before) - set(after), set(after) - set(before), elsewhere=False)


def _told(connection: Connection, gone: set[str], come: set[str], *, elsewhere: bool) -> Preview:
    names = {}
    for did in gone | come:
        chain = chains.chain_of(connection, did)
        if chain is not None:
            names[did] = chain.head.name("")
    return Preview(
        tuple(sorted(gone)),
        tuple(sorted(come)),
        _by_type(connection, gone),
        _by_type(connection, come),
        names,
        elsewhere,
    )


def _by_type(connection: Connection, dids: set[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_, type_), count in records.held_of(connection, dids).items():
        found[type_] = found.get(type_, 0) + count
    return found
