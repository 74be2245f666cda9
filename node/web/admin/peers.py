"""Peers: how each one is, in words; what can be done about it; and what a change would hide, before it is made.

Law: an act that hides or ends something is confirmed on a page of its own, which shows what disappears and how it is
undone. Everything a peer says of itself (name, version, error) is shown as text, never as a fact of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, make_response, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from node import admission, diagnosis, peering, previews, speech, standing
from node.accounts import ADMINISTRATOR
from node.assembly import Node
from node.errors import NodeError, NotFound
from node.sentences import N_
from node.standing import PictureNode
from node.store import origins, peers, quarantine
from node.web import picture
from node.web.admin import showing, timeline
from node.web.admin.grave import GRAVE
from node.web.admin.guard import actor, needs
from node.web.admin.showing import Names, seen, tried
from node.web.language import language
from node.web.listing import the_node
from node.web.network import preview as bytes_preview
from node.web.presenting import direction

CLOCK_FINE_S = 5
ROUNDS_SHOWN = 20
ROUNDS_DRAWN = 500
ASIDE_SHOWN = 20


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    admin.add_url_rule("/peers", "peers", everyone)
    admin.add_url_rule("/peers/<did>", "peer", one)
    admin.add_url_rule("/peers/<did>/act/<word>", "peer_act", act, methods=["POST"])
    admin.add_url_rule("/peers/<did>/check", "peer_check", check, methods=["GET", "POST"])
    admin.add_url_rule("/peers/<did>/accept", "peer_accept", accept, methods=["POST"])
    admin.add_url_rule("/peers/<did>/diagnose", "peer_diagnose", diagnose, methods=["GET", "POST"])
    admin.add_url_rule("/peers/<did>/sure/<word>", "peer_sure", sure, methods=["GET", "POST"])
    admin.add_url_rule("/picture", "picture", network)


@needs(ADMINISTRATOR)
def everyone() -> str:
    """Every peer, whoever needs a person first."""
    node = the_node()
    ours = showing.ours()
    with node.database.reading() as connection:
        found = standing.everyone(connection, node, language(), ours)
        names = Names(connection)
    shown = [(state, state.name or names.of(state.peer.did)) for state in found]
    gone = ("ended_by_us", "ended_by_them", "unblocked")
    return render_template(
        "admin/peers.html",
        shown=[pair for pair in shown if pair[0].word not in gone],
        gone=[pair for pair in shown if pair[0].word in gone],
        waiting=sum(state.tone == "trouble" or state.word == "waiting_for_us" for state in found),
        ours=ours,
        knows=max([ours, *(state.network_knows for state in found)]),
        now=node.now(),
        clock_fine=CLOCK_FINE_S,
    )


@needs(ADMINISTRATOR)
def one(did: str) -> Response:
    """Everything about one peer, and everything that can be done with it."""
    return _page(did)


@needs(ADMINISTRATOR)
def act(did: str, word: str) -> Response:
    """What needs no second thought: sync, ask, pause, resume."""
    showing.known_peer(did)
    if word not in _ACTS:
        raise NotFound("there is no such act", "not_found")
    run, said = _ACTS[word]
    tried(lambda: run(the_node(), did), gettext(said))
    showing.wake()
    return seen("peer", did=did)


@needs(ADMINISTRATOR)
def check(did: str) -> Response:
    """Note how the fingerprint words were compared."""
    showing.known_peer(did)
    if request.method == "GET":
        return seen("peer", did=did)
    how = showing.one_line(request.form.get("checked", ""))
    if not how:
        return _page(did, showing.missing("checked", gettext("Say with whom you compared the words, and when.")))
    tried(
        lambda: peering.check(the_node(), did, how, actor=actor()),
        gettext("Noted: the fingerprint words were compared."),
    )
    return seen("peer", did=did)


@needs(ADMINISTRATOR)
def accept(did: str) -> Response:
    """Accept a request; introduce the node to the network unless the box was cleared."""
    showing.known_peer(did)
    how = showing.one_line(request.form.get("checked", ""))
    vouch = request.form.get("vouch") == "1"
    tried(
        lambda: peering.accept(the_node(), did, actor=actor(), checked=how, vouch=vouch),
        gettext("Accepted. Its records come now."),
    )
    showing.wake()
    return seen("peer", did=did)


@needs(ADMINISTRATOR)
def diagnose(did: str) -> Response:
    """Try every step of reaching the peer, now, and tell each."""
    showing.known_peer(did)
    if request.method == "GET":
        return seen("peer", did=did)
    node = the_node()
    try:
        steps = diagnosis.diagnose(node, did, language())
    except NodeError as error:
        return _page(did, showing.trouble_of(error))
    with node.database.reading() as connection:
        name = Names(connection).of(did)
    shown = render_template(
        "admin/diagnosis.html", did=did, name=name, steps=steps, report=diagnosis.as_text(steps), now=node.now()
    )
    return make_response(shown)


@needs(ADMINISTRATOR)
def sure(did: str, word: str) -> Response:
    """What would happen, and the button that makes it happen."""
    if word not in GRAVE:
        raise NotFound("there is no such act", "not_found")
    node, grave = the_node(), GRAVE[word]
    with node.database.reading() as connection:
        names = Names(connection)
        known = peers.find(connection, did) is not None
        if not known and (word != "block" or origins.find(connection, did) is None):
            raise NotFound("no peer with this identity", "unknown_peer")
        name = names.of(did)
    if request.method == "POST":
        tried(lambda: grave.run(node, did, showing.one_line(request.form.get("reason", ""))), gettext(grave.done))
        showing.wake()
        return seen("peer", did=did) if known or word == "block" else seen("peers")
    shown = grave.preview(node, did) if grave.preview else None
    return make_response(
        render_template(
            "admin/sure.html",
            did=did,
            name=name,
            word=word,
            grave=grave,
            preview=shown,
            sentence=previews.sentence(shown, language()) if shown else "",
            known=known,
        )
    )


@needs(ADMINISTRATOR)
def network() -> str:
    """The picture of the network as this node knows it, with its table twin."""
    node = the_node()
    with node.database.reading() as connection:
        found = standing.network(connection, node, language())
        rules = admission.rules_in_force(connection, node)
    names = picture.short_names(found.nodes)
    vouchers: dict[str, list[str]] = {}
    for edge in found.edges:
        if edge.kind == "vouch":
            vouchers.setdefault(edge.other, []).append(names[edge.one])
            if edge.both:
                vouchers.setdefault(edge.one, []).append(names[edge.other])
    return render_template(
        "admin/picture.html",
        drawings=picture.both(found),
        picture_link=_picture_link,
        nodes=sorted(found.nodes, key=lambda node: (node.distance is None, node.distance or 0, node.name.casefold())),
        vouchers=vouchers,
        rules=rules,
        now=node.now(),
    )


def _picture_link(node: PictureNode) -> str:
    """Where a node of the picture leads: to the peer's page here, or to what readers see of it."""
    if node.word and not node.ours:
        return url_for("admin.peer", did=node.did)
    return url_for("pages.commune", did=node.did) if node.distance is not None else ""


