"""The shapes of the API: what may be asked and what is answered, as marshmallow schemas.

One source: requests are read by them, answers are written by them, and `openapi` describes the API from them. A request
is read strictly: what is unknown, repeated or odd is an error, so that a program learns of its slip at once.
"""

from __future__ import annotations

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from node import labels
from node.asking import VALUES_MOST, WORDS_MOST
from node.config import LANGUAGES
from node.facets import COSTS, DEAREST
from node.labels import FACET_WORDS, SCHEMES
from protocol.schemas.syntax import KEY, UUID
from search.document import SORTS

PAGES_MOST = 100
"""Pages of a search: a hundred of a hundred, as deep as an index is read."""

DID_PATTERN = f"^did:key:{KEY}$"
RECORD_PATTERN = f"^{UUID}$"
_URI_PATTERN = f"^did:key:{KEY}/records/{UUID}$"
_DATE_PATTERN = r"^(19|2[0-9])[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_VALUES = {
    "commune": DID_PATTERN,
    "country": "^[A-Z]{2}$",
    "language": "^[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$",
    "year": "^[12][0-9]{3}$",
}
"""Facets whose values are not a closed list."""


class Number(fields.Integer):
    """A positive number in plain ASCII digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> int:
        if not isinstance(value, str) or not _NUMBER.fullmatch(value):
            raise ValidationError("a number in plain digits")
        return int(value)


class Form(validate.Regexp):
    """A pattern for the whole of a text, as in JSON Schema: `$` matches before no last line break."""

    def __call__(self, value: str | bytes) -> Any:
        if not isinstance(value, str) or value.endswith("\n"):
            raise ValidationError(self.error)
        return super().__call__(value)


def _form(pattern: str, longest: int) -> list[validate.Validator]:
    return [validate.Length(max=longest), Form(pattern, re.ASCII)]


def _one_of(facet: str) -> fields.String:
    if facet in _VALUES:
        return fields.String(validate=_form(_VALUES[facet], 120))
    if facet == "cost":
        return fields.String(validate=validate.OneOf([*dict(COSTS), DEAREST]))
    named = [each.id for each in labels.concepts().values() if each.scheme == SCHEMES[facet]]
    return fields.String(validate=validate.OneOf(named))


def _said(meaning: str) -> dict[str, str]:
    return {"description": meaning}


_FACETS = {
    name: fields.List(
        _one_of(name), validate=validate.Length(max=VALUES_MOST), metadata=_said(f"{heading}: any of them")
    )
    for name, heading in FACET_WORDS.items()
}

Asking = Schema.from_dict(
    {
        "q": fields.String(validate=validate.Length(max=WORDS_MOST), metadata=_said("Words, in any of the languages")),
        **_FACETS,
        "since": fields.String(validate=_form(_DATE_PATTERN, 10), metadata=_said("A year, month or day")),
        "until": fields.String(validate=_form(_DATE_PATTERN, 10), metadata=_said("A year, month or day, included")),
        "sort": fields.String(validate=validate.OneOf(SORTS), metadata=_said("`best` where absent")),
        "like": fields.String(
            validate=_form(_URI_PATTERN, 200),
            metadata=_said("URI of a practice: up to a hundred that are most like it, whatever else is asked"),
        ),
        "page": Number(validate=validate.Range(min=1, max=PAGES_MOST), metadata=_said("From 1")),
        "lang": fields.String(validate=validate.OneOf(LANGUAGES), metadata=_said("In which language to be read")),
    },
    name="Asking",
)
"""The parameters of a search: those of `node/asking.py`."""


class Speaking(Schema):
    """The one parameter of the other lists."""

    lang = fields.String(validate=validate.OneOf(LANGUAGES), metadata=_said("In which language to be read"))


def _texts() -> fields.List[str]:
    return fields.List(fields.String())


class Practice(Schema):
    """A practice in little: as `node/outputs/json_file.py` says it. Facets that say nothing are absent."""

    uri = fields.String(required=True, metadata=_said("Its name for ever, the same on every node"))
    address = fields.Url(required=True, metadata=_said("Its page here"))
    title = fields.String(required=True)
    summary = fields.String(required=True)
    language = fields.String(required=True, metadata=_said("Of title and summary"))
    original_language = fields.String(required=True)
    translation = fields.String(required=True, allow_none=True, metadata=_said("How it was translated, if it was"))
    outdated = fields.Boolean(required=True, metadata=_said("The original has changed since it was translated"))
    node = fields.String(required=True, metadata=_said("DID of whoever signed it"))
    commune = fields.String(required=True)
    country, topic, group, dimension = _texts(), _texts(), _texts(), _texts()
    status, evidence, year, cost = _texts(), _texts(), _texts(), _texts()
    start = fields.String(required=True, allow_none=True)
    end = fields.String(required=True, allow_none=True)
    licence = fields.String(required=True)
    illustrative = fields.Boolean(required=True, metadata=_said("Invented, for demonstration: not to be cited"))
    revision = fields.Integer(required=True)
    modified = fields.String(required=True, metadata=_said("RFC 3339, as its author dated it"))
    received = fields.String(required=True, metadata=_said("RFC 3339, when it came to this node"))


class WholePractice(Practice):
    """A practice with the record that was signed (docs/records.md)."""

    digest = fields.String(required=True, metadata=_said("SHA-256 of the signed bytes, hexadecimal"))
    permalink = fields.Url(required=True, metadata=_said("The page of this revision"))
    raw = fields.Url(required=True, metadata=_said("The exact bytes that were signed"))
    languages = fields.List(fields.String(), required=True, metadata=_said("In which it can be read, original first"))
    record = fields.Dict(keys=fields.String(), required=True, metadata=_said("The signed record"))


class Practices(Schema):
    """A page of practices."""

    total = fields.Integer(required=True)
    page = fields.Integer(required=True)
    pages = fields.Integer(required=True, metadata=_said("How many can be read"))
    next = fields.Url(required=True, allow_none=True, metadata=_said("The next page"))
    complete = fields.Boolean(required=True, metadata=_said("False while the index is being built"))
    practices = fields.List(fields.Nested(Practice), required=True)


class Commune(Schema):
    """A node whose practices are admitted here."""

    did = fields.String(required=True)
    name = fields.String(required=True)
    names = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    country = fields.String(required=True)
    languages = fields.List(fields.String(), required=True)
    url = fields.String(
        required=True, allow_none=True, metadata=_said("Where the node answers, if anybody can call it")
    )
    address = fields.Url(required=True, metadata=_said("Its page here"))
    practices = fields.Integer(required=True)


class Communes(Schema):
    """All of them."""

    communes = fields.List(fields.Nested(Commune), required=True)


class Concept(Schema):
    """A concept of the vocabulary; as SKOS: `/vocabulary.jsonld`."""

    id = fields.String(required=True)
    scheme = fields.String(required=True)
    broader = fields.String(required=True, allow_none=True)
    labels = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    others = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)


class Concepts(Schema):
    """All of them."""

    concepts = fields.List(fields.Nested(Concept), required=True)


class Problem(Schema):
    """What went wrong, RFC 9457. `code` is stable (docs/errors.md)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    time = fields.Integer(required=True, metadata=_said("This node's clock, seconds since 1970"))
