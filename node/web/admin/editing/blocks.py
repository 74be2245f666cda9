"""The page on which a record is written: its parts in order, by kind of record.

Sentences and order only; which fields there are, and their limits, stands in `node/drafting_shapes.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from node.sentences import N_


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the page. `entries`: paths of fields and names of lists of rows; `folded`: closed while it is empty."""

    id: str
    title: str
    help: str
    entries: tuple[str, ...]
    folded: bool = False


BLOCKS = (
    Block(
        "b-title", N_("Title and summary"), N_("What a reader sees first, in a list of results."), ("title", "summary")
    ),
    Block(
        "b-problem", N_("The problem"), N_("Whom does it concern, and what went badly before?"),
        ("challenge", "objectives"),
    ),
    Block(
        "b-solution", N_("What was done"), N_("So that somebody who was not there could do the same."),
        ("approach", "buildingBlocks", "steps"),
    ),
    Block(
        "b-results", N_("Results"), N_("What is different now, and how do you know? Numbers go into the table below."),
        ("results", "indicators", "evidenceLevel", "evidenceNote"),
    ),
    Block(
        "b-lessons", N_("Lessons learned"), N_("At least one difficulty: what others read most carefully."),
        ("lessonsLearned", "failures"),
    ),
    Block(
        "b-transfer", N_("What another town needs"),
        N_("What must be there, and what can be done differently elsewhere."),
        ("transferConditions", "sustainability"),
    ),
    Block(
        "b-cost", N_("Cost and staff"), N_("Roughly is better than not at all."),
        ("budget.amount", "budget.currency", "budget.period", "budget.fundingSources", "staff.fte", "staff.profiles",
         "stakeholders", "organisations", "contact"),
    ),
    Block(
        "b-topics", N_("Topics and target groups"), N_("By these it is found in every language."),
        ("topics", "targetGroups", "dimensions", "practiceType", "status", "startDate", "endDate", "spatial",
         "_visibility"),
    ),
    Block(
        "b-more", N_("Voices, participation, inclusion"), N_("Nothing here is required."),
        ("testimonials", "participation.level", "participation.text", "hostCommunityRole", "genderAndInclusion",
         "planningLink", "gcmObjectives", "sdg", "references"), folded=True,
    ),
)  # fmt: skip

ADAPTATION_BLOCKS = (
    Block(
        "b-taken", N_("What you took"), N_("Which parts of it, and how closely you followed them."),
        ("fidelity", "blocksUsed"),
    ),
    Block(
        "b-changed", N_("What you changed"), N_("And why: what is different in your town."), ("changes", "context"),
    ),
    Block(
        "b-outcome", N_("What came of it"), N_("A failure is as useful to others as a success."),
        ("outcome", "outcomeText", "lessons", "startDate", "endDate"),
    ),
    Block(
        "b-figures", N_("In figures"), N_("Beside those of the source, where you have them."),
        ("indicators", "cost.amount", "cost.currency", "cost.period", "cost.fundingSources"),
    ),
    Block(
        "b-links", N_("Help, and what followed"), N_("Nothing here is required."),
        ("supportReceived", "result", "_visibility"),
    ),
)  # fmt: skip

QUESTION_BLOCKS = (
    Block(
        "b-question", N_("Your question"), N_("In your own language: it can be translated."),
        ("title", "text", "addressedTo", "topics", "_visibility"),
    ),
)  # fmt: skip

ANSWER_BLOCKS = (
    Block(
        "b-answer", N_("Your answer"), N_("In your own language: it can be translated."),
        ("text", "references", "_visibility"),
    ),
)  # fmt: skip

EVENT_BLOCKS = (
    Block("b-event", N_("The meeting"), N_("No list of who attended is ever published."), ("name", "description")),
    Block(
        "b-when", N_("When and where"), N_("As the clock on the wall shows it."),
        ("startDate", "endDate", "timeZone", "location.name", "location.city", "location.country",
         "location.onlineUrl", "languages", "organiser", "registration"),
    ),
    Block(
        "b-shown", N_("What is shown and recommended"), N_("Recommendations can be cited one by one."),
        ("practicesPresented", "recommendations", "topics", "_visibility"),
    ),
)  # fmt: skip

ORGANISATION_BLOCKS = (
    Block(
        "b-card", N_("The organisation"), N_("A house, never a person: an office, a mailbox of a role, a switchboard."),
        ("legalName", "acronym", "stakeholderType", "description", "city", "country", "roleMailbox", "telephone", "url",
         "languagesSpoken"),
    ),
    Block(
        "b-offers", N_("What it offers"),
        N_("By its topic it is found in every language; your words say it more finely."),
        ("offers",),
    ),
    Block(
        "b-seeks", N_("What it seeks"), N_("Whoever offers it, in any town, is shown to you under “Exchange”."),
        ("seeks", "_visibility"),
    ),
)  # fmt: skip

_BLOCKS = {
    "Practice": BLOCKS, "Adaptation": ADAPTATION_BLOCKS, "Question": QUESTION_BLOCKS, "Answer": ANSWER_BLOCKS,
    "Event": EVENT_BLOCKS, "Organisation": ORGANISATION_BLOCKS,
}  # fmt: skip


def blocks_of(kind: str) -> tuple[Block, ...]:
    """The parts of the page on which a draft of this kind is written; a translation has none."""
    return _BLOCKS.get(kind, ())
