"""The kinds of field that a content has, as marshmallow fields.

Law of this room: what a field accepts is said once, in `fault(value, language)`: None, or why not as
`code|sentence` (a dict of them, by language or path, where the value has parts). marshmallow calls it through
`_deserialize`; the quick way (protocol/schemas/acceptance.py) calls the same method. Values are checked as
they came: nothing is converted, stripped or normalised, because the signature covers what came. Lengths count
code points of the text as received.

An optional field may be null, which means absent; a required one may not. On the line: the schemas declare
with these, docs/generate_records.py reads `kind`, `limits()` and the metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from marshmallow import Schema, ValidationError, fields

from protocol.schemas.caps import cap_fault
from protocol.schemas.syntax import FIELD_PATH, LANGUAGE, Form

# The language a Practice must be written in, while marshmallow walks it; None where several may stand.
RECORD_LANGUAGE: ContextVar[str | None] = ContextVar("RECORD_LANGUAGE", default=None)
MAX_LANGUAGES = 10
USUAL_LANGUAGES = frozenset({"fr", "ar", "de", "tr", "en"})
MISSING = "missing_field|this field is required"
NO_TEXT = "bad_field|a text is expected"
NO_LIST = "bad_field|a list is expected"
NO_OBJECT = "bad_field|an object is expected"

Fault = str | Mapping[str, str] | None

_is_language = LANGUAGE.matcher()


def _declare(meaning: str, term: str, required: bool, key: str | None) -> dict[str, Any]:
    """marshmallow's arguments. `meaning`, `term`: for docs/records.md; `key`: the name in JSON if another."""
    return {
        "required": required,
        "allow_none": not required,
        "data_key": key,
        "metadata": {"meaning": meaning, "term": term},
        "error_messages": {"required": MISSING, "null": MISSING},
    }


def raise_fault(fault: Fault) -> None:
    """Raise what `fault` says as marshmallow's error, or return if it is None."""
    if isinstance(fault, str):
        raise ValidationError(fault)
    if fault:
        raise ValidationError({where: [said] for where, said in fault.items()})


class Leaf(fields.Field[Any]):
    """A field whose value is judged as one. Subclasses say `fault`, and `kind` and `limits` for the documents."""

    kind = "any value"

    def __init__(self, meaning: str = "", *, term: str = "", required: bool = False, key: str | None = None) -> None:
        super().__init__(**_declare(meaning, term, required, key))

    def fault(self, value: Any, language: str | None) -> Fault:
        """Why `value` is refused, or None. `language`: the one language allowed, or None for up to ten."""
        raise NotImplementedError

    def limits(self) -> str:
        """The limits in words, or nothing."""
        return ""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        raise_fault(self.fault(value, RECORD_LANGUAGE.get()))
        return value


class Derived(Leaf):
    """A field computed from other records: what an author writes there is ignored, but not unbounded."""

    kind = "derived, ignored"

    def fault(self, value: Any, language: str | None) -> Fault:
        return cap_fault(value)


class Text(Leaf):
    """A plain string of `low` to `high` code points, in the record's language. `lines`: with \\n and \\t?

    `searched`: its words are found by a reader's search.
    """

    kind = "text"

    def __init__(
        self,
        low: int,
        high: int,
        meaning: str = "",
        *,
        lines: bool = False,
        searched: bool = False,
        **said: Any,
    ) -> None:
        super().__init__(meaning, **said)
        self.low, self.high, self.lines, self.searched = low, high, lines, searched

    def fault(self, value: Any, language: str | None) -> Fault:
        return self.text_fault(value)

    def text_fault(self, value: Any) -> str | None:
        """Why one text is refused, or None."""
        if not isinstance(value, str):
            return NO_TEXT
        if not self.low <= len(value) <= self.high:
            return f"field_limit|{len(value)} characters where {self.low} to {self.high} are allowed"
        if not self.lines and ("\n" in value or "\t" in value):
            return "control_character|a line break or tab in a text of one line"
        return "bad_field|a text of white space only" if value.isspace() else None

    def limits(self) -> str:
        return f"{self.low}–{self.high}" + (" characters" if self.lines else " characters, one line")


class LangText(Text):
    """Text by language: `{"fr": "…"}`. In a Practice one key, the record's language; elsewhere one to ten."""

    kind = "text by language"

    def fault(self, value: Any, language: str | None) -> Fault:
        if not isinstance(value, dict):
            return "bad_field|an object of texts by language is expected"
        if language is not None:
            if len(value) != 1 or language not in value:
                return f"language_mismatch|one text is expected, in the record's language ({language[:35]})"
            said = self.text_fault(value[language])
            return None if said is None else {language: said}
        if not value:
            return "bad_field|a text in no language"
        if len(value) > MAX_LANGUAGES:
            return f"field_limit|more than {MAX_LANGUAGES} languages"
        faults: dict[str, str] = {}
        for tag, text in value.items():
            said = None if tag in USUAL_LANGUAGES else _tag_fault(tag)
            said = said or self.text_fault(text)
            if said is not None:
                faults[tag] = said
        return faults or None


