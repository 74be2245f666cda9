"""Keys: where the root key is, the recovery sheet, and the acts with it: replace, revoke, move.

Law: nothing secret is kept by a page or stands in a log. Words that are typed are compared and forgotten; the sheet is
in the answer to one request, which nobody may keep. While the root key is on this machine, whoever acts with it shows
once more that it is them, by their password; when it is away, the words of the sheet are the proof.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, make_response, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from node import keyring
from node import sheet as sheets
from node.accounts import ADMINISTRATOR
from node.assembly import Node
from node.errors import NodeError, NotFound, SheetWrong
from node.federation.outbound import checked_url
from node.keyring import KeyState
from node.sentences import N_
from node.web.admin import revoking, showing
from node.web.admin.guard import actor, needs, notice
from node.web.admin.showing import Trouble, seen
from node.web.language import language
from node.web.listing import the_node
from protocol.errors import ProtocolError

WORDS_MOST = 2000
"""Characters of the words of a sheet, typed with whatever between them."""


@dataclass(frozen=True, slots=True)
class KeyAct:
    """An act with the root key: what is asked and explained, and how it is done."""

    title: str
    lead: str
    facts: tuple[str, ...]
    button: str
    alarming: bool = False


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    both = ["GET", "POST"]
    admin.add_url_rule("/keys", "keys", page)
    admin.add_url_rule("/keys/sheet", "key_sheet", sheet, methods=both)
    admin.add_url_rule("/keys/words", "key_words", words, methods=both)
    admin.add_url_rule("/keys/act/<word>", "key_act", act, methods=both)
    admin.add_url_rule("/keys/revoke", "key_revoke", revoke, methods=both)
    admin.add_url_rule("/keys/revoke/progress", "key_progress", progress)


@needs(ADMINISTRATOR)
def page() -> str:
    """Where each key is, and what can be done."""
    state = keyring.state_of(the_node())
    return render_template("admin/keys.html", state=state, run=revoking.running(), me=the_node().did, now=_now())


@needs(ADMINISTRATOR)
def sheet() -> Response:
    """The recovery sheet, to be printed; only while it is on this machine."""
    node = the_node()
    seed = keyring.seed_here(node)
    if seed is None:
        return make_response(render_template("admin/sheet.html", sheet=None, ask=False, trouble=None))
    trouble = showing.asked_again() if request.method == "POST" else None
    if trouble or (request.method == "GET" and not showing.fresh()):
        shown = render_template("admin/sheet.html", sheet=None, ask=True, trouble=trouble)
        return make_response(shown, 400 if trouble else 200)
    return _sheet(node, seed)


@needs(ADMINISTRATOR)
def words() -> Response:
    """Type the words of the sheet: to see that it is right, and then to take the root key off this machine."""
    state = keyring.state_of(the_node())
    if request.method == "GET":
        return _words(state)
    try:
        if request.form.get("detach") == "1":
            keyring.detach(the_node(), _typed(), actor())
            notice(
                "good", gettext("The root key is off this machine. From now on it is on the sheet, and nowhere else.")
            )
        else:
            keyring.confirm_sheet(the_node(), _typed())
            notice("good", gettext("The words are right: the sheet in your hands is the sheet of this node."))
    except NodeError as error:
        return _words(state, _named(error))
    return seen("keys")


@needs(ADMINISTRATOR)
def act(word: str) -> Response:
    """Rotate the signing key, make a new sheet, or move the address: explained, then done."""
    if word not in _ACTS:
        raise NotFound("there is no such act", "not_found")
    node = the_node()
    state = keyring.state_of(node)
    if request.method == "GET":
        return _act(word, state)
    proof = _proof(state)
    if isinstance(proof, Trouble):
        return _act(word, state, proof)
    try:
        return _RUN[word](node, proof)
    except (NodeError, ProtocolError) as error:
        return _act(word, state, showing.trouble_of(error, "url" if word == "move" else ""))


@needs(ADMINISTRATOR)
def revoke() -> Response:
    """Revoke a stolen key: what will be signed again, then do it beside the pages."""
    node = the_node()
    state = keyring.state_of(node)
    key = request.values.get("key") or None
    if request.method == "GET":
        return _revoke(state, key)
    proof = _proof(state)
    if isinstance(proof, Trouble):
        return _revoke(state, key, proof)
    try:
        keyring.preview_revoke(node, key)
    except NodeError as error:
        return _revoke(state, None, showing.trouble_of(error))
    revoking.start(node, proof, actor(), key)
    return seen("key_progress")


@needs(ADMINISTRATOR)
def progress() -> Response:
    """How far the revocation is; the page asks again by itself until it has ended."""
    run = revoking.running()
    if run is None:
        return seen("keys")
    ended = run.ended  # looked at once: it may end while the page is made, and the page must then ask again
    if ended and run.error is None:
        showing.wake()
        notice(
            "good",
            gettext("The stolen key is revoked, and everything that this node keeps is signed with the new one."),
        )
        return seen("keys")
    trouble = _told(run.error) if run.error is not None else None
    answer = make_response(render_template("admin/revoking.html", run=run, trouble=trouble))
    if not ended:
        answer.headers["Refresh"] = "2"
    return answer


def _act(word: str, state: KeyState, trouble: Trouble | None = None) -> Response:
    shown = render_template(
        "admin/key_act.html",
        word=word,
        act=_ACTS[word],
        state=state,
        trouble=trouble,
        fresh=showing.fresh(),
        url=request.form.get("url", state.url or ""),
    )
    return make_response(shown, 400 if trouble else 200)


def _revoke(state: KeyState, key: str | None, trouble: Trouble | None = None) -> Response:
    try:
        preview = keyring.preview_revoke(the_node(), key)
    except NodeError as error:
        notice("trouble", f"{showing.trouble_of(error).sentence} ({error.code})")
        return seen("keys")
    shown = render_template(
        "admin/revoke.html", state=state, key=key, preview=preview, trouble=trouble, fresh=showing.fresh()
    )
    return make_response(shown, 400 if trouble else 200)


def _words(state: KeyState, trouble: Trouble | None = None) -> Response:
    shown = render_template("admin/words.html", state=state, trouble=trouble, now=_now())
    return make_response(shown, 400 if trouble else 200)


def _sheet(node: Node, seed: bytes, *, replaced: bool = False) -> Response:
    made = sheets.sheet_of(node, seed, language())
    return make_response(render_template("admin/sheet.html", sheet=made, replaced=replaced, trouble=None))


def _proof(state: KeyState) -> bytes | Trouble | None:
    """The sheet's seed when the root key is away, None when it is here and the password was right, or what is wrong."""
    if state.root != "away":
        return showing.asked_again()
    try:
        return keyring.confirm_sheet(the_node(), _typed())
    except NodeError as error:
        return _named(error)


