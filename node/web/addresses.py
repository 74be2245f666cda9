"""Where a record is read here: its own page, or the place on the page of what it belongs to."""

from __future__ import annotations

from flask import url_for

from node.store.records import Stored

OWN = {
    "Practice": "pages.practice", "Question": "pages.question", "Event": "pages.event",
    "Organisation": "pages.organisation",
}  # fmt: skip
"""Types with a page of their own."""

_WITHIN = {"Answer": "pages.question", "Adaptation": "pages.lineage"}


def page_of(stored: Stored) -> str:
    """The address of the page on which a public record is read; empty where there is none."""
    if stored.visibility != "public":
        return ""
    if stored.type in OWN:
        return url_for(OWN[stored.type], did=stored.origin, record=stored.record)
    did, sign, record = str(stored.about or "").partition("/records/")
    if stored.type in _WITHIN and sign:
        return url_for(_WITHIN[stored.type], did=did, record=record, _anchor=stored.record)
    return ""
