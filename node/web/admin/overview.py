"""The overview: what needs a person now, each thing with the next step; else that all is well, with figures.

On the first day it leads: an invitation, an address or a file, on the page itself. Law: what stands here is found by
asking, never remembered, so that it is gone as soon as it is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, render_template, url_for
from flask_babel import gettext, ngettext
from sqlalchemy import Connection

from node import backup, contradictions, keyring, recovering, sightings, standing
from node.accounts import ADMINISTRATOR
from node.assembly import Node
from node.standing import Standing
from node.store import hiding, notes, origins, peers, quarantine, records
from node.store.records import PUBLIC
from node.web.admin import joining, showing
from node.web.admin.guard import needs
from node.web.admin.showing import Names
from node.web.admin.state import OLD_BACKUP_S
from node.web.language import language
from node.web.listing import the_node
from node.web.presenting import short_did

URGENT, NOW, SOON = "urgent", "now", "soon"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing for a person. `when`: urgent | now | soon; `act`: words of the link that leads on to `path`.

    `words`: fingerprint words to show beside it, where somebody must be recognised.
    """

    when: str
    title: str
    sentence: str
    act: str
    path: str
    words: tuple[str, ...] = ()


def add_to(admin: Blueprint) -> None:
    """Add this page to the blueprint."""
    admin.add_url_rule("/overview", "overview", page)


@needs(ADMINISTRATOR)
def page() -> str:
    """What needs a person, or that nothing does."""
    node = the_node()
    ours = showing.ours()
    with node.database.reading() as connection:
        names = Names(connection)
        stands = standing.everyone(connection, node, language(), ours)
        counted = records.counts(connection, PUBLIC)
        nodes = sum(origin.admitted for origin in origins.everyone(connection).values())
        own = sum(count for (did, type_), count in counted.items() if did == node.did and type_ == "Practice")
        acts = notes.acts(connection, 1)
        needs_ = list(_about_node(connection, node, names))
    needs_ += _about_peers(stands, names)
    needs_ += _about_keys(node)
    active = [state for state in stands if state.peer.state in (peers.ACTIVE, peers.PAUSED)]
    return render_template(
        "admin/overview.html",
        needs={when: [need for need in needs_ if need.when == when] for when in (URGENT, NOW, SOON)},
        first_day=not stands,
        ways=joining.connecting() if not stands else None,
        hours=joining.HOURS,
        usual=joining.USUAL_HOURS,
        well=sum(state.tone == "good" for state in active),
        active=len(active),
        nodes=nodes,
        practices=sum(count for (_, type_), count in counted.items() if type_ == "Practice"),
        own=own,
        records=ours,
        knows=max([ours, *(state.network_knows for state in active)]),
        met=max((state.contact_at for state in active if state.contact_at), default=None),
        last_act=acts[0] if acts else None,
        backup_at=backup.last(node),
        me=node.did,
        trouble=None,
        target="",
        now=node.now(),
    )


def _about_node(connection: Connection, node: Node, names: Names) -> Iterator[Need]:
    """State, contradictions, and what lies aside for a person."""
    doubled = sightings.status(node, language())
    if doubled is not None and doubled.word == "revoke":
        title, act = gettext("A stolen key must be revoked"), gettext("Revoke it")
        yield Need(URGENT, title, doubled.sentence, act, url_for("admin.key_revoke"))
    elif doubled is not None:
        title, act = gettext("Somebody else signs as this node"), gettext("Find out what happened")
        yield Need(URGENT, title, doubled.sentence, act, url_for("admin.state"))
    back = recovering.status(node, language())
    if back is not None:
        title = gettext("This node is recovering")
        yield Need(NOW, title, f"{back.sentence} {back.waiting}", gettext("See how far it is"), url_for("admin.state"))
    forks = contradictions.listing(connection)
    if forks:
        title = ngettext("%(num)s contradiction", "%(num)s contradictions", len(forks))
        said = gettext(
            "Two signed versions with one number: a node was restored wrongly, or its key is in other hands."
        )
        yield Need(NOW, title, said, gettext("Look at the proof"), url_for("admin.state") + "#forks")
    for did, count in hiding.flooded(connection).items():
        title = gettext("Too much at once from %(name)s", name=names.of(did))
        said = ngettext(
            "%(num)s record is kept and not shown until somebody has looked.",
            "%(num)s records are kept and not shown until somebody has looked.",
            count,
        )
        yield Need(NOW, title, said, gettext("Look at them"), url_for("admin.hidden"))
    held = quarantine.counts(connection).get("held", 0)
    if held:
        title = ngettext("%(num)s record is held", "%(num)s records are held", held)
        said = gettext("The door could not decide alone: look at it, then let it be tried again or forget it.")
        yield Need(NOW, title, said, gettext("Look at them"), url_for("admin.aside", state="held"))


def _about_peers(stands: list[Standing], names: Names) -> Iterator[Need]:
    """Requests that wait, and peers in trouble."""
    for state in stands:
        did = state.peer.did
        name = state.name or short_did(did)
        path = url_for("admin.peer", did=did)
        if state.word == "waiting_for_us":
            title = gettext("%(name)s asks to become a peer", name=name)
            said = gettext("Telephone its administrator; both read these words aloud.")
            yield Need(NOW, title, said, gettext("Compare and answer"), path, state.words)
        elif state.tone == "trouble" and state.peer.state in (peers.ACTIVE, peers.REQUESTED):
            yield Need(NOW, name, f"{state.sentence} {state.todo}", gettext("Look at the peer"), path)


def _about_keys(node: Node) -> Iterator[Need]:
    """Where the root key is, and how old the last backup is."""
    state = keyring.state_of(node)
    if state.under_way:
        said = gettext("It was interrupted. Nothing is lost: it goes on where it stopped.")
        path = url_for("admin.key_revoke") if state.under_way == "revoke" else url_for("admin.keys")
        yield Need(URGENT, gettext("A change of keys is not finished"), said, gettext("Go on"), path)
    if state.root != "away":
        said = gettext("Whoever breaks into this machine could take the node's identity with it.")
        if state.root == "files":
            act, path = gettext("Make a recovery sheet"), url_for("admin.key_act", word="rotate-root")
        else:
            act, path = gettext("Print the recovery sheet"), url_for("admin.key_sheet")
        yield Need(SOON, gettext("The root key is still on this machine"), said, act, path)
    last = backup.last(node)
    if last is None:
        said = gettext("If the disk fails, what was never synchronised is lost.")
        yield Need(
            SOON, gettext("There is no backup yet"), said, gettext("Make one"), url_for("admin.state") + "#backup"
        )
    elif node.now() - last > OLD_BACKUP_S:
        title = gettext("The last backup is old")
        days = (node.now() - last) // 86_400
        said = ngettext("It was made %(num)s day ago.", "It was made %(num)s days ago.", days)
        yield Need(SOON, title, said, gettext("Make one"), url_for("admin.state") + "#backup")
