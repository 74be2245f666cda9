"""The audit log: who did what, when. Nothing here can be changed, and nothing secret stands in it."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from node import acts as told
from node.accounts import ADMINISTRATOR
from node.store import notes
from node.store.notes import Act
from node.web.admin.guard import needs
from node.web.admin.showing import Names
from node.web.language import language
from node.web.listing import the_node

ON_A_PAGE = 60


def add_to(admin: Blueprint) -> None:
    """Add this page to the blueprint."""
    admin.add_url_rule("/acts", "acts", listing)


@needs(ADMINISTRATOR)
def listing() -> str:
    """The acts, newest first; those of one person, of one kind or about one node where that was asked for."""
    chosen = {name: request.args.get(name, "").strip()[:200] for name in ("actor", "act", "object")}
    before = request.args.get("before", type=int)
    with the_node().database.reading() as connection:
        found = notes.acts(
            connection,
            ON_A_PAGE + 1,
            before=before,
            object_=chosen["object"] or None,
            actor=chosen["actor"] or None,
            word=chosen["act"] or None,
        )
        names = Names(connection)
        called = {act.object: names.of(act.object) for act in found if act.object.startswith("did:key:")}
    return render_template(
        "admin/acts.html",
        days=_by_day(found[:ON_A_PAGE]),
        sentence=lambda act: told.told(act, language()),
        called=called,
        chosen=chosen,
        more=found[ON_A_PAGE - 1].id if len(found) > ON_A_PAGE else None,
        paged=before is not None,
        now=the_node().now(),
    )


def _by_day(acts: list[Act]) -> list[tuple[int, list[Act]]]:
    """Acts under the day on which they were done, newest day first."""
    days: dict[int, list[Act]] = {}
    for act in acts:
        days.setdefault(act.at // 86_400 * 86_400, []).append(act)
    return list(days.items())
