"""The page on which a practice is written: its blocks in order, what each field is called, and an example of each.

Sentences only; which fields there are, and their limits, stands in `node/drafting_fields.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
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

_BLOCKS = {
    "Practice": BLOCKS, "Adaptation": ADAPTATION_BLOCKS, "Question": QUESTION_BLOCKS, "Answer": ANSWER_BLOCKS,
    "Event": EVENT_BLOCKS,
}  # fmt: skip

LABELS: Mapping[str, str] = {
    "title": N_("Title"),
    "summary": N_("In short"),
    "challenge": N_("The problem"),
    "objectives": N_("Objectives, one a line"),
    "approach": N_("What was done"),
    "buildingBlocks": N_("Building blocks"),
    "buildingBlocks.title": N_("Name of the block"),
    "buildingBlocks.description": N_("What it is"),
    "buildingBlocks.enablingFactors": N_("What it needs"),
    "buildingBlocks.lesson": N_("Learned from it"),
    "steps": N_("Steps"),
    "steps.text": N_("What is done"),
    "steps.durationWeeks": N_("Weeks"),
    "steps.responsibleStakeholderType": N_("Who does it"),
    "results": N_("Results"),
    "indicators": N_("In numbers"),
    "indicators.label": N_("What was counted"),
    "indicators.value": N_("Value"),
    "indicators.unit": N_("Unit"),
    "indicators.baseline": N_("Before"),
    "indicators.target": N_("Aim"),
    "indicators.period": N_("Period"),
    "evidenceLevel": N_("What the results rest on"),
    "evidenceNote": N_("What the evidence is"),
    "lessonsLearned": N_("Lessons learned"),
    "failures": N_("What did not work"),
    "transferConditions": N_("What another town needs"),
    "sustainability": N_("What keeps it going"),
    "budget.amount": N_("Cost in all"),
    "budget.currency": N_("Currency"),
    "budget.period": N_("For which time"),
    "budget.fundingSources": N_("Who paid"),
    "staff.fte": N_("Full-time posts"),
    "staff.profiles": N_("Trades and skills"),
    "organisations": N_("Organisations, one a line"),
    "contact": N_("Contact: an office, not a person"),
    "topics": N_("Topics"),
    "targetGroups": N_("Target groups"),
    "dimensions": N_("Dimensions of migration"),
    "practiceType": N_("Kind"),
    "status": N_("Status"),
    "startDate": N_("Begun"),
    "endDate": N_("Ended, if it has"),
    "_visibility": N_("For whom"),
    "_author": N_("Author"),
    "_translator": N_("Translated by (an office, not a person)"),
    "_method": N_("How it was translated"),
    "testimonials": N_("Voices"),
    "testimonials.text": N_("What was said"),
    "testimonials.speakerRole": N_("Role and age band, no name"),
    "testimonials.consentId": N_("Consent on paper"),
    "participation.level": N_("The say of those concerned"),
    "participation.text": N_("How it went"),
    "hostCommunityRole": N_("The part of the host community"),
    "genderAndInclusion": N_("Gender and inclusion"),
    "planningLink": N_("Plan or strategy"),
    "gcmObjectives": N_("Objectives of the Global Compact for Migration, by number (1 to 23)"),
    "sdg": N_("Sustainable Development Goals, by number (1 to 17)"),
    "spatial": N_("Places"),
    "spatial.name": N_("City or region"),
    "spatial.scale": N_("How wide"),
    "stakeholders": N_("Who took part"),
    "stakeholders.concept": N_("Kind of partner"),
    "stakeholders.role": N_("Its part"),
    "fidelity": N_("How closely you followed it"),
    "blocksUsed": N_("Building blocks that you took"),
    "changes": N_("What was changed, and why"),
    "context": N_("What is different here"),
    "outcome": N_("What came of it"),
    "outcomeText": N_("The same in words"),
    "lessons": N_("What was learned"),
    "cost.amount": N_("Cost in all"),
    "cost.currency": N_("Currency"),
    "cost.period": N_("For which time"),
    "cost.fundingSources": N_("Who paid"),
    "supportReceived": N_("Help that the source gave"),
    "result": N_("The practice of yours that came of it"),
    "addressedTo": N_("Who is asked; everybody, if nobody is ticked"),
    "name": N_("Name of the meeting"),
    "description": N_("What happens there"),
    "timeZone": N_("Time zone"),
    "location.name": N_("House or hall"),
    "location.city": N_("City"),
    "location.country": N_("Country, in two letters"),
    "location.onlineUrl": N_("Web address, for who joins from afar"),
    "languages": N_("Languages spoken there"),
    "organiser": N_("Who holds it: an organisation"),
    "registration": N_("Where one registers: a web address or a role mailbox"),
    "practicesPresented": N_("Practices shown there: the addresses of their pages, one a line"),
    "recommendations": N_("Recommendations, one a line"),
    "references": N_("Further reading"),
    "references.title": N_("Title, as on the cover"),
    "references.url": N_("Web address"),
}
"""What a field is called; of rows, without the number."""

EXAMPLES: Mapping[str, str] = {
    "title": N_("Skills assessments with regularised migrants"),
    "summary": N_(
        "In five months two associations held 350 skills assessments in Casablanca and Rabat; they learned "
        "the method by using it and can pass it on."
    ),
    "challenge": N_("The town knew almost nothing of the trades and diplomas of those who had been regularised."),
    "objectives": N_("Every newcomer has an interview within two months"),
    "approach": N_(
        "Counsellors held the interviews from the first day, with a trainer beside them, instead of being "
        "taught in a classroom first."
    ),
    "buildingBlocks": N_("The interview guide in three languages"),
    "steps": N_("Find two associations that receive people already"),
    "results": N_("350 assessments in five months; 80 people found work within the year."),
    "indicators": N_("Assessments held: 350"),
    "lessonsLearned": N_(
        "A team learns a tool by using it. The difficulty was to find rooms in which one can talk undisturbed."
    ),
    "failures": N_("Evening appointments were not taken up; we gave them up after a month."),
    "transferConditions": N_("An association that receives the public, two or three counsellors, a quiet room."),
    "sustainability": N_("The service is a line of the town's budget since 2018."),
    "budget.period": N_("2016 and 2017"),
    "budget.fundingSources": N_("The town two thirds, the region one third"),
    "staff.profiles": N_("Two counsellors, one mediator who speaks Wolof"),
    "organisations": N_("Association of the quarter"),
    "contact": N_("Office for migration, town hall"),
    "startDate": N_("12/2015"),
    "evidenceNote": N_("Yearly report of the association, 2017"),
    "testimonials": N_("“I could say what I can do.” – carpenter, 30 to 40"),
    "gcmObjectives": N_("15, 16"),
    "sdg": N_("8, 10"),
    "spatial": N_("The old town of Tiznit"),
    "references": N_("Guide to skills assessments, 2016"),
    "planningLink": N_("Communal action plan 2016–2021, axis 3"),
    "hostCommunityRole": N_("Neighbours run the language café on Saturdays."),
    "genderAndInclusion": N_("Interviews in the morning, with child care."),
}
"""An example of each field, shown beside it."""

LABELS_OF: Mapping[str, Mapping[str, str]] = {
    "Question": {"title": N_("The question, in a line"), "text": N_("The question")},
    "Answer": {
        "text": N_("The answer"), "references": N_("Practices to read: the addresses of their pages, one a line")
    },
    "Event": {"startDate": N_("Begins"), "endDate": N_("Ends")},
}  # fmt: skip
"""Fields that are called otherwise in drafts of a kind."""

EXAMPLES_OF: Mapping[str, Mapping[str, str]] = {
    "Adaptation": {
        "changes": N_("We held the interviews in the evening, because most people work by day."),
        "outcomeText": N_("After six months 40 people had taken part; we stopped because the rooms were lost."),
        "indicators": N_("Interviews held: 40"),
    },
    "Question": {"title": N_("Who pays the trainers?")},
    "Answer": {},
    "Event": {
        "name": N_("Meeting of the towns of the south"), "startDate": N_("12/05/2027 09:30"),
        "endDate": N_("13/05/2027 17:00"), "recommendations": N_("Towns should share their trainers."),
    },
}  # fmt: skip
"""Examples in drafts of a kind."""

WORDS = {"participation.level": "participation", "stakeholders.role": "role", "spatial.scale": "scale"} | {
    name: name for name in ("fidelity", "outcome", "supportReceived")
}
"""Fields whose values are words of `node/web/terms.py`, and which list."""

VISIBILITIES = {"public": N_("everybody"), "network": N_("the nodes of the network only")}


def blocks_of(kind: str) -> tuple[Block, ...]:
    """The parts of the page on which a draft of this kind is written; a translation has none."""
    return _BLOCKS.get(kind, ())


def label_of(path: str, kind: str = "Practice") -> str:
    """What the field at a path is called, in English; translated where it is shown."""
    plain = ".".join(part for part in path.split(".") if not part.isdecimal())
    return LABELS_OF.get(kind, {}).get(plain) or LABELS.get(plain, plain)


def example_of(path: str, kind: str) -> str:
    """An example for the field at a path, in English; empty where there is none."""
    return EXAMPLES_OF[kind].get(path, "") if kind in EXAMPLES_OF else EXAMPLES.get(path, "")


def words_of(path: str) -> str:
    """The list of words in which the value of a field is said; empty where there is none."""
    return WORDS.get(".".join(part for part in path.split(".") if not part.isdecimal()), "")
