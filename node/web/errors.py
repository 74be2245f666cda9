"""Pages for what went wrong: designed, in the reader's language, each with a stable code. Nothing of a traceback.

These templates ask the database nothing: they must work when it does not. The federation answers in its own form and
never comes here.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, current_app, make_response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from node import speech
from node.assembly import Node
from node.errors import NodeError, NotHere
from node.federation.client import PROBLEM
from node.logs import facts, get_log
from node.problems import status_of
from node.web import language
from protocol.errors import ProtocolError
from protocol.wire import Problem

_CODES = {
    400: "bad_request",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    410: "record_ended",
    413: "too_large",
    429: "too_many_requests",
    500: "internal_error",
    503: "store_busy",
}
BUSY_S = 60
"""When a program may ask again that was told that the node is busy, seconds."""

_log = get_log("web")


def install(app: Flask) -> None:
    """Register the pages for errors."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NodeError, _ours)
    app.register_error_handler(ProtocolError, _ours)
    app.register_error_handler(Exception, _unexpected)


def page(status: int, code: str, detail: str = "") -> Response:
    """The page for one error; for programs a problem document. `detail`: what went wrong in this case, in English.

    Never kept by a cache: an error may be gone the next moment.
    """
    if request.blueprint == "doors" or request.path.startswith("/api/"):
        return _problem(status, code, detail)
    tongue = language.language()
    sentence = speech.sentence_for(code, tongue) or speech.sentence_for(_CODES.get(status, "internal_error"), tongue)
    response = make_response(render_template("error.html", status=status, code=code, sentence=sentence), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _problem(status: int, code: str, detail: str) -> Response:
    """RFC 9457, as the federation answers, too."""
    node: Node | None = current_app.extensions.get("wasl")
    words = detail or speech.sentence_for(code, "en") or HTTPStatus(status).phrase
    told = Problem(status, code, words[:1000], node.now() if node else 0)
    response = Response(told.to_bytes(), status, content_type=PROBLEM)
    response.headers["Cache-Control"] = "no-store"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(BUSY_S)
    return response


def _http(error: HTTPException) -> WerkzeugResponse:
    if error.response is not None or error.code is None or error.code < 400:
        return Response.force_type(error.get_response())
    code = _CODES.get(error.code, HTTPStatus(error.code).name.lower())
    response = page(error.code, code)
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
    return response


def _ours(error: NodeError | ProtocolError) -> Response:
    status = status_of(error)
    if status >= 500 and not isinstance(error, NotHere):
        _log.warning("page not given", extra=facts(path=_asked(), code=error.code, reason=error.message))
    response = page(status, error.code, error.message)
    if isinstance(error, NotHere):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _unexpected(error: Exception) -> Response:
    _log.error("page failed", extra=facts(path=_asked(), kind=type(error).__name__), exc_info=error)
    return page(500, "internal_error")


def _asked() -> str:
    """What was asked for, for the log: the path, or the route where the path holds a token."""
    rule = request.url_rule
    return rule.rule if rule is not None and "token" in rule.arguments else request.path
