"""Saved searches: each person's own, with what they find now and the feed of each. A deletion can be undone for a week.

What is saved is the address of a search, read anew at every use: a search says the same as its page, with the same
visibility. Nobody sees what another has saved.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from node import accounts, answers, asking
from node.asking import Asked
from node.following import choosing
from node.store import searches
from node.store.follows import SEARCH
from node.store.searches import Search
from node.web import narrowing
from node.web.admin.guard import needs, notice, person
from node.web.language import language
from node.web.listing import Who, the_node, the_searcher
from node.web.searching import known_to, names_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A saved search as the page shows it. `total`: what it finds now."""

    search: Search
    asked: Asked
    told: tuple[str, ...]
    total: int


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    admin.add_url_rule("/searches", "searches", saved)
    admin.add_url_rule("/searches/keep", "searches_keep", keep, methods=["POST"])
    admin.add_url_rule("/searches/<int:number>/name", "searches_name", name, methods=["POST"])
    admin.add_url_rule("/searches/<int:number>/delete", "searches_delete", delete, methods=["POST"])
    admin.add_url_rule("/searches/<int:number>/undo", "searches_undo", undo, methods=["POST"])


@needs(accounts.READER)
def saved() -> str:
    """One's own searches. `gone`: number of the one that was just deleted."""
    with the_node().database.reading() as connection:
        who = Who(connection)
        mine = [_shown(who, search) for search in searches.of(connection, person().user.id)]
        gone = searches.removed(connection, person().user.id, request.args.get("gone", 0, int))
    return render_template("admin/searches.html", mine=mine, gone=gone)


@needs(accounts.READER)
def keep() -> Response:
    """Save a search: `search`, its parameters; `name`, or else what it asks for; `follow`, to be told of new ones."""
    with the_node().database.writing() as connection:
        who = Who(connection)
        asked = asking.read_address(request.form.get("search", ""), known_to(who)).with_(page=1)
        called = _tidy(request.form.get("name", "")) or _called(who, asked)
        made = searches.add(connection, person().user.id, called, asked.address(), the_node().now())
    if request.form.get("follow"):
        choosing.follow(the_node(), person().user.id, SEARCH, str(made.id))
    notice("good", _("The search is saved."))
    return redirect(url_for("admin.searches"), 303)


@needs(accounts.READER)
def name(number: int) -> Response:
    """Another name; an empty one changes nothing."""
    called = _tidy(request.form.get("name", ""))
    with the_node().database.writing() as connection:
        if called:
            searches.rename(connection, person().user.id, number, called)
    return redirect(url_for("admin.searches"), 303)


@needs(accounts.READER)
def delete(number: int) -> Response:
    """Delete one; the page that follows offers to undo it."""
    with the_node().database.writing() as connection:
        searches.remove(connection, person().user.id, number, the_node().now())
    return redirect(url_for("admin.searches", gone=number), 303)


@needs(accounts.READER)
def undo(number: int) -> Response:
    """Bring a deleted one back."""
    with the_node().database.writing() as connection:
        searches.bring_back(connection, person().user.id, number)
    notice("good", _("The search is back."))
    return redirect(url_for("admin.searches"), 303)


def _shown(who: Who, search: Search) -> Shown:
    asked = asking.read_address(search.address, known_to(who))
    told = tuple(str(one) for one in narrowing.chosen_of(asked, names_of(who)))
    total = answers.find(the_searcher(), asked, language(), limit=0).results.total
    return Shown(search, asked, told, total)


def _called(who: Who, asked: Asked) -> str:
    """A name from what is asked for."""
    parts = [asked.words, *(one.label for one in narrowing.chosen_of(asked, names_of(who)))]
    return ", ".join(part for part in parts if part)[: searches.NAME_MOST] or _("All practices")


def _tidy(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text[:500]).split())