def _typed() -> str:
    return request.form.get("words", "")[:WORDS_MOST]


def _named(error: NodeError) -> Trouble:
    """What is wrong with typed words, naming the place of the first that is unknown: the error's own words say it."""
    told = showing.trouble_of(error, "words")
    if not isinstance(error, SheetWrong) or error.place is None:
        return told
    where = gettext("Look at word %(place)s.", place=error.place)
    if error.nearest:
        nearest = gettext(" or ").join(f"“{word}”" for word in error.nearest)
        where = gettext("Look at word %(place)s: is it %(nearest)s?", place=error.place, nearest=nearest)
    return Trouble(told.code, f"{told.sentence} {where}", told.remedy, "words")


def _told(error: Exception) -> Trouble:
    known = error if isinstance(error, NodeError | ProtocolError) else NodeError("see the log", "internal_error")
    return showing.trouble_of(known)


def _rotate(node: Node, seed: bytes | None) -> Response:
    keyring.rotate_signing(node, seed, actor())
    showing.wake()
    notice("good", gettext("This node signs with a new key now; what the old one signed stays valid."))
    return seen("keys")


def _rotate_root(node: Node, seed: bytes | None) -> Response:
    fresh = keyring.rotate_root(node, seed, actor())
    showing.wake()
    return _sheet(node, fresh, replaced=True)


def _move(node: Node, seed: bytes | None) -> Response:
    typed = request.form.get("url", "").strip()
    keyring.move(node, checked_url(typed, node.config.sync_private_addresses) if typed else None, seed, actor())
    showing.wake()
    notice("good", gettext("The new address stands on this node's card; the peers hear of it at the next meetings."))
    return seen("keys")


def _now() -> int:
    return the_node().now()


_RUN: dict[str, Callable[[Node, bytes | None], Response]] = {
    "rotate": _rotate,
    "rotate-root": _rotate_root,
    "move": _move,
}
_ACTS: dict[str, KeyAct] = {
    "rotate": KeyAct(
        title=N_("Replace the signing key, as planned"),
        lead=N_("A new key signs from now on. The old one is retired, and what it signed stays valid."),
        facts=(
            N_("Do this when a person who could read the key leaves, or once a year."),
            N_("If the key was stolen, do not replace it: revoke it."),
        ),
        button=N_("Replace the signing key"),
    ),
    "rotate-root": KeyAct(
        title=N_("Make a new recovery sheet"),
        lead=N_("For a sheet that was lost, or that somebody has read. The old sheet is worthless from then on."),
        facts=(
            N_("The new sheet is shown once, on the next page. Have paper ready."),
            N_("The identity of the node and its fingerprint words stay the same."),
        ),
        button=N_("Make a new sheet"),
    ),
    "move": KeyAct(
        title=N_("Change the address"),
        lead=N_("The new address is signed and told to all peers, over the old one or by our own calls."),
        facts=(
            N_("Let the new address lead to this node first; keep the old one alive for a day if you can."),
            N_("Empty means: nobody can reach this node; it calls the others."),
        ),
        button=N_("Change the address"),
    ),
}
