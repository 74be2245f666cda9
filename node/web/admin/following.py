"""*Following*: what is new of what one follows, the list of it, and the weekly mail. Each person sees their own.

Looking marks nothing as read: a button does, up to the newest that the page showed, so that what came meanwhile stays
unread.
"""

from __future__ import annotations

import re

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from node import accounts, speech
from node.errors import AccountProblem, MailProblem, TooSoon
from node.following import choosing, reading
from node.mailing import wanting
from node.problems import status_of
from node.store import follows, mailings
from node.store.records import MEMBERS
from node.web.admin.guard import actor, local_path, needs, notice, person
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
    admin.add_url_rule("/following/mail", "following_mail", mail, methods=["GET", "POST"])
    admin.add_url_rule("/following/mail/off", "following_mail_off", mail_off, methods=["POST"])


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
    """What one follows, and the weekly mail. Parameter `gone`: number of what was just stopped."""
    return _list()


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


@needs(accounts.READER)
def mail() -> Response:
    """Want the weekly mail. Field `address`; a link is sent there first."""
    if request.method == "GET":  # whoever chooses a language on the page that said what is wrong
        return redirect(url_for("admin.following_list", _anchor="mail"), 303)
    typed = request.form.get("address", "")[:400]
    try:
        wanting.ask(the_node(), person().user.id, typed, actor=actor())
    except (AccountProblem, MailProblem, TooSoon) as error:
        page = _list(typed, speech.sentence_for(error.code, language()) or error.message)
        return make_response(page, status_of(error))
    return redirect(url_for("admin.following_list", _anchor="mail"), 303)


@needs(accounts.READER)
def mail_off() -> Response:
    """No more mails; the address is forgotten."""
    wanting.stop(the_node(), person().user.id, actor=actor())
    notice("good", _("No more mails come; the address is forgotten here."))
    return redirect(url_for("admin.following_list"), 303)


def _list(typed: str = "", wrong: str = "") -> str:
    me, node = person().user.id, the_node()
    with node.database.reading() as connection:
        gone = follows.stopped(connection, me, request.args.get("gone", 0, int))
        return render_template(
            "admin/following_list.html",
            mine=reading.named(connection, follows.of(connection, me), language()),
            gone=reading.named(connection, [gone], language())[0] if gone is not None else None,
            mailing=mailings.find(connection, me),
            can_mail=bool(node.config.mail_host),
            most=follows.MOST,
            typed=typed,
            wrong=wrong,
            now=node.now(),
        )


def _on(usual: str) -> Response:
    """Back to the page on which the button stood."""
    return redirect(local_path(request.form.get("next", "")) or usual, 303)
