"""Where a thing that is followed, and each of its news, is read on this node: paths, without the node's address.

Strings and no more: the weekly mail is written where no page is asked for. A test compares them with the routes.
"""

from __future__ import annotations

from node.store.follows import COMMUNE, PRACTICE, TOPIC
from node.store.records import Stored

INBOX = "/admin/following"


def of_follow(kind: str, target: str, address: str = "") -> str:
    """The page of what is followed. `address`: of a saved search, the part behind the question mark."""
    if kind == TOPIC:
        return f"/search?topic={target}"
    if kind == COMMUNE:
        return f"/communes/{target}"
    return _of("practices", target) if kind == PRACTICE else f"/search?{address}"


def of_news(stored: Stored) -> str:
    """The page, or the place on it, where a public record is read; empty for what is not public."""
    if stored.visibility != "public":
        return ""
    own = {"Practice": "practices", "Question": "questions", "Event": "events", "Organisation": "organisations"}
    if stored.type in own:
        return _of(own[stored.type], stored.uri)
    about = str(stored.about or "")
    if "/records/" not in about:
        return ""
    if stored.type == "Translation":
        return f"{_of('practices', about)}?text={stored.content.get('to', '')}"
    if stored.type == "Adaptation":
        return f"{_of('practices', about)}/lineage#{stored.record}"
    return f"{_of('questions', about)}#{stored.record}"


def _of(room: str, uri: str) -> str:
    did, _, record = uri.partition("/records/")
    return f"/{room}/{did}/{record}"
