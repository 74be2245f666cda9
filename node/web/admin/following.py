"""*Following*: what is new of what one follows and the list of it. Each person sees their own.

Looking marks nothing as read: a button does, up to the newest that the page showed, so that what came meanwhile stays
unread.
"""

from __future__ import annotations

import re

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from node import accounts
from node.following import choosing, reading
from node.store import follows
from node.store.records import MEMBERS
from node.web.admin.guard import local_path, needs, notice, person
from node.web.language import language
from node.web.listing import Who, the_node

PER_PAGE = 30
_BEFORE = re.compile(r"([0-9]{1,18})-([0-9]{1,18})", re.ASCII)


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    admin.add_url_rule("/following", "following", inbox)
    admin.add_url_rule("/following/list", "following_list", everything)
    admin.add_url_rule("/following/follow", "follow", follow, methods=["POST"])
    admin.add_url_rule("/following/<int:number>/stop", "follow_stop", stop, methods=["POST"])
    admin.add_url_rule("/following/<int:number>/undo", "follow_undo", undo, methods=["POST"])
    admin.add_url_rule("/following/seen", "following_seen", seen, methods=["POST"])


@needs(accounts.READER)
def inbox() -> str:
    """What is new, newest first. Parameter `before`: the last one of the page before."""
    me = person().user.id
    found = _BEFORE.fullmatch(request.args.get("before", ""))
    before = (int(found[1]), int(found[2])) if found else None
    with the_node().database.reading() as connection:
        mine = reading.named(connection, follows.of(connection, me), language())
        those = follows.newest(connection, me, MEMBERS, PER_PAGE + 1, before=before)
        shown = those[:PER_PAGE]
        return render_template(
            "admin/following.html",
            pieces=reading.pieces(connection, shown, mine, language(), MEMBERS),
            mine=mine,
            read_to=follows.seen(connection, me),
            upto=shown[0].at if shown else 0,
            older=f"{shown[-1].at}-{shown[-1].seq}" if len(those) > PER_PAGE else "",
            paged=before is not None,
            who=Who(connection),
            now=the_node().now(),
        )


@needs(accounts.READER)
def everything() -> str:
    """What one follows. Parameter `gone`: number of what was just stopped."""
    me = person().user.id
    with the_node().database.reading() as connection:
        gone = follows.stopped(connection, me, request.args.get("gone", 0, int))
        return render_template(
            "admin/following_list.html",
            mine=reading.named(connection, follows.of(connection, me), language()),
            gone=reading.named(connection, [gone], language())[0] if gone is not None else None,
            most=follows.MOST,
        )


@needs(accounts.READER)
def follow() -> Response:
    """Follow something. Fields: `kind`, `target`, `next`: where to go on."""
    choosing.follow(the_node(), person().user.id, request.form.get("kind", ""), request.form.get("target", ""))
    return _on(url_for("admin.following_list"))


@needs(accounts.READER)
def stop(number: int) -> Response:
    """Follow it no more; the list offers to undo it. Field `next`: where to go on instead."""
    choosing.stop(the_node(), person().user.id, number)
    return _on(url_for("admin.following_list", gone=number))


@needs(accounts.READER)
def undo(number: int) -> Response:
    """Follow again what was stopped."""
    choosing.undo(the_node(), person().user.id, number)
    notice("good", _("You follow it again; nothing was missed."))
    return redirect(url_for("admin.following_list"), 303)


@needs(accounts.READER)
def seen() -> Response:
    """All up to here is read. Field `upto`: a number of the log."""
    upto = request.form.get("upto", "")
    choosing.seen(the_node(), person().user.id, int(upto) if re.fullmatch(r"[0-9]{1,18}", upto, re.ASCII) else 0)
    return redirect(url_for("admin.following"), 303)


def _on(usual: str) -> Response:
    """Back to the page on which the button stood."""
    return redirect(local_path(request.form.get("next", "")) or usual, 303)
