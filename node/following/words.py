"""What happened, and why it is shown, in a few words of one of the five languages: for pages, mails, the terminal."""

from __future__ import annotations

import unicodedata

from node import labels, prose, speech
from node.following.reading import CHANGED, NEW, Named, Piece
from node.sentences import N_
from node.store.follows import COMMUNE, PRACTICE, SEARCH, TOPIC

WORDS = {
    NEW: N_("New practice"),
    CHANGED: N_("Practice changed"),
    "Adaptation": N_("A town did this too"),
    "Question": N_("Question"),
    "Answer": N_("Answer"),
    "Event": N_("Meeting"),
    "Organisation": N_("Organisation"),
}
KINDS = {
    TOPIC: N_("topic %(name)s"),
    COMMUNE: N_("municipality %(name)s"),
    PRACTICE: N_("practice %(name)s"),
    SEARCH: N_("search %(name)s"),
}
"""What can be followed, with its name."""


def happened(piece: Piece, language: str) -> str:
    """*New practice*, *Answer*, *Recommendations*, *Translated into Arabic*."""
    say = speech.translations(language).gettext
    content = piece.stored.content
    if piece.word == "Translation":
        return say(N_("Translated into %(language)s")) % {"language": labels.tongue(str(content.get("to")), language)}
    if piece.word == "Event" and content.get("recommendations"):
        return say(N_("Recommendations of a meeting"))
    return say(WORDS[piece.word])


def called(named: Named, language: str) -> str:
    """*topic language learning*: what is followed, in plain text."""
    return speech.translations(language).gettext(KINDS[named.follow.kind]) % {"name": line(named.label.text)}


def line(text: str, most: int = 0) -> str:
    """A text of a record on one line: no control characters, no signs that turn letters around. `most`: characters
    kept, 0 for all."""
    shown = " ".join("".join(map(_shown, prose.upright(text))).split())
    return shown if not most or len(shown) <= most else f"{shown[:most].rsplit(' ', 1)[0]}…"


def _shown(letter: str) -> str:
    if letter.isprintable() or letter in "\u200c\u200d\u200e\u200f\u061c\u00a0\u202f":
        return letter  # joiners and honest marks of direction: Arabic needs them
    return "" if unicodedata.category(letter) == "Cf" else " "
