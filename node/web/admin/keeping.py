"""What was written is not lost to a session that has ended: it comes along through signing in, in the page itself.

Nothing of it is kept on the server for somebody who is not signed in. The page after signing in shows one button, which
sends the same form again with the token of the new session. Called by `guard` and by `signin`.
"""

from __future__ import annotations

import re

import orjson
from flask import make_response, render_template, request
from werkzeug.wrappers import Response

_DRAFT = re.compile(r"(/admin/drafts/[0-9]{1,18})/(?:save|attach)", re.ASCII)
_PAGE = re.compile(r"/admin/drafts/[0-9]{1,18}", re.ASCII)
_ALSO = frozenset({"version", "tab", "has", "do", "apart"})


def worth_keeping() -> bool:
    """Whether this request brings text for a draft."""
    return bool(_DRAFT.fullmatch(request.path)) and any(name.startswith("f.") for name in request.form)


def packed() -> str:
    """What the form says, as one text."""
    pairs = [(name, value) for name, value in request.form.items(multi=True) if _ours(name)]
    return orjson.dumps(pairs).decode()


def page_of_draft() -> str:
    """The page of the draft that this request would save."""
    found = _DRAFT.fullmatch(request.path)
    return found[1] if found else ""


def once_more(wanted: str, kept: str, status: int = 200, code: str = "") -> Response | None:
    """The page with one button that sends what was kept; None where nothing fits."""
    try:
        pairs = orjson.loads(kept) if kept else []
    except orjson.JSONDecodeError:
        pairs = []
    fields = [
        (str(pair[0]), str(pair[1]))
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2 and _ours(str(pair[0]))
    ]
    if not fields or not _PAGE.fullmatch(wanted):
        return None
    return make_response(render_template("admin/kept.html", action=f"{wanted}/save", fields=fields, code=code), status)


def _ours(name: str) -> bool:
    return name.startswith("f.") or name in _ALSO
