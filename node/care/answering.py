"""`/healthz`, `/readyz`, `/metrics`; and what every request leaves behind: an id, a line in the log, a count.

Law: a line of the log says which route, not which address: search words and who asked stand in none. An id given by the
proxy that this node trusts is kept; any other is drawn here. `/metrics` is for this machine, or for whoever has the
token (`[care] metrics_token`): everybody else is told that there is nothing.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, abort, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue

from node.assembly import Node
from node.care import readiness
from node.indexing import Searcher
from node.logs import REQUEST, facts, get_log

if TYPE_CHECKING:
    from node.care.figures import Figures

care = Blueprint("care", __name__)

TEXT = "text/plain; version=0.0.4; charset=utf-8"
"""The text format of Prometheus."""
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)

_log = get_log("request")


def install(app: Flask) -> None:
    """Give `app` these answers, and let every request be counted."""
    from node.care.figures import Figures  # when it is loaded, it is settled whether processes add up (`node.beside`)

    app.extensions["wasl-figures"] = Figures(_node(app), _searcher(app))
    app.register_blueprint(care)
    app.before_request(_began)
    app.after_request(_answered)


@care.get("/healthz")
def health() -> ResponseReturnValue:
    """Whether this process answers at all. Asks nothing and nobody."""
    return _uncached(Response("ok\n", content_type="text/plain; charset=utf-8"))


@care.get("/readyz")
def ready() -> ResponseReturnValue:
    """Whether pages can be served (200, else 503), and a word for whatever somebody should look at."""
    found = readiness.look(_node(current_app), _searcher(current_app))
    response = jsonify(ready=found.ready, checks=found.checks)
    response.status_code = 200 if found.ready else 503
    return _uncached(response)


@care.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Figures for Prometheus."""
    if not _may_read():
        abort(404)
    figures: Figures = current_app.extensions["wasl-figures"]
    return _uncached(Response(figures.text(), content_type=TEXT))


def _may_read() -> bool:
    token = _node(current_app).config.care_metrics_token
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        return hmac.compare_digest(given, token.encode())
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def begin(environ: Mapping[str, Any]) -> str:
    """An id for this request, which stands in every line of the log from now on."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    proxied = "werkzeug.proxy_fix.orig" in environ
    request_id = given if proxied and _ID.fullmatch(given) else secrets.token_hex(8)
    REQUEST.set(request_id)
    return str(request_id)


def told(app: Flask, method: str, route: str, status: int, seconds: float, again: bool = False) -> None:
    """Count an answer, and write it down. `again`: it was remembered (`web.remembering`)."""
    figures: Figures = app.extensions["wasl-figures"]
    figures.answered(method if method in _METHODS else "other", route, status, seconds, again=again)
    if route.partition(".")[0] != care.name:
        _log.info("answered", extra=facts(method=method, route=route, status=status, ms=round(seconds * 1000)))


def _began() -> None:
    g.request_id = begin(request.environ)
    g.request_began = time.monotonic()


def _answered(response: Response) -> Response:
    took = time.monotonic() - g.get("request_began", time.monotonic())
    told(current_app, request.method, request.endpoint or "none", response.status_code, took)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response


_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"})


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _node(app: Flask) -> Node:
    node: Node = app.extensions["wasl"]
    return node


def _searcher(app: Flask) -> Searcher:
    searcher: Searcher = app.extensions["wasl-searcher"]
    return searcher
