"""The people of this node: who may sign in, in which role. A password is made here, shown once, and theirs to change.

A second factor is nobody else's to take away on a page: that is done at the machine (`wasl user second-factor-off`).
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from node import accounts, speech
from node.errors import AccountProblem, NodeError
from node.problems import status_of
from node.web import language
from node.web.admin.guard import actor, needs, notice
from node.web.listing import the_node

_FIELD_OF = {"name_wrong": "name", "name_taken": "name", "password_is_name": "name", "role_unknown": "role"}


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    admin.add_url_rule("/people", "people", people)
    admin.add_url_rule("/people/add", "person_add", person_add, methods=["GET", "POST"])
    admin.add_url_rule("/people/<name>", "person", person)
    admin.add_url_rule("/people/<name>/role", "person_role", person_role, methods=["POST"])
    admin.add_url_rule("/people/<name>/disable", "person_disable", person_disable, methods=["POST"])
    admin.add_url_rule("/people/<name>/enable", "person_enable", person_enable, methods=["POST"])
    admin.add_url_rule("/people/<name>/password", "person_password", person_password, methods=["POST"])
    admin.add_url_rule("/people/<name>/sign-out", "person_sign_out", person_sign_out, methods=["POST"])


@needs(accounts.ADMINISTRATOR)
def people() -> Response:
    """Everybody, and a form to add somebody."""
    return _list()


@needs(accounts.ADMINISTRATOR)
def person_add() -> Response:
    """Add somebody, with a password that is shown once."""
    if request.method == "GET":
        return redirect(url_for("admin.people"), 303)
    name, role, password = request.form.get("name", ""), request.form.get("role", ""), accounts.generated()
    try:
        user = accounts.create_user(the_node(), name, role, password, actor=actor(), once=True)
    except AccountProblem as error:
        return _list(name, role, error)
    return _once(user.name, password, added=True)


@needs(accounts.ADMINISTRATOR)
def person(name: str) -> Response:
    """One person, and what can be decided about them."""
    user = accounts.get(the_node(), name)
    page = render_template(
        "admin/person.html",
        user=user,
        sessions=accounts.open_sessions(the_node(), user),
        roles=accounts.ROLES,
        now=the_node().now(),
    )
    return make_response(page)


@needs(accounts.ADMINISTRATOR)
def person_role(name: str) -> Response:
    """Another role, from this moment."""
    role = request.form.get("role", "")
    return _act(
        name,
        lambda: accounts.set_role(the_node(), name, role, actor=actor()),
        _("The role is changed; whoever was signed in with the old one is signed out."),
    )


@needs(accounts.ADMINISTRATOR)
def person_disable(name: str) -> Response:
    """No more signing in, from this moment."""
    return _act(
        name, lambda: accounts.disable(the_node(), name, actor=actor()), _("The account is disabled and signed out.")
    )


@needs(accounts.ADMINISTRATOR)
def person_enable(name: str) -> Response:
    """Signing in again."""
    return _act(name, lambda: accounts.enable(the_node(), name, actor=actor()), _("The account is enabled."))


@needs(accounts.ADMINISTRATOR)
def person_sign_out(name: str) -> Response:
    """End all their sessions."""
    return _act(
        name,
        lambda: accounts.sign_out_everywhere(the_node(), accounts.get(the_node(), name).name, actor=actor()),
        _("All sessions of this account have ended."),
    )


@needs(accounts.ADMINISTRATOR)
def person_password(name: str) -> Response:
    """A new password, shown once; the second factor stays."""
    user, password = accounts.get(the_node(), name), accounts.generated()
    accounts.set_password(the_node(), user.name, password, actor=actor(), once=True)
    return _once(user.name, password, added=False)


def _act(name: str, act: Callable[[], object], done: str) -> Response:
    """Do it and say so; or say why not. An administrator who changed their own account is signed out by it."""
    try:
        act()
        notice("good", done)
    except AccountProblem as error:
        notice("trouble", speech.sentence_for(error.code, language.language()) or error.message)
    return redirect(url_for("admin.person", name=accounts.get(the_node(), name).name), 303)


def _list(name: str = "", role: str = accounts.EDITOR, error: NodeError | None = None) -> Response:
    sentence = (speech.sentence_for(error.code, language.language()) or error.message) if error else ""
    page = render_template(
        "admin/people.html",
        people=accounts.everyone(the_node()),
        roles=accounts.ROLES,
        name=name[:64],
        role=role,
        errors={_FIELD_OF.get(error.code, ""): sentence} if error else {},
        now=the_node().now(),
    )
    return make_response(page, status_of(error) if error else 200)


def _once(name: str, password: str, *, added: bool) -> Response:
    return make_response(render_template("admin/once.html", name=name, password=password, added=added))
