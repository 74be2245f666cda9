"""What towns answer to a practice: Adaptation, Translation, Question, Answer, Acknowledgement.

Each names what it is about by record URI; where it depends on the wording it also names the revision, by
digest, so that a reader sees when the source has moved on. That the source exists, is published, or is
another node's is asked when it is shown: records arrive in any order. On the line: `reading.about` gives the
reference of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protocol.schemas.content import Content, dates_in_order
from protocol.schemas.fields import Choice, Derived, Formed, Items, LangText, Part, Text, TextByPath, Whole
from protocol.schemas.parts import Budget, Indicator
from protocol.schemas.syntax import CONCEPT, DATE, DID, DIGEST, LANGUAGE, RECORD_URI

OUTCOMES_TO_EXPLAIN = frozenset({"worked", "partly", "failed"})


def outcome_explained(content: Mapping[str, Any]) -> tuple[str, str] | None:
    """`outcomeText` is required where it worked, worked partly or failed: failed is as useful as worked."""
    outcome = content["outcome"]
    if outcome in OUTCOMES_TO_EXPLAIN and not content.get("outcomeText"):
        return "outcomeText", f"missing_field|this field is required where the outcome is {outcome}"
    return None


def languages_differ(content: Mapping[str, Any]) -> tuple[str, str] | None:
    """`to` is another language than `from`."""
    same = content["from"] == content["to"]
    return ("to", "bad_field|a translation is into another language") if same else None


class Adaptation(Content):
    """What a town took from another's practice, and what came of it; the source's thanks are another record."""

    rules = (dates_in_order, outcome_explained)
    summary_field = "outcomeText"

    source = Formed(RECORD_URI, "The practice taken up", term="prov:wasDerivedFrom", required=True)
    sourceDigest = Formed(DIGEST, "The revision of it", required=True)
    result = Formed(RECORD_URI, "The practice that came of it, once written up", term="prov:generated")
    fidelity = Choice("faithful", "adapted", "inspired", meaning="How close it stays", required=True)
    blocksUsed = Items(Whole(0, 7), 0, 8, "Building blocks taken, by index in the source's revision")
    changes = LangText(40, 2000, "What was changed, and why", required=True, lines=True)
    context = LangText(1, 1000, "What is different here", lines=True)
    outcome = Choice(
        "planned",
        "ongoing",
        "worked",
        "partly",
        "failed",
        "unknown",
        meaning="What came of it",
        required=True,
    )
    outcomeText = LangText(1, 2000, "The same in words; required where it worked, worked partly or failed", lines=True)
    indicators = Items(Part(Indicator), 0, 20, "Results in numbers", term="schema:variableMeasured")
    cost = Part(Budget, "What it cost", term="schema:MonetaryAmount")
    supportReceived = Items(Choice("visit", "training", "documents", "none"), 0, 4, "Help that the source gave")
    lessons = LangText(1, 2000, "What was learned", lines=True)
    startDate = Formed(DATE, "When it began", term="schema:startDate")
    endDate = Formed(DATE, "When it ended; absent while it goes on", term="schema:endDate")


class Translation(Content):
    """A record's texts in another language, signed by who translated; the source is never written into."""

    rules = (languages_differ,)

    target = Formed(RECORD_URI, "The record translated", term="schema:translationOfWork", required=True)
    targetDigest = Formed(DIGEST, "The revision of it", required=True)
    from_ = Formed(LANGUAGE, "Language translated from", required=True, key="from")
    to = Formed(LANGUAGE, "Language translated into", term="schema:inLanguage", required=True)
    # Twice what titles and summaries may have in a source: languages differ in length, result cards do not.
    fields_ = TextByPath(
        200,
        12_000,
        {"title": 400, "name": 400, "summary": 1800},
        "Texts by the path of the field they translate, without its language",
        required=True,
        key="fields",
    )
    method = Choice("human", "machine-assisted", "machine", meaning="How it was made", required=True)
    translator = Text(1, 120, "Role or organisation", term="schema:translator", required=True)
    reviewedBy = Formed(DID, "Node that read it again")
    note = Text(1, 500, "Remark, in the record's language", lines=True)
    coverage = Derived("How much of the source is translated")


class Question(Content):
    """What a town wants to know, of one practice or of anybody."""

    title_field, summary_field = "title", "text"

    about = Formed(RECORD_URI, "The practice asked about", term="as:context")
    topics = Items(Formed(CONCEPT), 0, 4, "What it is about", term="dcterms:subject")
    title = LangText(10, 200, "The question, in a line", term="dcterms:title", required=True)
    text = LangText(10, 3000, "The question", term="as:content", required=True, lines=True)
    addressedTo = Items(Formed(DID), 0, 8, "Nodes that are asked; all where empty", term="as:to")
    status = Choice("open", "answered", "closed", meaning="As its asker sees it; `open` where absent")


class Answer(Content):
    """What another town knows about it."""

    inReplyTo = Formed(RECORD_URI, "The question", term="as:inReplyTo", required=True)
    text = LangText(2, 5000, "The answer", term="as:content", required=True, lines=True)
    references = Items(Formed(RECORD_URI), 0, 20, "Practices to read", term="dcterms:references")
    accepted = Derived("Said by the asker's node, not by this record", term="schema:acceptedAnswer")


class Acknowledgement(Content):
    """What a node says of a record that answers one of its own: an adaptation is known to it, an answer is accepted.

    It counts only where its origin is that of the practice adapted, or of the question answered; taken back, it is
    withdrawn.
    """

    summary_field = "text"

    about = Formed(RECORD_URI, "The Adaptation, or the Answer", term="as:object", required=True)
    aboutDigest = Formed(DIGEST, "The revision of it", required=True)
    text = LangText(1, 500, "A word with it", term="as:content", lines=True)
