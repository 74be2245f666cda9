"""In which language a page answers: `?lang=`, else the cookie, else the browser's wish, else the node's own language.

The address parameter wins so that a link can be shared in a language; it also sets the cookie, the only one that a
reader gets. Texts of records keep their own language: this is about the words around them.
"""

from __future__ import annotations

from gettext import NullTranslations
from typing import Any

from flask import Flask, Response, current_app, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup
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


def speak(app: Flask) -> None:
    """Let an application, its templates and the dates in them speak the language of each request."""
    babel = Babel(app, default_locale="en", locale_selector=locale)
    babel.domain_instance = Spoken()
    # a page has a hundred sentences: Flask-Babel's own way to each of them takes three times as long
    app.jinja_env.globals.update(_=_sentence, gettext=_sentence, ngettext=_sentences)


def language() -> str:
    """The language of this request, one of `LANGUAGES`."""
    if not has_request_context():
        return "en"
    here = g._get_current_object()
    found: str | None = here.get("language")
    if found is None:
        found = here.language = _chosen()
    return found


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


@pass_eval_context
def _sentence(context: EvalContext, text: str, /, **values: Any) -> str:
    return _filled(context, speech.translations(language()).gettext(text), values)


@pass_eval_context
def _sentences(context: EvalContext, one: str, many: str, num: int, /, **values: Any) -> str:
    return _filled(context, speech.translations(language()).ngettext(one, many, num), {"num": num} | values)


def _filled(context: EvalContext, said: str, values: dict[str, Any]) -> str:
    """A sentence of ours with values in it, which are escaped where a template escapes."""
    known = Markup(said) if context.autoescape else said  # noqa: S704  # from our catalogues
    return known % values if values or "%" in said else known


def _chosen() -> str:
    for wanted in (request.args.get("lang", ""), request.cookies.get(COOKIE, "")):
        if wanted in LANGUAGES:
            return wanted
    node: Node | None = current_app.extensions.get("wasl")  # none on the first-run page
    return request.accept_languages.best_match(LANGUAGES) or (node.config.node_language if node else "fr")
