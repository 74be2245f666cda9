"""How values look to a person: dates, numbers, money, languages, names, fingerprints, in the language of the page.

Functions here take plain values and give text (or `Markup` that holds escaped text and nothing of a stranger's making).
Templates call them by name: `install` makes each a global. Western digits in every language; Moroccan month names.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from babel import Locale, dates, numbers
from flask import Flask, g, request, url_for
from flask_babel import get_locale, gettext
from markupsafe import Markup, escape

from node import labels, speech
from node.config import LANGUAGES
from node.web.language import language
from node.web.terms import TERMS
from protocol import fingerprint
from protocol.errors import ProtocolError

OWN_NAMES = {"fr": "Français", "ar": "العربية", "de": "Deutsch", "tr": "Türkçe", "en": "English"}
"""Languages by their own name: no flags."""

_PARAMETERS = ("page", "before", "text", "next", "lang")
"""Parameters that links of ours carry on. Others never reach `url_for`, which reads some names as orders."""

_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ckb", "ps", "sd", "ug", "yi"})


def install(app: Flask) -> None:
    """Make the functions of this room known to every template."""
    shown = (
        said_in,
        direction, day, moment, iso, ago, soon, span, number, money, language_name, country_name, concept, term,
        found_by, identity_words, short_did, short_digest, bdi, web_link, static, in_language, with_args, size, marked,
        short_day, clock_time,
    )  # fmt: skip
    app.jinja_env.globals.update({function.__name__: function for function in shown})
    app.jinja_env.globals.update(LANGUAGES=LANGUAGES, OWN_NAMES=OWN_NAMES, ui_language=language)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def direction(code: str) -> str:
    """`rtl`, `ltr`, or `auto` for a language tag that is none of ours (a text may then speak for itself)."""
    base = code.split("-", maxsplit=1)[0]
    if base in _RIGHT_TO_LEFT:
        return "rtl"
    return "ltr" if base in LANGUAGES else "auto"


def day(seconds: int) -> str:
    """A moment as a day: 5 July 2016."""
    return str(dates.format_date(datetime.fromtimestamp(seconds, UTC), "long", locale=_locale()))


def moment(seconds: int) -> str:
    """A moment to the minute, in UTC."""
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{dates.format_date(at, 'long', locale=_locale())}, {at:%H:%M} UTC"


def short_day(seconds: int) -> str:
    """A day in little room: 04/05."""
    return str(dates.format_skeleton("Md", datetime.fromtimestamp(seconds, UTC), locale=_locale()))


def clock_time(seconds: int) -> str:
    """A moment within its day, UTC: 14:05."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M")


def iso(seconds: int) -> str:
    """A moment for `<time datetime>`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(seconds: int, now: int) -> str:
    """How long since: *5 minutes ago*."""
    return _distance(min(0, seconds - now))


def soon(seconds: int, now: int) -> str:
    """How long until: *in 5 minutes*."""
    return _distance(max(0, seconds - now))


def _distance(seconds: int) -> str:
    if abs(seconds) < 60:
        return str(gettext("less than a minute ago") if seconds <= 0 else gettext("in less than a minute"))
    return str(dates.format_timedelta(timedelta(seconds=seconds), add_direction=True, threshold=1.2, locale=_locale()))


def span(start: str, end: str | None) -> str:
    """A period as records write it (`2015`, `2015-12`, `2015-12-31`), in words."""
    if end is None:
        return str(gettext("since %(date)s", date=_partial(start)))
    if start == end:
        return _partial(start)
    return str(gettext("%(start)s to %(end)s", start=_partial(start), end=_partial(end)))


def _partial(text: str) -> str:
    try:
        if len(text) == 4:
            return str(int(text))
        whole = date.fromisoformat(text if len(text) == 10 else f"{text}-01")
    except ValueError:
        return text
    if len(text) == 10:
        return str(dates.format_date(whole, "long", locale=_locale()))
    return str(dates.format_skeleton("yMMMM", whole, locale=_locale()))


def number(value: str | int) -> str:
    """A number with the separators of the page's language; what is none is given back as it is."""
    try:
        return str(numbers.format_decimal(Decimal(value), locale=_locale(), decimal_quantization=False))
    except (InvalidOperation, ValueError):
        return str(value)


