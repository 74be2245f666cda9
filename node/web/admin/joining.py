"""Connecting: give an invitation, follow one, ask at an address, or exchange cards as files. And who asks us.

Law: before a node is asked or added, the page shows who answers there (name as a claim, words, address with its
warnings). An invitation names the identity that it leads to, so following one takes a single press. Its link is in
the answer to that one press and nowhere else: only a hash of its token is kept.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from flask import Blueprint, make_response, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from node import addresses, introducing, inviting, peering, recovery, standing
from node.accounts import ADMINISTRATOR
from node.errors import NodeError
from node.introducing import Looked
from node.standing import Standing
from node.store import chains, peers
from node.web.admin import showing
from node.web.admin.guard import actor, needs, notice
from node.web.admin.showing import Names, Trouble, seen, tried
from node.web.language import language
from node.web.listing import the_node
from protocol.errors import ProtocolError

HOURS = (24, 72, 168, 720)
"""How long an invitation may hold: a day, three days, a week, a month."""
USUAL_HOURS = 72
CARDS_MOST = 500_000
"""Bytes of an uploaded file of cards."""
FORM_MOST = 1_500_000
"""Bytes of a form that brings such a file, or carries it on in base 64."""

_INVITATION = "#wasl-invite="


@dataclass(frozen=True, slots=True)
class Connecting:
    """What the page and the overview need to show the ways in. `url`: ours, None for a node that nobody can reach."""

    url: str | None
    waiting: tuple[Standing, ...]
    names: dict[str, str]


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    both = ["GET", "POST"]
    admin.add_url_rule("/join", "joining", page)
    admin.add_url_rule("/join/invite", "join_invite", invite, methods=both)
    admin.add_url_rule("/join/invitations/<hash_hex>/revoke", "join_revoke", revoke, methods=["POST"])
    admin.add_url_rule("/join/follow", "join_follow", follow, methods=both)
    admin.add_url_rule("/join/ask", "join_ask", ask, methods=both)
    admin.add_url_rule("/join/our-cards", "join_cards", cards)
    admin.add_url_rule("/join/file", "join_file", upload, methods=both)
    admin.add_url_rule("/join/file/add", "join_add", add, methods=both)


@needs(ADMINISTRATOR)
def page() -> Response:
    """All ways to connect, the requests that wait, and the invitations that were given."""
    return _page()


@needs(ADMINISTRATOR)
def invite() -> Response:
    """Make an invitation and show its link, this once. Not a redirect: the link is kept nowhere."""
    if request.method == "GET":
        return seen("joining")
    hours = showing.whole_number("hours", 1, 8760) or USUAL_HOURS
    label = showing.one_line(request.form.get("label", ""))[:120]
    node = the_node()
    try:
        link = inviting.create(node, label, hours, actor())
    except NodeError as error:
        return _page(showing.trouble_of(error, "invite"))
    shown = render_template(
        "admin/invitation.html", link=link, qr=recovery.qr_svg(link), label=label, until=node.now() + hours * 3600
    )
    return make_response(shown)


@needs(ADMINISTRATOR)
def revoke(hash_hex: str) -> Response:
    """Withdraw an invitation that nobody has used."""
    tried(
        lambda: inviting.revoke_by_hash(the_node(), hash_hex, actor()),
        gettext("The invitation is withdrawn: its link no longer opens anything."),
    )
    return seen("joining")


@needs(ADMINISTRATOR)
def follow() -> Response:
    """Take an invitation or an address. An invitation is followed at once; at an address we look first."""
    if request.method == "GET":
        return seen("joining")
    target = request.form.get("target", "").strip()
    if not target:
        return _page(
            showing.missing(
                "target",
                gettext("The field is empty."),
                gettext("Paste the invitation that you were given, or type the address of the other node."),
            )
        )
    if _INVITATION in target and not addresses.host_of(target.partition("#")[0]).warning:
        return _ask(target, checked="", vouch=True, on_trouble="target")
    return _look(target)


@needs(ADMINISTRATOR)
def ask() -> Response:
    """Ask the node that was looked at."""
    if request.method == "GET":
        return seen("joining")
    return _ask(
        request.form.get("target", "").strip(),
        checked=showing.one_line(request.form.get("checked", "")),
        vouch=request.form.get("vouch") == "1",
        note=request.form.get("note", "").strip()[:500],
        on_trouble="target",
    )


@needs(ADMINISTRATOR)
def cards() -> Response:
    """Our own cards as a file, for a node that we cannot reach, or that cannot reach us."""
    node = the_node()
    answer = make_response(introducing.cards_file(node))
    answer.headers["Content-Type"] = "application/x-ndjson"
    answer.headers["Content-Disposition"] = f'attachment; filename="wasl-{node.did[-8:]}.cards.jsonl"'
    return answer


@needs(ADMINISTRATOR, takes=FORM_MOST)
def upload() -> Response:
    """Look at a file of cards before anything is added."""
    if request.method == "GET":
        return seen("joining")
    data = b""
    for brought in request.files.values():
        data = data or brought.stream.read(CARDS_MOST + 1)
        brought.close()
    if not data:
        return _page(
            showing.missing(
                "cards",
                gettext("No file was chosen."),
                gettext("Choose the file that the other administrator gave you; its name ends in .cards.jsonl."),
            )
        )
    try:
        if len(data) > CARDS_MOST:
            raise NodeError("this is more than the cards of one node", "too_large")
        looked = introducing.read_file(the_node(), data, language())
    except (NodeError, ProtocolError) as error:
        return _page(showing.trouble_of(error, "cards"))
    return _looked(looked, data=base64.b64encode(data).decode("ascii"))


@needs(ADMINISTRATOR, takes=FORM_MOST)
def add() -> Response:
    """Add the node whose cards were looked at."""
    if request.method == "GET":
        return seen("joining")
    node = the_node()
    checked = showing.one_line(request.form.get("checked", ""))
    try:
        data = base64.b64decode(request.form.get("data", ""), validate=True)
        looked = introducing.read_file(node, data, language())
        if not checked:
            why = gettext("A file proves nothing by itself: say with whom you compared the words, and when.")
            return _looked(looked, request.form.get("data", ""), trouble=showing.missing("checked", why))
        vouch = request.form.get("vouch") == "1"
        peer = introducing.add_from_file(node, data, checked=checked, actor=actor(), vouch=vouch)
    except binascii.Error:
        return _page(showing.missing("cards", gettext("The file did not arrive whole."), gettext("Choose it again.")))
    except (NodeError, ProtocolError) as error:
        return _page(showing.trouble_of(error, "cards"))
    showing.wake()
    notice("good", gettext("Added. Give the other administrator the file with your own cards, too."))
    return seen("peer", did=peer.did)


def connecting() -> Connecting:
    """What there is to say about ways in, now: for this page and for the overview."""
    node = the_node()
    with node.database.reading() as connection:
        chain = chains.chain_of(connection, node.did)
        names = Names(connection)
        waiting = tuple(
            standing.of(connection, node, peer, language(), ours=0)
            for peer in peers.everyone(connection, peers.REQUESTED)
        )
        called = {state.peer.did: state.name or names.of(state.peer.did) for state in waiting}
    return Connecting(chain.head.url if chain else None, waiting, called)


def _page(trouble: Trouble | None = None) -> Response:
    node = the_node()
    given = inviting.listing(node)
    with node.database.reading() as connection:
        names = Names(connection)
        users = {one.used_by: names.of(one.used_by) for one in given if one.used_by}
    shown = render_template(
        "admin/joining.html",
        ways=connecting(),
        invitations=[(one, one.state(node.now())) for one in given],
        users=users,
        hours=HOURS,
        usual=USUAL_HOURS,
        trouble=trouble,
        target=request.form.get("target", ""),
        me=node.did,
        now=node.now(),
    )
    return make_response(shown, 400 if trouble else 200)


def _look(target: str) -> Response:
    try:
        return _looked(introducing.look(the_node(), target, language()), target=target)
    except (NodeError, ProtocolError) as error:
        return _page(showing.trouble_of(error, "target"))


def _looked(looked: Looked, data: str = "", target: str = "", trouble: Trouble | None = None) -> Response:
    with the_node().database.reading() as connection:
        names = Names(connection)
        vouchers = [(did, names.of(did)) for did in looked.vouched_by]
    shown = render_template(
        "admin/looked.html", looked=looked, vouchers=vouchers, data=data, target=target, trouble=trouble
    )
    return make_response(shown, 400 if trouble else 200)


def _ask(target: str, *, checked: str, vouch: bool, on_trouble: str, note: str = "") -> Response:
    try:
        peer = peering.request(the_node(), target, note, actor(), checked, vouch)
    except (NodeError, ProtocolError) as error:
        return _page(showing.trouble_of(error, on_trouble))
    showing.wake()
    if peer.state == peers.ACTIVE:
        notice("good", gettext("Connected. Its records come now; compare the words by telephone."))
    else:
        said = gettext("Asked. The other administrator now decides; this page says when the answer has come.")
        notice("good", said)
    return seen("peer", did=peer.did)