def _tag_fault(tag: Any) -> str | None:
    if isinstance(tag, str) and len(tag) <= LANGUAGE.longest and _is_language(tag):
        return None
    return f"bad_field|{LANGUAGE.says}"


class Formed(Leaf):
    """A string in one notation of protocol/schemas/syntax.py."""

    def __init__(self, form: Form, meaning: str = "", **said: Any) -> None:
        super().__init__(meaning, **said)
        self.form, self.kind = form, form.name
        self._matches, self._real, self._longest = form.matcher(), form.real, form.longest

    def fault(self, value: Any, language: str | None) -> str | None:
        if not isinstance(value, str):
            return NO_TEXT
        if len(value) > self._longest:
            return f"field_limit|longer than {self._longest} characters"
        if self._matches(value) and (self._real is None or self._real(value)):
            return None
        return f"bad_field|{self.form.says}"

    def limits(self) -> str:
        return f"≤ {self._longest} characters"


class Choice(Leaf):
    """One of a few words that this version of the protocol fixes."""

    kind = "one of"

    def __init__(self, *words: str, meaning: str = "", **said: Any) -> None:
        super().__init__(meaning, **said)
        self.words = words

    def fault(self, value: Any, language: str | None) -> str | None:
        if isinstance(value, str) and value in self.words:
            return None
        return f"bad_field|one of {', '.join(self.words)} is expected"

    def limits(self) -> str:
        return ", ".join(f"`{word}`" for word in self.words)


class Whole(Leaf):
    """An integer from `low` to `high`."""

    kind = "integer"

    def __init__(self, low: int, high: int, meaning: str = "", **said: Any) -> None:
        super().__init__(meaning, **said)
        self.low, self.high = low, high

    def fault(self, value: Any, language: str | None) -> str | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return "bad_field|an integer is expected"
        return None if self.low <= value <= self.high else f"field_limit|not from {self.low} to {self.high}"

    def limits(self) -> str:
        return f"{self.low}–{self.high}"


class Flag(Leaf):
    """True or false."""

    kind = "true or false"

    def fault(self, value: Any, language: str | None) -> str | None:
        return None if isinstance(value, bool) else "bad_field|true or false is expected"


class TextByPath(Leaf):
    """Texts of a Translation by the path of the field they translate: `{"title": "…", "steps.0.text": "…"}`.

    `high`: code points of a text; `narrower`: the same for the paths that stand in lists of results.
    """

    kind = "text by field path"

    def __init__(self, most: int, high: int, narrower: Mapping[str, int], meaning: str, **said: Any) -> None:
        super().__init__(meaning, **said)
        self.most, self.high, self.narrower = most, high, narrower
        self._is_path = FIELD_PATH.matcher()

    def fault(self, value: Any, language: str | None) -> Fault:
        if not isinstance(value, dict):
            return NO_OBJECT
        if not 1 <= len(value) <= self.most:
            return f"field_limit|{len(value)} texts where 1 to {self.most} are allowed"
        faults = {path: said for path, text in value.items() if (said := self._entry_fault(path, text))}
        return faults or None

    def _entry_fault(self, path: Any, text: Any) -> str | None:
        if not isinstance(path, str) or len(path) > FIELD_PATH.longest or not self._is_path(path):
            return f"bad_field|{FIELD_PATH.says}"
        if not isinstance(text, str):
            return NO_TEXT
        high = self.narrower.get(path, self.high)
        if not 1 <= len(text) <= high:
            return f"field_limit|{len(text)} characters where 1 to {high} are allowed"
        return "bad_field|a text of white space only" if text.isspace() else None

    def limits(self) -> str:
        narrower = ", ".join(f"`{path}` ≤ {high}" for path, high in self.narrower.items())
        return f"1–{self.most} texts of ≤ {self.high} characters ({narrower})"


class Items(fields.List[Any]):
    """A list of `low` to `high` entries, each as `inner` says; null is no entry."""

    def __init__(
        self,
        inner: fields.Field[Any],
        low: int,
        high: int,
        meaning: str,
        *,
        term: str = "",
        required: bool = False,
    ) -> None:
        super().__init__(inner, **_declare(meaning, term, required, None))
        self.low, self.high = low, high

    def fault(self, value: Any) -> str | None:
        """Why `value` is no list of the right length, or None; its entries are not looked at."""
        if not isinstance(value, list):
            return NO_LIST
        if not self.low <= len(value) <= self.high:
            return f"field_limit|{len(value)} items where {self.low} to {self.high} are allowed"
        return None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        raise_fault(self.fault(value))
        faults: dict[int, Any] = {}
        for place, item in enumerate(value):
            try:
                if item is None:
                    raise_fault("bad_field|null is no entry of a list")
                self.inner.deserialize(item, **kwargs)
            except ValidationError as error:
                faults[place] = error.messages
        if faults:
            raise ValidationError(faults)
        return list(value)


class Part(fields.Nested):
    """An object within the content, with fields of its own."""

    def __init__(self, schema: type[Schema], meaning: str = "", *, term: str = "", required: bool = False) -> None:
        super().__init__(schema, **_declare(meaning, term, required, None))
