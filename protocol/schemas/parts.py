"""Objects that several contents hold: an indicator, a budget, a place, a reference.

Source of fields and limits: the project's data model, after the templates of the European Web Site on
Integration, the Migration Network Hub, PANORAMA, FAO and the JMDI. On the line: practice.py and exchange.py
nest these.
"""

from __future__ import annotations

from protocol.schemas.content import Content
from protocol.schemas.fields import Choice, Formed, Items, LangText, Part, Text, Whole
from protocol.schemas.syntax import AMOUNT, CONCEPT, CURRENCY, DECIMAL, LATITUDE, LONGITUDE, WEB_ADDRESS


class Breakdown(Content):
    """One group of an indicator; pages show a value below 5 as "<5"."""

    sex = Choice("female", "male", "other", meaning="Sex of the group")
    age = Text(1, 20, "Age band of the group, such as 15-24")
    value = Formed(DECIMAL, "Value for the group", required=True)


class Indicator(Content):
    """Numbers as data, comparable, not buried in prose."""

    label = LangText(1, 120, "What was counted", term="schema:name", required=True)
    value = Formed(DECIMAL, "What was reached", term="schema:value", required=True)
    unit = Text(1, 40, "Unit, in the record's language", term="schema:unitText")
    baseline = Formed(DECIMAL, "Value before the practice")
    target = Formed(DECIMAL, "Value that was aimed at")
    period = Text(1, 60, "Time that the value covers")
    breakdown = Items(Part(Breakdown), 0, 20, "Values by sex and age")


class BudgetLine(Content):
    """One line of a budget."""

    label = LangText(1, 120, "What it was spent on", required=True)
    amount = Formed(AMOUNT, "Amount, in the budget's currency", required=True)


class Budget(Content):
    """Money in the currency in which it was spent."""

    amount = Formed(AMOUNT, "Total", term="schema:value", required=True)
    currency = Formed(CURRENCY, "Currency, shown as given", term="schema:currency", required=True)
    period = Text(1, 60, "Time that the amount covers")
    breakdown = Items(Part(BudgetLine), 0, 20, "What the total is made of")
    fundingSources = LangText(1, 500, "Who paid", term="schema:funding", lines=True)


class BuildingBlock(Content):
    """The reusable unit of a practice: an Adaptation can name which blocks it took."""

    title = LangText(1, 120, "Name of the block", term="dcterms:title", required=True)
    description = LangText(1, 1500, "What it is", term="dcterms:description", lines=True)
    enablingFactors = LangText(1, 600, "What it needs to work", lines=True)
    lesson = LangText(1, 600, "What was learned from it", lines=True)


class Step(Content):
    """What a replicator copies first."""

    order = Whole(1, 100, "Place in the order, if another than the list's", term="schema:position")
    text = LangText(1, 500, "What is done", term="schema:text", required=True, lines=True)
    durationWeeks = Whole(1, 520, "How long it takes, in weeks")
    responsibleStakeholderType = Formed(CONCEPT, "Kind of stakeholder that does it")


class Testimonial(Content):
    """A voice, by role and never by name unless its owner agreed on paper."""

    text = LangText(1, 1200, "What was said", term="schema:text", required=True, lines=True)
    speakerRole = LangText(1, 120, "Role and age band of the speaker, no name")
    consentId = Text(1, 120, "The consent that the node keeps on paper; never federated itself")


class Stakeholder(Content):
    """Who took part."""

    concept = Formed(CONCEPT, "Kind of stakeholder", term="dcterms:contributor", required=True)
    organisationId = Text(1, 120, "Which organisation")
    role = Choice("lead", "partner", "funder", "beneficiary", meaning="Part that it played")


class Participation(Content):
    """How far those concerned had a say."""

    level = Choice("informed", "consulted", "co-designed", "led", meaning="How far", required=True)
    text = LangText(1, 1000, "How it went", lines=True)


class Place(Content):
    """A city or a region, never an address."""

    node = Text(1, 64, "The node that answers for the place")
    name = LangText(1, 120, "Name of the place", term="schema:name", required=True)
    lat = Formed(LATITUDE, "Degrees north, of the city", term="schema:latitude")
    lon = Formed(LONGITUDE, "Degrees east, of the city", term="schema:longitude")
    scale = Choice("neighbourhood", "commune", "region", "national", meaning="How wide it reached")


class Staff(Content):
    """People it takes."""

    fte = Formed(AMOUNT, "Full-time equivalents")
    profiles = LangText(1, 500, "Trades and skills", lines=True)


class Reference(Content):
    """Something to read."""

    title = Text(1, 300, "Title, as on its cover", term="dcterms:title", required=True, searched=True)
    url = Formed(WEB_ADDRESS, "Where it can be read", term="schema:url")
