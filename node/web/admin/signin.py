"""Signing in and out. Name, password and code in one form; whoever is refused learns only that it was not right."""

from __future__ import annotations

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from node import accounts, speech
from node.config import LANGUAGES
from node.errors import NodeError, NotAllowed, TooSoon
from node.problems import status_of
from node.web import language, session
from node.web.admin import guard, keeping
from node.web.admin.guard import NOBODY, needs
from node.web.listing import the_node


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    admin.add_url_rule("/", "home", home)
    admin.add_url_rule("/sign-in", "sign_in", sign_in, methods=["GET", "POST"])
    admin.add_url_rule("/sign-out", "sign_out", sign_out, methods=["POST"])


@needs(accounts.READER)
def home() -> Response:
    """On to the first page that the person may see."""
    return redirect(guard.home(), 303)


@needs(NOBODY)
def sign_in() -> Response:
    """The form; `next` is where to go on, if it is a page of ours."""
    wanted = guard.local_path(request.values.get("next", "")) or ""
    if request.method == "GET":
        if guard.signed_in() is not None:
            return redirect(wanted or guard.home(), 303)
        return _form(wanted)
    before, form, kept = session.token_given(), request.form, request.form.get("kept", "")
    try:
        token = accounts.sign_in(
            the_node(), form.get("name", ""), form.get("password", ""), form.get("code", ""), session.caller()
        )
    except NotAllowed as error:
        return _form(wanted, form.get("name", ""), error, kept)
    if before:
        accounts.sign_out(the_node(), before)
    g.signed_in = accounts.session_of(the_node(), token)  # for the token of the form that may come
    answer = keeping.once_more(wanted, kept) or redirect(wanted or url_for("admin.home"), 303)
    guard.remember(answer, token)
    _speak(answer, token)
    return answer


@needs(accounts.READER)
def sign_out() -> Response:
    """End this session."""
    accounts.sign_out(the_node(), session.token_given())
    answer = redirect(url_for("admin.sign_in", said="out"), 303)
    guard.forget(answer)
    return answer


def _form(wanted: str, name: str = "", error: NodeError | None = None, kept: str = "") -> Response:
    sentence = speech.sentence_for(error.code, language.language()) if error else None
    page = render_template(
        "admin/signin.html",
        wanted=wanted,
        kept=kept,
        name=name[:64],
        code=error.code if error else "",
        sentence=sentence or (error.message if error else ""),
        out=error is None and request.args.get("said") == "out",
        wait=error.retry_after_s if isinstance(error, TooSoon) else 0,
    )
    answer = make_response(page, status_of(error) if error else 200)
    if isinstance(error, TooSoon):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer


def _speak(answer: Response, token: str) -> None:
    """Pages speak the language that the person has chosen for themselves, in this browser from now on."""
    found = accounts.session_of(the_node(), token)
    if found is not None and found.user.language in LANGUAGES:
        language.keep(answer, str(found.user.language))
