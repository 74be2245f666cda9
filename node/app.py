"""create_app(node): Flask from its parts, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from node import care
from node.assembly import Node
from node.care import answering
from node.federation.giving import giving
from node.federation.headsets import HeadSets
from node.federation.server import federation
from node.indexing import Searcher
from node.web import headers, install
from node.web.remembering import Remembering


def create_app(
    node: Node,
    searcher: Searcher | None = None,
    sets: HeadSets | None = None,
    wake: Callable[[], None] | None = None,
    *,
    remembers: bool = False,
) -> Flask:
    """The web application of an open node. `wake`: how to rouse the worker of this process, if it has one; `remembers`:
    whether pages are given again (`web.remembering`)."""
    app = Flask("node.web", static_folder=None)
    app.debug = False  # whatever FLASK_DEBUG says: nobody is shown a traceback (attacks E24)
    app.config.update(MAX_CONTENT_LENGTH=None, MAX_FORM_MEMORY_SIZE=1_000_000, MAX_FORM_PARTS=1_000)
    app.extensions["wasl"] = node
    app.extensions["wasl-searcher"] = searcher or Searcher(node)
    app.extensions["wasl-head-sets"] = sets or HeadSets(node.database)
    app.extensions["wasl-wake"] = wake
    if node.config.web_federation:
        app.register_blueprint(federation)
        app.register_blueprint(giving)
    install(app, remembers=remembers)
    care.install(app)
    app.after_request(headers.put)
    if remembers:
        told = partial(answering.told, app)
        app.wsgi_app = Remembering(app.wsgi_app, node.database, answering.begin, told)  # type: ignore[method-assign, assignment]
    if node.config.web_trusted_proxy:
        app.wsgi_app = _BehindProxy(app.wsgi_app, node.config.web_trusted_proxy)  # type: ignore[method-assign, assignment]
    return app


class _BehindProxy:
    """Believe X-Forwarded headers from one configured proxy, and from nobody else (attacks D16)."""

    def __init__(self, app: Callable[..., object], proxy: str) -> None:
        self._plain = app
        self._fixed = ProxyFix(app, x_for=1, x_proto=1, x_host=1)  # type: ignore[arg-type]
        self._proxy = proxy

    def __call__(self, environ: dict[str, object], start_response: Callable[..., object]) -> object:
        app = self._fixed if environ.get("REMOTE_ADDR") == self._proxy else self._plain
        return app(environ, start_response)  # type: ignore[arg-type]