def _page(did: str, trouble: showing.Trouble | None = None) -> Response:
    node = the_node()
    ours = showing.ours()
    with node.database.reading() as connection:
        peer = peers.get(connection, did)
        state = standing.of(connection, node, peer, language(), ours)
        names = Names(connection)
        rounds = peers.rounds_with(connection, did, ROUNDS_DRAWN)
        aside = quarantine.listing(connection, did, ASIDE_SHOWN)
    shown = render_template(
        "admin/peer.html",
        state=state,
        peer=peer,
        name=state.name or names.of(did),
        admitted=names.admitted(did),
        vouchers=[(voucher, names.of(voucher)) for voucher in state.vouched_by],
        strip=timeline.strip(rounds, node.now(), direction(language()) == "rtl"),
        rounds=[(one, speech.sentence_for(one.error_code or "", language())) for one in rounds[:ROUNDS_SHOWN]],
        aside=[(one, showing.sentence_of(one.code), bytes_preview(one)) for one in aside],
        trouble=trouble,
        now=node.now(),
        clock_fine=CLOCK_FINE_S,
        me=node.did,
    )
    return make_response(shown, 400 if trouble else 200)


def _sync(node: Node, did: str) -> None:
    peering.sync_now(node, did, actor=actor())


_ACTS: Mapping[str, tuple[Callable[[Node, str], object], str]] = {
    "sync": (_sync, N_("The meeting begins now. Look again in a moment.")),
    "ask": (_sync, N_("The request is sent again now.")),
    "pause": (
        lambda node, did: peering.pause(node, did, actor=actor()),
        N_("Paused: nothing is fetched from it or given to it. What it has published stays."),
    ),
    "resume": (
        lambda node, did: peering.resume(node, did, actor=actor()),
        N_("Resumed: what was missed comes now."),
    ),
}
"""Acts without a second thought: word -> (what is done, what is said)."""
