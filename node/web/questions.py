"""`/questions`: what towns want to know from each other; `/questions/<did>/<record>`: one, with its answers.

Open questions stand first. Everything is shown in the reader's language where somebody translated it, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, g, render_template, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response as WerkzeugResponse

from node import labels, questions
from node.questions import Asked
from node.store import records
from node.store.records import PUBLIC, Stored
from node.web import held
from node.web.describing import outward
from node.web.language import language
from node.web.listing import Who, the_node
from node.wording import Reading, translations_of

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A question in the list, with its words, and the practice that it is about where that is shown here."""

    asked: Asked
    told: Reading
    practice: tuple[Stored, Reading] | None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, with its words, the practices that it names, and whether the asker accepts it."""

    stored: Stored
    told: Reading
    accepted: bool
    named: list[tuple[Stored, Reading]]


def add_to(pages: Blueprint) -> None:
    """Add these pages to the blueprint."""
    root = "/questions/<did>/<record>"
    pages.add_url_rule("/questions", "questions", show_all)
    pages.add_url_rule(root, "question", show)
    pages.add_url_rule(f"{root}/raw", "question_raw", raw)


def show_all() -> str:
    """The list. Parameters: `topic`, `unanswered`, `commune` (a DID), `page`."""
    topic = request.args.get("topic", "")
    topic = topic if labels.known("topic", topic) else ""
    unanswered = request.args.get("unanswered", "") not in ("", "0")
    page, commune = page_asked(), commune_asked()
    g.carried = {"topic": topic, "unanswered": "1" if unanswered else "", "commune": commune, "lang": None}
    with the_node().database.reading() as connection:
        found = questions.listing(connection, topic, unanswered, commune or None)
        shown = found.shown[(page - 1) * PER_PAGE : page * PER_PAGE]
        rows = _rows(connection, shown)
        who = Who(connection)
    names = sorted(found.topics, key=lambda name: labels.concept(name, language()).casefold())
    return render_template(
        "questions.html", rows=rows, total=len(found.shown), who=who, topic=topic, unanswered=unanswered,
        commune=commune, topics=[(name, found.topics[name]) for name in names], whole=found.whole, page=page,
        pages=-(-len(found.shown) // PER_PAGE), acts=held.may_write(),
    )  # fmt: skip


def show(did: str, record: str) -> str:
    """One question. Parameter `text`: the language to read it in, `original` for as it was written."""
    with the_node().database.reading() as connection:
        head = held.head(connection, did, record, "Question")
        who = Who(connection)
        translations = translations_of(connection, head)
        told = held.reading(head, translations)
        answers = [
            Reply(one, held.reading(one, translations_of(connection, one)), accepted, _named(connection, one))
            for one, accepted in questions.answers_of(connection, head)
        ]
        asked = Asked(head, len(answers), any(one.accepted for one in answers))
        return render_template(
            "question.html", asked=asked, stored=head, told=told, translations=translations, answers=answers, who=who,
            practice=_practice(connection, head), may_act=held.may_act(head),
            canonical=outward(who, "pages.question", did=did, record=record),
        )  # fmt: skip


def raw(did: str, record: str) -> WerkzeugResponse:
    """The exact bytes that were signed."""
    with the_node().database.reading() as connection:
        return held.signed_file(held.head(connection, did, record, "Question"))


def page_asked() -> int:
    """The page of a list that the address names, from 1."""
    return min(max(request.args.get("page", 1, type=int), 1), 1000)


def commune_asked() -> str:
    """The node that the address names, or empty."""
    did = request.args.get("commune", "")
    return did if held.is_did(did) else ""


def practices(connection: Connection, uris: list[str]) -> list[tuple[Stored, Reading]]:
    """The practices of these URIs that are shown here, in their order, each with its words."""
    found = records.many(connection, uris, PUBLIC)
    live = [found[uri] for uri in dict.fromkeys(uris) if uri in found]
    return held.readings(connection, [one for one in live if one.type == "Practice" and one.state == "live"])


def _named(connection: Connection, answer: Stored) -> list[tuple[Stored, Reading]]:
    return practices(connection, [str(uri) for uri in answer.content.get("references") or []])


def _practice(connection: Connection, question: Stored) -> tuple[Stored, Reading] | None:
    found = practices(connection, [question.about]) if question.about else []
    return found[0] if found else None


def _rows(connection: Connection, shown: list[Asked]) -> list[Row]:
    told = held.readings(connection, [one.question for one in shown])
    about = {one.uri: (one, words) for one, words in practices(connection, [str(one.about) for one, _ in told])}
    return [Row(one, words, about.get(str(one.question.about))) for one, (_, words) in zip(shown, told, strict=True)]
