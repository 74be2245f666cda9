"""What each field is called on the page where a record is written, and an example of each.

Sentences only; which fields there are, and their limits, stands in `node/drafting_shapes.py`, their order on the page
in `blocks.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from node.sentences import N_

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
    "legalName": N_("Name of the organisation"),
    "acronym": N_("Short name"),
    "stakeholderType": N_("Kind of partner"),
    "city": N_("City"),
    "country": N_("Country, in two letters"),
    "roleMailbox": N_("Mailbox of a role, not of a person"),
    "telephone": N_("Telephone of the switchboard, with the country"),
    "url": N_("Web address"),
    "languagesSpoken": N_("Languages spoken there"),
    "offers": N_("It offers"),
    "offers.topic": N_("Topic"),
    "offers.text": N_("More finely, in your words"),
    "seeks": N_("It seeks"),
    "seeks.topic": N_("Topic"),
    "seeks.text": N_("More finely, in your words"),
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
    "Organisation": {"description": N_("What it does")},
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
    "Organisation": {
        "legalName": N_("House of the migrants of the old town"), "city": N_("Tangier"), "country": "MA",
        "roleMailbox": "reception@house.example", "telephone": "+212 539 00 00 00",
        "url": "https://house.example", "offers": N_("capacity building: training of counsellors"),
        "seeks": N_("skills assessment: counsellors who know the method"),
    },
}  # fmt: skip
"""Examples in drafts of a kind."""

WORDS = {"participation.level": "participation", "stakeholders.role": "role", "spatial.scale": "scale"} | {
    name: name for name in ("fidelity", "outcome", "supportReceived")
}
"""Fields whose values are words of `node/web/terms.py`, and which list."""

VISIBILITIES = {"public": N_("everybody"), "network": N_("the nodes of the network only")}


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
