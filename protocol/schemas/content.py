"""What every content has in common: unknown fields are kept under caps, and rules that join two fields.

Law of this room: a schema declares fields and `rules`, nothing else; both ways of checking (marshmallow's,
and the quick one of protocol/schemas/acceptance.py) read exactly these. A rule is asked only when every field
alone is right.

On the line: practice.py, exchange.py, event.py, organisation.py and network.py derive from `Content`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from marshmallow import INCLUDE, Schema, ValidationError, pre_load, validates_schema

from protocol.schemas.caps import MAX_KEYS, cap_fault, key_fault
from protocol.schemas.fields import NO_OBJECT

# Gives None, or the field at fault and `code|sentence`.
Rule = Callable[[Mapping[str, Any]], tuple[str, str] | None]


class Content(Schema):
    """Base of every content and of every object within one."""

    class Meta:
        unknown = INCLUDE

    error_messages = {"type": NO_OBJECT}  # noqa: RUF012  # as marshmallow declares it
    rules: ClassVar[tuple[Rule, ...]] = ()
    # True where every text has one key, the record's language; then other languages come as Translations.
    one_language: ClassVar[bool] = False
    # Which fields are the title and the summary that a reader searches; the other texts are the body.
    title_field: ClassVar[str] = ""
    summary_field: ClassVar[str] = ""

    @pre_load
    def _bound(self, data: Any, **_kwargs: Any) -> Any:
        if isinstance(data, dict) and len(data) > MAX_KEYS:
            raise ValidationError(f"field_limit|more than {MAX_KEYS} fields")
        return data

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _cap_unknown(self, _data: Any, original: Any, **_kwargs: Any) -> None:
        if not isinstance(original, dict):
            return
        known = names(self)
        faults = {
            key: [fault]
            for key, value in original.items()
            if key not in known and (fault := key_fault(key) or cap_fault(value))
        }
        if faults:
            raise ValidationError(faults)

    @validates_schema(pass_original=True)
    def _follow_rules(self, _data: Any, original: Any, **_kwargs: Any) -> None:
        for rule in self.rules:
            broken = rule(original)
            if broken is not None:
                where, said = broken
                raise ValidationError({where: [said]})


def names(schema: Schema) -> dict[str, Any]:
    """A schema's fields by their names in JSON (marshmallow's differ where JSON's is a Python keyword)."""
    return {field.data_key or name: field for name, field in schema.fields.items()}


def dates_in_order(content: Mapping[str, Any]) -> tuple[str, str] | None:
    """An end is not before its start, as precisely as both are given: 2016-05-10 to 2016-05 is in order."""
    start, end = content.get("startDate"), content.get("endDate")
    if start and end:
        precision = min(len(start), len(end))
        if end[:precision] < start[:precision]:
            return "endDate", "bad_field|the end lies before the start"
    return None
