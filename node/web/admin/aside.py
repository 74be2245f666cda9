"""What was set aside: why, from whom, the bytes to look at; to be tried again, or forgotten.

The bytes are a stranger's: shown bounded, as text in which nothing can disguise itself (`node.web.network.preview`),
and given as a download under a type that no browser runs.
"""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from node import governing
from node.accounts import ADMINISTRATOR
from node.errors import NodeError, NotFound
from node.store import quarantine
from node.store.quarantine import Aside
from node.web.admin import showing
from node.web.admin.guard import actor, needs, notice
from node.web.admin.showing import Names, seen, tried
from node.web.listing import the_node
from node.web.network import preview
from node.web.presenting import short_did

ON_A_PAGE = 50
AT_ONCE = 500
"""Things chosen by hand that one press tries or drops."""
STATES = ("held", "pending", "refused", "skipped")


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    admin.add_url_rule("/aside", "aside", listing)
    admin.add_url_rule("/aside/<int:number>", "aside_one", one)
    admin.add_url_rule("/aside/<int:number>/bytes", "aside_bytes", as_bytes)
    admin.add_url_rule("/aside/retry", "aside_retry", retry, methods=["POST"])
    admin.add_url_rule("/aside/drop", "aside_drop", drop, methods=["GET", "POST"])


@needs(ADMINISTRATOR)
def listing() -> str:
    """What lies aside, newest first, by state, reason and peer."""
    state, code = request.args.get("state", ""), request.args.get("code", "")
    via, before = request.args.get("peer", ""), request.args.get("before", type=int)
    state = state if state in STATES else ""
    with the_node().database.reading() as connection:
        found = quarantine.listing(
            connection, via or None, ON_A_PAGE + 1, state=state or None, code=code or None, before=before
        )
        reasons = quarantine.reasons(connection)
        names = Names(connection)
        brought = {count.via for count in quarantine.refusal_counts(connection)} | {one.via for one in found if one.via}
        called = {did: names.of(did) for did in sorted(brought | ({via} if via else set()))}
    shown = found[:ON_A_PAGE]
    return render_template(
        "admin/aside.html",
        shown=[(one, showing.sentence_of(one.code), called.get(one.via or "", "")) for one in shown],
        reasons=[(reason, showing.sentence_of(reason.code)) for reason in reasons],
        called=called,
        chosen={"state": state, "code": code[:40], "peer": via[:120]},
        more=shown[-1].id if len(found) > ON_A_PAGE else None,
        paged=before is not None,
        states=STATES,
        total=sum(reason.count for reason in reasons),
        now=the_node().now(),
    )


@needs(ADMINISTRATOR)
def one(number: int) -> str:
    """One thing set aside, with what it says, as it came."""
    found = _find(number)
    with the_node().database.reading() as connection:
        names = Names(connection)
        via = names.of(found.via) if found.via else ""
        origin = names.of(found.origin) if found.origin and names.admitted(found.origin) else ""
    return render_template(
        "admin/aside_one.html",
        one=found,
        trouble=_told(found),
        via=via,
        origin=origin,
        text=preview(found),
        now=the_node().now(),
    )


@needs(ADMINISTRATOR)
def as_bytes(number: int) -> Response:
    """The bytes exactly as they came, as a download of no type."""
    found = _find(number)
    if found.data is None:
        raise NotFound("only the fact was kept, not the bytes", "not_aside")
    answer = make_response(found.data)
    answer.headers["Content-Type"] = "application/octet-stream"
    answer.headers["Content-Disposition"] = f'attachment; filename="aside-{found.id}.bin"'
    return answer


@needs(ADMINISTRATOR)
def retry() -> Response:
    """Bring these, or everything, before the door once more."""
    ids = None if request.form.get("all") else _ids()
    if ids == []:
        notice("trouble", gettext("Nothing was chosen: tick what is meant, then press the button."))
        return _back()
    try:
        done = governing.retry(the_node(), ids, actor=actor())
    except NodeError as error:
        trouble = showing.trouble_of(error)
        notice("trouble", f"{trouble.sentence} {trouble.remedy} ({trouble.code})")
        return _back()
    said = gettext(
        "Tried again: %(accepted)s accepted, %(waiting)s wait, %(refused)s refused.",
        accepted=done.accepted,
        waiting=done.still,
        refused=done.refused,
    )
    notice("good", said)
    return _back()


@needs(ADMINISTRATOR)
def drop() -> Response:
    """Forget these: asked once more, because the evidence goes with them."""
    if request.method == "GET":
        return seen("aside")
    ids = _ids()
    if not ids:
        notice("trouble", gettext("Nothing was chosen: tick what is meant, then press the button."))
        return _back()
    if request.form.get("sure") != "1":
        with the_node().database.reading() as connection:
            found = quarantine.many(connection, ids)
        shown = [(one, showing.sentence_of(one.code), short_did(one.origin or "")) for one in found]
        return make_response(render_template("admin/aside_drop.html", shown=shown))
    tried(
        lambda: governing.drop(the_node(), ids, actor=actor()),
        ngettext("%(num)s thing is forgotten.", "%(num)s things are forgotten.", len(ids)),
    )
    return seen("aside")


def _find(number: int) -> Aside:
    with the_node().database.reading() as connection:
        return quarantine.find(connection, number)


def _told(found: Aside) -> showing.Trouble:
    """The reason with what can be done about it."""
    return showing.trouble_of(NodeError(found.detail or found.code, found.code))


def _ids() -> list[int]:
    given = [text for text in request.form.getlist("id") if text.isascii() and text.isdigit() and len(text) < 16]
    return [int(text) for text in given[:AT_ONCE]]


def _back() -> Response:
    """The list as it was filtered."""
    kept = {name: request.form[name] for name in ("state", "code", "peer") if request.form.get(name)}
    return seen("aside", **kept)