def money(amount: str, currency: str) -> str:
    """An amount in the currency in which it was given; no cents where there are none."""
    try:
        value = Decimal(amount)
    except InvalidOperation:
        return f"{amount} {currency}"
    pattern = _locale().currency_formats["standard"].pattern
    if value == value.to_integral_value():
        pattern = pattern.replace("0.00", "0")
    return str(numbers.format_currency(value, currency, pattern, locale=_locale(), currency_digits=False))


def size(count: int) -> str:
    """Bytes, in kilobytes from a thousand on, in megabytes from a million on."""
    if count < 1000:
        return str(gettext("%(count)s bytes", count=number(count)))
    if count < 1_000_000:
        return str(gettext("%(count)s kB", count=number(f"{count / 1000:.1f}")))
    return str(gettext("%(count)s MB", count=number(f"{count / 1_000_000:.1f}")))


def said_in(tongue: str, sentence: str) -> str:
    """A sentence of ours (a msgid that the code or a template says elsewhere) in another language than the page's."""
    return speech.translations(tongue if tongue in LANGUAGES else language()).gettext(sentence)


def language_name(code: str) -> str:
    """A language in the page's language: *French*; the code itself where nobody has a name for it."""
    return labels.tongue(code, language())


def country_name(code: str) -> str:
    """A country in the page's language."""
    return labels.country(code, language())


def concept(name: str) -> str:
    """The label of a concept in the page's language; its id where the vocabulary does not know it."""
    return labels.concept(name, language())


def found_by(name: str) -> str:
    """Why a practice was found, when it was by a concept: *topic language learning*."""
    known = labels.concepts().get(name)
    shown = bdi(concept(name))
    if known is not None and known.scheme == "topic":
        return str(gettext("topic %(name)s", name=shown))
    if known is not None and known.scheme == "targetGroup":
        return str(gettext("target group %(name)s", name=shown))
    return str(gettext("concept %(name)s", name=shown))


def term(kind: str, value: str) -> str:
    """A word from one of the fixed lists (`node/web/terms.py`) in the page's language; as it is when unknown."""
    known = TERMS[kind].get(value)
    return gettext(known) if known else value


def identity_words(did: str, tongue: str = "") -> tuple[str, ...]:
    """The eight fingerprint words of a node in the page's language; empty for what is no identity."""
    try:
        return fingerprint.words(did, tongue or language())
    except ProtocolError:
        return ()


def short_did(did: str) -> str:
    """Enough of a DID to tell two apart at a glance; the words are what people compare."""
    key = did.removeprefix("did:key:")
    return f"{key[:8]}…{key[-6:]}" if len(key) > 20 else key


def short_digest(digest: bytes) -> str:
    """The first eight hex digits of a digest."""
    return digest.hex()[:8]


def bdi(text: str) -> Markup:
    """A name that keeps its own direction inside a sentence of any other."""
    return Markup("<bdi>{}</bdi>").format(text)


def marked(text: str) -> Markup:
    """A sentence of ours in which `*word*` stands for emphasis and a word in backticks for something to type."""
    safe = str(escape(text))
    safe = re.sub(r"`([^`]+)`", r'<code dir="ltr">\1</code>', safe)
    return Markup(re.sub(r"(?<![\w*])\*([^*\n]+)\*(?!\w)", r"<strong>\1</strong>", safe))  # noqa: S704


def web_link(url: object) -> str | None:
    """`url` when it is a plain http(s) address, else None: nothing else may become a link."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def static(name: str) -> str:
    """The address of a file of ours, with its digest: it may be kept for a year."""
    return url_for("pages.static_file", name=name, v=static_version(name))


@cache
def static_version(name: str) -> str:
    """Eight hex digits that change when the file does."""
    return hashlib.sha256(files("node.web").joinpath("static", name).read_bytes()).hexdigest()[:8]


def in_language(code: str) -> str:
    """This same page in another language."""
    return with_args(lang=code)


def with_args(**changes: Any) -> str:
    """This same page with other parameters; None takes one away. Only addresses of our own come out.

    A page whose address says more than `_PARAMETERS` puts what its links carry on into `g.carried`.
    """
    carried = g.get("carried") or {name: request.args.get(name) for name in _PARAMETERS}
    wanted: dict[str, Any] = carried | changes
    kept = {name: value for name, value in wanted.items() if value not in (None, "")}
    if request.endpoint is None or request.routing_exception is not None:
        return url_for("pages.home", lang=kept.get("lang"))
    return url_for(request.endpoint, **{**kept, **(request.view_args or {})})


def _locale() -> Locale:
    return get_locale() or Locale.parse("en_GB")
