"""Practice: what a town did, how, what came of it, and what another town needs to do the same.

Ten fields are required, so that an officer can publish in twenty minutes; the others raise a completeness
bar. There is no field for a beneficiary's name, birth date, document number, address or health. On the line:
the heart of the network; Adaptation, Translation, Question and Answer all lead back to one of these.
"""

from __future__ import annotations

from protocol.schemas.content import Content, dates_in_order
from protocol.schemas.fields import Derived, Formed, Items, LangText, Part, Text, Whole
from protocol.schemas.parts import (
    Budget,
    BuildingBlock,
    Indicator,
    Participation,
    Place,
    Reference,
    Staff,
    Stakeholder,
    Step,
    Testimonial,
)
from protocol.schemas.syntax import CONCEPT, DATE, EVIDENCE, RECORD_URI


class Practice(Content):
    """A good practice, `schema:CreativeWork`. Every text has one key, the record's language."""

    rules = (dates_in_order,)
    one_language = True
    title_field, summary_field = "title", "summary"

    title = LangText(8, 150, "What was done, in a line", term="dcterms:title", required=True)
    summary = LangText(80, 900, "The text of a result card", term="dcterms:abstract", required=True, lines=True)
    challenge = LangText(40, 2500, "The issue that it met", required=True, lines=True)
    objectives = Items(LangText(1, 300, lines=True), 0, 8, "What it aimed at")
    approach = LangText(80, 6000, "How it works", term="dcterms:description", required=True, lines=True)
    buildingBlocks = Items(Part(BuildingBlock), 0, 8, "Units that can be taken alone")
    steps = Items(Part(Step), 0, 20, "What to do, in order", term="schema:step")
    results = LangText(40, 4000, "What came of it", required=True, lines=True)
    indicators = Items(Part(Indicator), 0, 20, "Results in numbers", term="schema:variableMeasured")
    lessonsLearned = LangText(40, 3000, "What was learned, with at least one difficulty", required=True, lines=True)
    failures = LangText(1, 2000, "What did not work, side effects", lines=True)
    transferConditions = LangText(1, 3000, "What another town needs", lines=True)
    sustainability = LangText(1, 2000, "What keeps it going", lines=True)
    testimonials = Items(Part(Testimonial), 0, 6, "Voices")
    topics = Items(Formed(CONCEPT), 1, 6, "What it is about", term="dcterms:subject", required=True)
    targetGroups = Items(Formed(CONCEPT), 1, 6, "Whom it is for", term="schema:audience", required=True)
    practiceType = Formed(CONCEPT, "Kind of practice; `service` where absent", term="dcterms:type")
    dimensions = Items(Formed(CONCEPT), 0, 4, "Emigration, immigration, transit, return")
    stakeholders = Items(Part(Stakeholder), 0, 20, "Who took part", term="dcterms:contributor")
    participation = Part(Participation, "The say of those concerned")
    hostCommunityRole = LangText(1, 1500, "The part of the host community", lines=True)
    genderAndInclusion = LangText(1, 1500, "Gender and inclusion", lines=True)
    planningLink = LangText(1, 800, "The plan or strategy that it belongs to", lines=True)
    gcmObjectives = Items(Whole(1, 23), 0, 6, "Objectives of the Global Compact for Migration")
    sdg = Items(Whole(1, 17), 0, 6, "Sustainable Development Goals")
    status = Formed(CONCEPT, "How far it has come", term="schema:creativeWorkStatus", required=True)
    evidenceLevel = Formed(EVIDENCE, "What the results rest on; `self-reported` where absent")
    startDate = Formed(DATE, "When it began", term="schema:startDate", required=True)
    endDate = Formed(DATE, "When it ended; absent while it goes on", term="schema:endDate")
    spatial = Items(Part(Place), 0, 3, "Where it happened", term="dcterms:spatial")
    budget = Part(Budget, "What it cost", term="schema:MonetaryAmount")
    staff = Part(Staff, "Who it takes")
    relatedPractices = Items(Formed(RECORD_URI), 0, 20, "Practices to read with it", term="dcterms:relation")
    references = Items(Part(Reference), 0, 20, "Further reading", term="dcterms:references")
    attachments = Items(Text(1, 120), 0, 12, "Ids of attachments", term="schema:associatedMedia")
    organisations = Items(
        Text(1, 120, searched=True), 0, 10, "Organisations by name, until they have records of their own"
    )
    evidenceNote = LangText(1, 500, "What the evidence level rests on", lines=True)
    contact = Text(1, 120, "Organisation to ask: a role, not a person", term="dcat:contactPoint")
    validation = Derived("Counted from endorsements")
