"""`/attachments/<sha256>`: the bytes of a file, for whoever may see the record that it is attached to.

Law of this room: only what the public may see, asked of the one place that knows (`files.shown`); pictures are shown
within a page, everything else is only ever saved; nothing of it runs here, whatever it is (CSP `sandbox`, `nosniff`).
Every copy must be asked about again, so that what was erased does not come back from a browser's cache.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Blueprint, current_app, make_response, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from node import filing, receiving
from node.errors import NotFound, NotHere
from node.examining.kinds import by_media
from node.store import files
from node.store.records import PUBLIC, Stored
from node.web.language import language
from node.web.listing import the_node

AGAIN_S = 10
"""After how many seconds a reader may ask again for what is being fetched."""

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"
_UNSAFE = re.compile(r"[^\w .,()'-]|_", re.UNICODE)


def add_to(pages: Blueprint) -> None:
    """Add this page to the blueprint."""
    pages.add_url_rule("/attachments/<name>", "attachment", show)


def show(name: str) -> Response:
    """A file. 404 for what nobody of the public may see; 503 with `Retry-After` while it is fetched from a peer."""
    node = the_node()
    with node.database.reading() as connection:
        stored = _shown(connection, name)
        file = files.get(connection, bytes.fromhex(name))
    data = filing.read(node, bytes.fromhex(name))
    if data is None or file is None:
        if file is None or file.state == files.REFUSED or not receiving.ask_for(node, file.sha256):
            raise NotFound("these bytes are not to be had", "attachment_not_here")
        _wake()
        raise NotHere("these bytes are fetched from another node: ask again in a moment", AGAIN_S)
    titles = stored.content["title"]
    response = given(data, file.media, titles.get(language()) or next(iter(titles.values())))
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(name)
    return response.make_conditional(request, accept_ranges=True, complete_length=len(data))


def given(data: bytes, media: str, title: str) -> Response:
    """Bytes of a file as an answer in which nothing can act: pictures within a page, the others to be saved."""
    kind = by_media(media)
    response = make_response(data)
    response.headers["Content-Type"] = f"{kind.media}; charset=utf-8" if kind.media == "text/csv" else kind.media
    way = "inline" if kind.picture and request.args.get("save") is None else "attachment"
    response.headers["Content-Disposition"] = f"{way}; {_filename(title, kind.extensions[0])}"
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _shown(connection: Connection, name: str) -> Stored:
    found = files.shown(connection, bytes.fromhex(name), PUBLIC) if _HASH.fullmatch(name) else []
    if not found:
        raise NotFound("no such file here", "unknown_attachment")
    return found[0]


def _filename(title: str, extension: str) -> str:
    """The title as a name for the file (RFC 6266): letters, digits and spaces only, never a path."""
    plain = " ".join(_UNSAFE.sub(" ", title).split())[:80].strip(". ") or "attachment"
    simple = plain.encode("ascii", "ignore").decode().replace("'", "").strip(". ") or "attachment"
    return f"filename=\"{simple}.{extension}\"; filename*=UTF-8''{quote(f'{plain}.{extension}', safe='')}"


def _wake() -> None:
    rouse = current_app.extensions.get("wasl-wake")
    if rouse is not None:
        rouse()
