"""In which language a page answers: `?lang=`, else the cookie, else the browser's wish, else the node's own language.

The address parameter wins so that a link can be shared in a language; it also sets the cookie, the only one that a
reader gets. Texts of records keep their own language: this is about the words around them.
"""

from __future__ import annotations

from gettext import NullTranslations

from flask import Response, current_app, g, has_request_context, request
from flask_babel import Domain, get_locale
from werkzeug.wrappers import Response as WerkzeugResponse

from node import speech
from node.assembly import Node
from node.config import LANGUAGES

COOKIE = "lang"
COOKIE_AGE_S = 365 * 86400


class Spoken(Domain):  # type: ignore[misc]
    """Flask-Babel's messages, from `node.speech`: no compiled catalogues."""

    def get_translations(self) -> NullTranslations:
        """The catalogue of this request's language."""
        if has_request_context():
            return speech.translations(language())
        locale = get_locale()
        return speech.translations(speech.LOCALE_LANGUAGES.get(str(locale), "en"))


def language() -> str:
    """The language of this request, one of `LANGUAGES`."""
    if not has_request_context():
        return "en"
    if "language" not in g:
        g.language = _chosen()
    return str(g.language)


def locale() -> str:
    """The CLDR locale of this request."""
    return speech.LOCALES[language()]


def remember(response: Response) -> Response:
    """Keep a language that was chosen by `?lang=` in the cookie."""
    wanted = request.args.get("lang", "")
    if wanted in LANGUAGES and request.cookies.get(COOKIE) != wanted:
        keep(response, wanted)
    return response


def keep(response: Response | WerkzeugResponse, chosen: str) -> None:
    """Keep this language in the cookie."""
    response.set_cookie(COOKIE, chosen, max_age=COOKIE_AGE_S, samesite="Lax", httponly=True, secure=request.is_secure)


def _chosen() -> str:
    for wanted in (request.args.get("lang", ""), request.cookies.get(COOKIE, "")):
        if wanted in LANGUAGES:
            return wanted
    node: Node | None = current_app.extensions.get("wasl")  # none on the first-run page
    return request.accept_languages.best_match(LANGUAGES) or (node.config.node_language if node else "fr")
