"""Writing, reviewing, publishing and what comes after: the pages of editors and publishers.

Law of this folder: a page shows, reads a form, and calls one function of `node.drafting`, `node.reviewing`,
`node.afterwards` or `node.consenting`. Nothing that was typed is lost: not to an expired session (`keeping`), not to a
second tab (`drafting.save`), not to a line that is down (`static/editor.js`).
"""

from __future__ import annotations

from flask import Blueprint

from node.web.admin.editing import attached, consents, life, previewing, reviewing, translating, writing


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    for room in (writing, attached, previewing, reviewing, translating, life, consents):
        room.add_to(admin)
