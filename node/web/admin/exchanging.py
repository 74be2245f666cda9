"""What other towns say to this one, and one press for each answer: the inbox of exchange, apart from that of drafts."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from node import accounts, exchanging, organisations
from node.store import records
from node.store.records import MEMBERS, Stored
from node.web import held
from node.web.addresses import page_of
from node.web.admin.guard import needs, person
from node.web.admin.showing import seen, tried, wake
from node.web.language import language
from node.web.listing import Who, the_node
from node.wording import Reading, translations_of


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    admin.add_url_rule("/exchange", "exchange", inbox)
    admin.add_url_rule("/exchange/acknowledge", "acknowledge", acknowledge, methods=["POST"])
    admin.add_url_rule("/exchange/take-back", "take_back", take_back, methods=["POST"])


@needs(accounts.EDITOR)
def inbox() -> str:
    """Adaptations of our practices, questions that we are asked, answers to ours, what waits for us
    first; and who fits our organisations."""
    node = the_node()
    with node.database.reading() as connection:

        def told(stored: Stored | None) -> Reading | None:
            if stored is None or stored.data is None:
                return None
            return held.reading(stored, translations_of(connection, stored, MEMBERS))

        parts = {
            "adaptations": exchanging.adaptations(connection, node),
            "questions": exchanging.questions(connection, node),
            "answers": exchanging.answers(connection, node),
        }
        shown = {
            name: [(one, told(one.said), told(one.about)) for one in sorted(heard, key=lambda one: one.answered)]
            for name, heard in parts.items()
        }
        fitting = [(one, told(one.one), told(one.other)) for one in organisations.new_matches(connection, node)]
        own = [(one, told(one)) for one in records.own(connection, node.did) if _is_talk(one)]
        return render_template(
            "admin/exchange.html", shown=shown, own=list(reversed(own)), who=Who(connection), now=node.now(),
            fitting=fitting, page_of=page_of, decides=accounts.may(person().user.role, accounts.PUBLISHER),
        )  # fmt: skip


@needs(accounts.PUBLISHER)
def acknowledge() -> Response:
    """Say that we know of an adaptation, or accept an answer. Fields: `uri`, `text`."""
    form = request.form
    done = tried(
        lambda: exchanging.acknowledge(
            the_node(), f"web:{person().user.name}", form.get("uri", ""), form.get("text", ""), language()
        ),
        _("Acknowledged: the network hears of it."),
    )
    if done:
        wake()
    return seen("exchange")


@needs(accounts.PUBLISHER)
def take_back() -> Response:
    """Take an acknowledgement back."""
    uri = request.form.get("uri", "")
    if tried(lambda: exchanging.take_back(the_node(), f"web:{person().user.name}", uri), _("Taken back.")):
        wake()
    return seen("exchange")


def _is_talk(stored: Stored) -> bool:
    return stored.state == "live" and stored.type in ("Adaptation", "Question", "Answer", "Event", "Organisation")
