"""The parts of a practice in the order in which somebody who would do the same needs them; those that say something.

First what it is and whether it works, then how it is done, then what to mind. The page shows them and makes its list
of contents from the same tuple. A part that is none of these words is never shown: add it here.
"""

from __future__ import annotations

from dataclasses import dataclass

from node.wording import Reading


def N_(sentence: str) -> str:
    """Mark for translation."""
    return sentence


@dataclass(frozen=True, slots=True)
class Section:
    """One part. `field`: its name in the content; `kind`: how the template shows it; `heading`: to be translated."""

    field: str
    kind: str
    heading: str

    @property
    def id(self) -> str:
        """Its anchor on the page."""
        return f"part-{self.field}"


TEXT = "text"

SECTIONS = (
    Section("challenge", TEXT, N_("The problem")),
    Section("objectives", "list", N_("Objectives")),
    Section("approach", TEXT, N_("What was done")),
    Section("results", TEXT, N_("Results")),
    Section("indicators", "indicators", N_("In numbers")),
    Section("buildingBlocks", "blocks", N_("Building blocks")),
    Section("steps", "steps", N_("Steps")),
    Section("transferConditions", TEXT, N_("What another town needs")),
    Section("lessonsLearned", TEXT, N_("Lessons learned")),
    Section("failures", TEXT, N_("What did not work")),
    Section("sustainability", TEXT, N_("What keeps it going")),
    Section("participation", "participation", N_("The say of those concerned")),
    Section("hostCommunityRole", TEXT, N_("The part of the host community")),
    Section("genderAndInclusion", TEXT, N_("Gender and inclusion")),
    Section("planningLink", TEXT, N_("Plan or strategy")),
    Section("testimonials", "voices", N_("Voices")),
    Section("references", "references", N_("Further reading")),
)


def of(reading: Reading) -> list[Section]:
    """The parts that this practice has."""
    return [section for section in SECTIONS if _said(reading, section)]


def _said(reading: Reading, section: Section) -> bool:
    if section.kind == TEXT:
        return reading.at(section.field) is not None
    value = reading.content.get(section.field)
    return isinstance(value, dict if section.kind == "participation" else list) and bool(value)
