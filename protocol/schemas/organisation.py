"""Organisation: who can help, what it offers and what it seeks, so that one that offers finds one that seeks.

A contact card of a house, never of a person: a mailbox of a role, the telephone of a switchboard. Whether a
mailbox is a person's has no notation, so an editor asks (protocol/schemas/personal.py); here only its form is
judged. On the line: stands alone; that two organisations match is computed by each reader and never signed.
"""

from __future__ import annotations

from protocol.schemas.content import Content
from protocol.schemas.fields import Formed, Items, LangText, Part, Text
from protocol.schemas.syntax import CONCEPT, COUNTRY, LANGUAGE, MAILBOX_ADDRESS, TELEPHONE, WEB_ADDRESS


class HelpItem(Content):
    """One thing that an organisation offers or seeks: a concept that every language shares, and the finer words."""

    topic = Formed(CONCEPT, "What it is about; by this it is matched", term="dcterms:subject", required=True)
    text = LangText(1, 200, "The same more finely, such as training of counsellors", term="dcterms:description")


class Organisation(Content):
    """An organisation, `org:Organization`, as the node that introduces it knows it."""

    title_field, summary_field = "legalName", "description"

    legalName = LangText(1, 200, "Its name", term="schema:legalName", required=True)
    acronym = Text(1, 30, "Its short name", term="schema:alternateName", searched=True)
    stakeholderType = Formed(CONCEPT, "Kind of stakeholder", term="org:classification", required=True)
    description = LangText(1, 2000, "What it does", term="dcterms:description", lines=True)
    city = Text(1, 120, "City where it is", term="schema:addressLocality", searched=True)
    country = Formed(COUNTRY, "Country where it is; the origin's where absent", term="schema:addressCountry")
    roleMailbox = Formed(MAILBOX_ADDRESS, "Mailbox of a role, never a person's", term="vcard:hasEmail")
    telephone = Formed(TELEPHONE, "Its switchboard", term="vcard:hasTelephone")
    url = Formed(WEB_ADDRESS, "Its pages", term="schema:url")
    languagesSpoken = Items(Formed(LANGUAGE), 0, 10, "Languages spoken there", term="schema:knowsLanguage")
    offers = Items(Part(HelpItem), 0, 12, "What it offers to others", term="schema:makesOffer")
    seeks = Items(Part(HelpItem), 0, 12, "What it seeks from others", term="schema:seeks")
