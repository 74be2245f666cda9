"""Policy: whom this node admits beside its peers. New rules are shown with what they would change before they hold."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from node import admission, governing, policy, previews
from node.accounts import ADMINISTRATOR
from node.governing import MOST_STEPS, MOST_VOUCHES
from node.policy import Rules
from node.store import notes
from node.web.admin import showing
from node.web.admin.guard import actor, needs
from node.web.admin.showing import Names, Trouble, seen, tried
from node.web.language import language
from node.web.listing import the_node


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    admin.add_url_rule("/policy", "policies", page)
    admin.add_url_rule("/policy/preview", "policy_preview", preview, methods=["GET", "POST"])
    admin.add_url_rule("/policy/save", "policy_save", save, methods=["POST"])


@needs(ADMINISTRATOR)
def page() -> Response:
    """The rules in force, and the form for others."""
    return _page(_in_force())


@needs(ADMINISTRATOR)
def preview() -> Response:
    """What other rules would change, and the button that makes them hold."""
    if request.method == "GET":
        return seen("policies")
    rules = _read()
    if isinstance(rules, Trouble):
        return _page(_in_force(), rules)
    node = the_node()
    shown = previews.policy(node, rules)
    with node.database.reading() as connection:
        names = Names(connection)
        called = {did: names.of(did) for did in (*shown.gone, *shown.come)}
    page = render_template(
        "admin/policy_preview.html",
        rules=rules,
        before=_in_force(),
        preview=shown,
        called=called,
        sentence=previews.sentence(shown, language()),
    )
    return make_response(page)


@needs(ADMINISTRATOR)
def save() -> Response:
    """Let the rules hold that were looked at."""
    rules = _read()
    if isinstance(rules, Trouble):
        return _page(_in_force(), rules)
    tried(
        lambda: governing.set_policy(the_node(), rules, actor=actor()),
        gettext("The new rules hold. What they admit comes with the next meetings."),
    )
    showing.wake()
    return seen("policies")


def _in_force() -> Rules:
    node = the_node()
    with node.database.reading() as connection:
        return admission.rules_in_force(connection, node)


def _read() -> Rules | Trouble:
    admit = request.form.get("admit", "")
    if admit not in (policy.LISTED, policy.VOUCHED):
        return showing.missing("admit", gettext("Choose one of the two."))
    before = _in_force()
    if admit == policy.LISTED:
        return Rules(policy.LISTED, before.vouches, before.distance)
    vouches = showing.whole_number("vouches", 1, MOST_VOUCHES)
    if vouches is None:
        return showing.missing("vouches", gettext("Give a number from 1 to %(most)s.", most=MOST_VOUCHES))
    distance = showing.whole_number("distance", 1, MOST_STEPS)
    if distance is None:
        return showing.missing("distance", gettext("Give a number from 1 to %(most)s.", most=MOST_STEPS))
    return Rules(policy.VOUCHED, vouches, distance)


def _page(rules: Rules, trouble: Trouble | None = None) -> Response:
    node = the_node()
    with node.database.reading() as connection:
        own = notes.value(connection, "policy") is not None
        admitted = admission.closure(connection, node)
    steps: dict[int, int] = {}
    for distance in admitted.values():
        steps[distance] = steps.get(distance, 0) + 1
    page = render_template(
        "admin/policies.html",
        rules=rules,
        given=request.form,
        own=own,
        steps=sorted(steps.items()),
        trouble=trouble,
        vouches_most=MOST_VOUCHES,
        distance_most=MOST_STEPS,
    )
    return make_response(page, 400 if trouble else 200)
