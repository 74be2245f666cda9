"""One's own account: password, language, second factor, sessions. Whatever is grave asks for the password again.

A new password or second factor ends every session; the person who made it goes on in a new one.
"""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from node import accounts, speech
from node.errors import AccountProblem, NodeError, TooSoon
from node.problems import status_of
from node.web import language, session
from node.web.admin.guard import actor, needs, person, remember
from node.web.listing import Who, the_node
from node.web.qr import qr

FIELD_OF = {
    "password_wrong": "present",
    "too_many_attempts": "present",
    "code_wrong": "code",
    "not_repeated": "repeated",
    "password_short": "password",
    "password_long": "password",
    "password_common": "password",
    "password_is_name": "password",
}
"""Beside which field of a form an error stands."""


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    admin.add_url_rule("/own", "own", own)
    admin.add_url_rule("/own/password", "own_password", own_password, methods=["GET", "POST"])
    admin.add_url_rule("/own/language", "own_language", own_language, methods=["POST"])
    admin.add_url_rule("/own/second-factor", "own_second_factor", own_second_factor, methods=["GET", "POST"])
    admin.add_url_rule("/own/second-factor/off", "own_factor_off", own_factor_off, methods=["GET", "POST"])
    admin.add_url_rule("/own/spare-codes", "own_spare_codes", own_spare_codes, methods=["GET", "POST"])
    admin.add_url_rule("/own/sign-out-everywhere", "own_sign_out", own_sign_out, methods=["POST"])


@needs(accounts.READER)
def own() -> Response:
    """The account, and what can be changed."""
    return _page()


@needs(accounts.READER)
def own_password() -> Response:
    """Another password."""
    if request.method == "GET":
        return redirect(url_for("admin.own"), 303)
    me, form = person().user, request.form
    try:
        if form.get("password", "") != form.get("repeated", ""):
            raise AccountProblem("the two are not the same", "not_repeated")
        _confirm()
        accounts.set_password(the_node(), me.name, form.get("password", ""), actor=actor())
    except (AccountProblem, TooSoon) as error:
        return _page("password", error)
    return _go_on(redirect(url_for("admin.own"), 303), _("The password is changed. All other sessions have ended."))


@needs(accounts.READER)
def own_language() -> Response:
    """Another language, in this browser from now on, and in others after the next sign-in."""
    chosen = request.form.get("language") or None
    accounts.set_language(the_node(), person().user.name, chosen, actor=actor())
    answer = redirect(url_for("admin.own"), 303)
    if chosen:
        language.keep(answer, chosen)
    return answer


@needs(accounts.READER)
def own_second_factor() -> Response:
    """Set up a second factor: QR code, then the first code. Shows the spare codes, once."""
    me, form = person().user, request.form
    if me.has_totp:
        return redirect(url_for("admin.own"), 303)
    if request.method == "GET":
        return _offer()
    try:
        _confirm()
        spare = accounts.confirm_totp(the_node(), me.name, form.get("secret", ""), form.get("code", ""), actor=actor())
    except (AccountProblem, TooSoon) as error:
        return _offer(form.get("secret", ""), error)
    page = render_template("admin/spare.html", codes=spare, fresh=True)
    return _go_on(make_response(page))


@needs(accounts.READER)
def own_factor_off() -> Response:
    """Do without the second factor again: with password and a code."""
    if request.method == "GET":
        return redirect(url_for("admin.own"), 303)
    try:
        _confirm(request.form.get("code", ""))
    except (AccountProblem, TooSoon) as error:
        return _page("factor_off", error)
    accounts.remove_totp(the_node(), person().user.name, actor=actor())
    return _go_on(redirect(url_for("admin.own"), 303), _("The second factor is off."))


@needs(accounts.READER)
def own_spare_codes() -> Response:
    """New spare codes instead of those before. Shows them, once."""
    if request.method == "GET":
        return redirect(url_for("admin.own"), 303)
    try:
        _confirm()
        spare = accounts.new_spare_codes(the_node(), person().user.name, actor=actor())
    except (AccountProblem, TooSoon) as error:
        return _page("spare", error)
    return make_response(render_template("admin/spare.html", codes=spare, fresh=False))


@needs(accounts.READER)
def own_sign_out() -> Response:
    """End every session, this one too."""
    accounts.sign_out_everywhere(the_node(), person().user.name, actor=actor())
    answer = redirect(url_for("admin.sign_in", said="out"), 303)
    session.forget(answer)
    return answer


def _confirm(code: str | None = None) -> None:
    accounts.confirm_password(the_node(), person().user, request.form.get("present", ""), session.caller(), code)


def _page(form: str = "", error: NodeError | None = None) -> Response:
    me = person()
    page = render_template(
        "admin/own.html",
        me=me.user,
        sessions=accounts.open_sessions(the_node(), me.user),
        mine=me.token_hash,
        form=form,
        errors=errors(error),
        now=the_node().now(),
    )
    return make_response(page, status_of(error) if error else 200)


def _offer(secret: str = "", error: NodeError | None = None) -> Response:
    node = the_node()
    with node.database.reading() as connection:
        issuer = f"Wasl {Who(connection).name(node.did)}"
    try:
        offer = accounts.begin_totp(person().user.name, issuer, secret)
    except AccountProblem:  # the form did not bring one of ours
        offer = accounts.begin_totp(person().user.name, issuer)
    page = render_template(
        "admin/second_factor.html",
        secret=offer.secret,
        grouped=" ".join(offer.secret[at : at + 4] for at in range(0, len(offer.secret), 4)),
        qr=qr(offer.uri),
        errors=errors(error),
    )
    return make_response(page, status_of(error) if error else 200)


def _go_on(answer: Response, said: str = "") -> Response:
    """Go on in a new session, after a change that ended all of them."""
    token = accounts.renew(the_node(), person().user.name)
    remember(answer, token)
    if said:
        found = accounts.session_of(the_node(), token)
        assert found is not None
        accounts.keep_notice(the_node(), found, "good", said)
    return answer


def errors(error: NodeError | None) -> dict[str, str]:
    """The sentence of an error under the name of its field; under an empty name when it belongs to none."""
    if error is None:
        return {}
    sentence = speech.sentence_for(error.code, language.language()) or error.message
    if isinstance(error, TooSoon):
        sentence += " " + _("(%(seconds)s seconds)", seconds=error.retry_after_s)
    return {FIELD_OF.get(error.code, ""): sentence}
