"""What the fields of a practice are called in files that people write: headings of Markdown, columns of a table.

A heading may be written in any of the five languages, with or without accents, or as the field's own name. On the line:
`markdown_file` and `table` ask here; the words are those of the pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from node import labels, speech
from node.config import LANGUAGES


def N_(sentence: str) -> str:
    """Mark for translation."""
    return sentence


TEXTS: Mapping[str, str] = {
    "title": N_("Title"),
    "summary": N_("In short"),
    "challenge": N_("The problem"),
    "approach": N_("What was done"),
    "results": N_("Results"),
    "lessonsLearned": N_("Lessons learned"),
    "failures": N_("What did not work"),
    "transferConditions": N_("What another town needs"),
    "sustainability": N_("What keeps it going"),
    "hostCommunityRole": N_("The part of the host community"),
    "genderAndInclusion": N_("Gender and inclusion"),
    "planningLink": N_("Plan or strategy"),
    "evidenceNote": N_("What the results rest on"),
}
"""Fields of one text each, in the order of a file."""

OTHERS: Mapping[str, str] = {
    "objectives": N_("Objectives"),
    "steps": N_("Steps"),
    "indicators": N_("Indicators"),
    "topics": N_("Topics"),
    "targetGroups": N_("Target groups"),
    "dimensions": N_("Dimensions of migration"),
    "status": N_("Status"),
    "evidenceLevel": N_("Evidence"),
    "startDate": N_("Since"),
    "endDate": N_("Until"),
    "place": N_("Place"),
    "budget.amount": N_("Budget"),
    "budget.currency": N_("Currency"),
    "budget.fundingSources": N_("Who paid"),
    "staff.fte": N_("Full-time posts"),
    "staff.profiles": N_("Trades and skills"),
    "organisations": N_("Organisations"),
    "references": N_("Further reading"),
    "contact": N_("Contact"),
    "language": N_("Language"),
    "licence": N_("Licence"),
    "visibility": N_("Visibility"),
    "record": N_("Record"),
}
"""Columns of a table that are no single text."""


def said(field: str, language: str) -> str:
    """What a field is called; its own name where it has no other."""
    source = TEXTS.get(field) or OTHERS.get(field)
    return speech.translations(language).gettext(source) if source else field


def meant(heading: str) -> str | None:
    """The field that a heading means, or None."""
    return _known().get(labels.folded(heading.strip().rstrip(":*")))


@cache
def _known() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for field in (*TEXTS, *OTHERS):
        for name in (field, *(said(field, language) for language in LANGUAGES)):
            found.setdefault(labels.folded(name), field)
    return found
