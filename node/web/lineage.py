"""`/practices/<did>/<record>/lineage`: who took up what from whom, as a picture and as the same in a list, and what
transferred: a source and its adaptations side by side. As JSON for programs (`lineage.json`).

Also for a practice that has ended: its place stays, its words do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from node import lineage
from node.errors import NotFound
from node.lineage import Branch, Lineage
from node.store import records
from node.store.records import PUBLIC, Stored
from node.web.language import language
from node.web.listing import Who, the_node
from node.web.presenting import direction, term
from node.wording import Reading

WIDTH, HEIGHT, ACROSS, DOWN = 190, 54, 46, 14
"""Of a box, and between boxes, in units of the drawing."""
LETTERS = 24

SIGNS = {"worked": "✓", "partly": "◐", "failed": "✕", "ongoing": "▷", "planned": "○"}


@dataclass(frozen=True, slots=True)
class Box:
    """One town in the picture. `x`, `y`: its corner; `above`: number of the box that it comes from, None for the first;
    `address`: of the page that tells of it, empty where there is none."""

    x: int
    y: int
    name: str
    words: str
    tone: str
    address: str
    above: int | None


def add_to(pages: Blueprint) -> None:
    """Add these pages to the blueprint."""
    root = "/practices/<did>/<record>"
    pages.add_url_rule(f"{root}/lineage", "lineage", show)
    pages.add_url_rule(f"{root}/lineage.json", "lineage_data", data)


def show(did: str, record: str) -> ResponseReturnValue:
    """Picture, list and comparison. Parameter `with`: URIs of the adaptations to compare, several."""
    with the_node().database.reading() as connection:
        found, shown = _found(connection, did, record)
        who = Who(connection)
        boxes = drawn(found, who, rtl=direction(language()) == "rtl")
        page = render_template(
            "lineage.html", shown=shown, title=_title(shown), found=found, who=who, boxes=boxes,
            size=_size(boxes), rows=_listed(found, who), sides=_sides(connection, found, shown),
            evidence=lineage.evidence(
                records.about(connection, shown.uri, PUBLIC, ["Adaptation"]), shown.origin
            ),
            width=WIDTH, height=HEIGHT, Reading=Reading, wish=language(),
        )  # fmt: skip
    return page, 200 if shown.state == "live" else 410


def data(did: str, record: str) -> ResponseReturnValue:
    """The same as JSON: `root`, and adaptations with what each comes from."""
    with the_node().database.reading() as connection:
        found, _shown = _found(connection, did, record)
    return jsonify(
        root=found.root,
        whole=found.whole,
        adaptations=[
            {
                "uri": one.adaptation.uri,
                "source": one.adaptation.about,
                "origin": one.adaptation.origin,
                "outcome": one.adaptation.content.get("outcome"),
                "fidelity": one.adaptation.content.get("fidelity"),
                "acknowledged": one.acknowledged,
                "result": one.result,
            }
            for one in found.everyone()
        ],
    )


def drawn(found: Lineage, who: Who, *, rtl: bool) -> list[Box]:
    """The boxes of the picture: the first practice, then each adaptation one step further from it."""
    boxes: list[Box] = []
    rows = 0

    def place(depth: int, row: int, name: str, words: str, tone: str, address: str, above: int | None) -> int:
        step = depth * (WIDTH + ACROSS)
        boxes.append(Box(-step if rtl else step, row * (HEIGHT + DOWN), name, words, tone, address, above))
        return len(boxes) - 1

    def walk(branches: tuple[Branch, ...], depth: int, above: int) -> None:
        nonlocal rows
        for one in branches:
            outcome = str(one.adaptation.content.get("outcome", "unknown"))
            words = f"{SIGNS.get(outcome, '?')} {term('outcome', outcome)}" + (" ★" if one.acknowledged else "")
            name = short(who.name(one.adaptation.origin))
            here = place(depth, rows, name, words, outcome, f"#{one.adaptation.record}", above)
            if one.children:
                walk(one.children, depth + 1, here)
            else:
                rows += 1

    origin = found.root.partition("/records/")[0]
    ended = found.source is None or found.source.state != "live"
    first = place(0, 0, short(who.name(origin)), _("no longer shown") if ended else _("the source"), "source", "", None)
    walk(found.branches, 1, first)
    return boxes


def short(name: str) -> str:
    """A name that fits its box."""
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1].rstrip()}…"


def _size(boxes: list[Box]) -> tuple[int, int, int, int]:
    left, right = min(box.x for box in boxes), max(box.x for box in boxes) + WIDTH
    return left - 4, -4, right - left + 8, max(box.y for box in boxes) + HEIGHT + 8


def _found(connection: Connection, did: str, record: str) -> tuple[Lineage, Stored]:
    uri = f"{did}/records/{record}"
    shown = records.get(connection, uri, PUBLIC)
    if shown is None or (shown.state == "live" and shown.type != "Practice"):
        raise NotFound("no such practice here", "unknown_record")
    return lineage.lineage(connection, uri, PUBLIC), shown


def _title(stored: Stored) -> Any:
    return Reading(stored.content, str(stored.body.get("language", "")), wish=language()).at("title")


def _listed(found: Lineage, who: Who) -> list[tuple[Branch, Reading, str]]:
    """(branch, its words, the town that it took up from) for the list beside the picture."""
    return [
        (
            one,
            Reading(one.adaptation.content, str(one.adaptation.body["language"]), wish=language()),
            who.name(str(one.adaptation.about).partition("/records/")[0]),
        )
        for one in found.everyone()
    ]


def _sides(connection: Connection, found: Lineage, shown: Stored) -> list[tuple[Branch, Reading, Stored | None]]:
    """Adaptations to set beside the practice shown, each with its words and the practice that came of it."""
    mine = [one for one in found.everyone() if one.adaptation.about == shown.uri]
    wanted = request.args.getlist("with")[:4]
    chosen = [one for one in mine if one.adaptation.uri in wanted] or mine[:4]
    return [
        (
            one,
            Reading(one.adaptation.content, str(one.adaptation.body["language"]), wish=language()),
            records.get(connection, one.result, PUBLIC) if one.result else None,
        )
        for one in chosen
    ]
