"""What a record can be narrowed by in search: the values of `search.document.FACETS`, and the time it covers.

Read from the content as it was signed, and from what others signed about it: a practice is `replicated` when another
town's adaptation of it worked. Pure. Goes to: `indexing`.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

Facets = dict[str, tuple[str, ...]]

SELF_REPORTED, REPLICATED = "self-reported", "replicated"

COSTS = (("under-10000", 10_000), ("10000-50000", 50_000), ("50000-250000", 250_000))
"""Bands of cost, each with the euros where it ends; what is dearer is `over-250000`."""

DEAREST = "over-250000"

EUROS = {
    "EUR": Decimal(1),
    "MAD": Decimal("0.092"),
    "TRY": Decimal("0.028"),
    "USD": Decimal("0.92"),
    "GBP": Decimal("1.17"),
    "CHF": Decimal("1.04"),
    "CAD": Decimal("0.67"),
    "TND": Decimal("0.29"),
    "DZD": Decimal("0.0068"),
    "XOF": Decimal("0.00152"),
}
"""Euros for one of a currency, as of 2025, rounded: enough to tell bands a factor of five apart, and never shown. They
are part of the index, so a change takes a rebuild."""

_WORKED = ("worked", "partly")


def facets_of(type_: str, content: Mapping[str, Any], country: str | None, adapted: Iterable[str] = ()) -> Facets:
    """Facets of a record's content. `country`: of its origin; `adapted`: outcomes of other towns' adaptations of it."""
    place = content if type_ == "Organisation" else content.get("location")
    where = place.get("country") if isinstance(place, Mapping) else None
    found: dict[str, list[Any]] = {
        "country": [where or country],
        "topic": [*_list(content, "topics"), *helped_with(content)],
        "group": _list(content, "targetGroups"),
        "dimension": _list(content, "dimensions"),
        "status": [content.get("status")],
        "year": [str(content.get("startDate") or "")[:4]],
        "cost": [_cost(content.get("budget") or content.get("cost"))],
    }
    if type_ == "Practice":
        worked = any(outcome in _WORKED for outcome in adapted)
        found["evidence"] = [REPLICATED if worked else content.get("evidenceLevel") or SELF_REPORTED]
    kept = {
        name: tuple(value for value in values if isinstance(value, str) and value) for name, values in found.items()
    }
    return {name: values for name, values in kept.items() if values}


def helped_with(content: Mapping[str, Any]) -> list[str]:
    """The topics that an organisation offers or seeks, each once; none of any other content."""
    rows = (*_list(content, "offers"), *_list(content, "seeks"))
    topics = (row.get("topic") for row in rows if isinstance(row, Mapping))
    return list(dict.fromkeys(topic for topic in topics if isinstance(topic, str) and topic))


def time_of(content: Mapping[str, Any]) -> tuple[date | None, date | None]:
    """The first and the last day that a record speaks of; None where it goes on, twice where it says nothing.

    A year is all of it, a month too; what has a planned end only, or a start that is no day, is open at that side.
    """
    return _day(content.get("startDate"), last=False), _day(content.get("endDate"), last=True)


def _list(content: Mapping[str, Any], name: str) -> list[Any]:
    value = content.get(name)
    return list(value) if isinstance(value, (list, tuple)) else []


def _cost(budget: Any) -> str:
    """The band of a budget; "" for none, or for a currency that is not known."""
    if not isinstance(budget, Mapping) or budget.get("currency") not in EUROS:
        return ""
    try:
        euros = Decimal(str(budget.get("amount"))) * EUROS[budget["currency"]]
    except ArithmeticError:
        return ""
    return next((band for band, end in COSTS if euros < end), DEAREST)


def _day(text: Any, last: bool) -> date | None:
    parts = str(text or "")[:10].split("-")
    try:
        year, month, day = (int(part) for part in (*parts, *(["12", "0"] if last else ["1", "1"])[len(parts) - 1 :]))
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except ValueError:
        return None
