"""Words from fixed lists, marked for translation: what a schema's choice is called on a page.

A value that is not listed (a newer version's) is shown as it stands.
"""

from __future__ import annotations

from node.outputs.rows import METHODS


def N_(sentence: str) -> str:
    """Mark for translation; the page translates."""
    return sentence


TERMS = {
    "fidelity": {
        "faithful": N_("taken over faithfully"),
        "adapted": N_("adapted"),
        "inspired": N_("freely inspired"),
    },
    "outcome": {
        "planned": N_("planned"),
        "ongoing": N_("under way"),
        "worked": N_("it worked"),
        "partly": N_("it worked in part"),
        "failed": N_("it did not work"),
        "unknown": N_("outcome unknown"),
    },
    "method": METHODS,
    "role": {
        "lead": N_("lead"),
        "partner": N_("partner"),
        "funder": N_("funder"),
        "beneficiary": N_("beneficiary"),
    },
    "supportReceived": {
        "visit": N_("a visit"),
        "training": N_("training"),
        "documents": N_("documents"),
        "none": N_("no help"),
    },
    "participation": {
        "informed": N_("informed"),
        "consulted": N_("consulted"),
        "co-designed": N_("designed together"),
        "led": N_("led by those concerned"),
    },
    "scale": {
        "neighbourhood": N_("neighbourhood"),
        "commune": N_("municipality"),
        "region": N_("region"),
        "national": N_("national"),
    },
    "peer": {
        "requested": N_("asked, not accepted yet"),
        "active": N_("active"),
        "paused": N_("paused"),
        "blocked": N_("blocked"),
        "ended": N_("ended"),
    },
    "aside": {
        "pending": N_("waits"),
        "held": N_("held for a person to look at"),
        "refused": N_("refused"),
        "skipped": N_("left out, only remembered"),
    },
    "kind": {
        "Practice": N_("practice"),
        "Adaptation": N_("adaptation"),
        "Translation": N_("translation"),
        "Question": N_("question"),
        "Answer": N_("answer"),
        "Event": N_("meeting"),
        "Organisation": N_("organisation"),
        "Attachment": N_("attached file"),
        "Acknowledgement": N_("acknowledgement"),
    },
    "record_type": {
        "Practice": N_("practices"),
        "Adaptation": N_("adaptations"),
        "Translation": N_("translations"),
        "Question": N_("questions"),
        "Answer": N_("answers"),
        "Event": N_("events"),
        "Organisation": N_("organisations"),
        "Attachment": N_("attached files"),
        "Node": N_("cards"),
        "Vouch": N_("vouches"),
        "Tombstone": N_("ends of records"),
        "Receipt": N_("receipts"),
    },
    "account_role": {
        "reader": N_("reader"),
        "editor": N_("editor"),
        "publisher": N_("publisher"),
        "administrator": N_("administrator"),
    },
    "account_may": {
        "reader": N_("sees what is meant for the people of this node"),
        "editor": N_("writes drafts"),
        "publisher": N_("publishes in the name of the municipality"),
        "administrator": N_("decides about peers, rules, keys and people"),
    },
    "standing": {
        "well": N_("well"),
        "catching_up": N_("catching up"),
        "calls_us": N_("calls us"),
        "one_way": N_("one way only"),
        "never_met": N_("not met yet"),
        "late": N_("a little late"),
        "silent": N_("silent"),
        "dormant": N_("silent for long"),
        "wrong_clock": N_("wrong clock"),
        "refuses_us": N_("refuses us"),
        "answers_wrongly": N_("answers wrongly"),
        "another_node": N_("another node answers"),
        "outdated_here": N_("update this node"),
        "outdated_there": N_("outdated"),
        "trouble_here": N_("trouble here"),
        "altering": N_("brings altered records"),
        "waiting_for_them": N_("waits for them"),
        "waiting_for_us": N_("waits for you"),
        "paused": N_("paused"),
        "blocked": N_("blocked"),
        "unblocked": N_("block lifted"),
        "ended_by_us": N_("ended by us"),
        "ended_by_them": N_("ended by them"),
    },
    "reason": {
        "erasure-request": N_("somebody asked for erasure"),
        "withdrawn": N_("withdrawn by its author"),
        "superseded": N_("replaced by something newer"),
        "unlawful": N_("it was not lawful"),
        "mistake": N_("published by mistake"),
    },
}
