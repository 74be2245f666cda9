"""Words from fixed lists, marked for translation: what a schema's choice is called on a page.

A value that is not listed (a newer version's) is shown as it stands.
"""

from __future__ import annotations


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
    "method": {
        "human": N_("translated by people"),
        "machine-assisted": N_("translated by machine, reviewed by people"),
        "machine": N_("machine translation, not reviewed"),
    },
    "role": {
        "lead": N_("lead"),
        "partner": N_("partner"),
        "funder": N_("funder"),
        "beneficiary": N_("beneficiary"),
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
    },
    "reason": {
        "erasure-request": N_("somebody asked for erasure"),
        "withdrawn": N_("withdrawn by its author"),
        "superseded": N_("replaced by something newer"),
        "unlawful": N_("it was not lawful"),
        "mistake": N_("published by mistake"),
    },
}
