"""German words put together of others: Küchengenossenschaft is Küche and Genossenschaft.

Law: split is only what is made wholly of known words, so that no word is torn apart by chance; a word that is itself
known stays whole, since it means more than its parts. Known are the words of the vocabulary's and the lexicon's German
labels. The last part may be inflected. Pure, and complete once every label is added. Comes from: `meanings`.
"""

from search.language import MAX_TOKEN, forms

LANGUAGE = "de"

LEAST = 8
"""Letters of a word that is looked at."""

_LEAST_PART = 3
_LEAST_STEM = 4  # letters of a last part that is known by its stem only
_LINKS = ("", "s", "n", "en", "es", "er", "e")  # what may stand between two parts: Gesundheit-s-amt
_MAX_PARTS = 4


class Compounds:
    """The words that compounds are made of."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._lengths: dict[str, list[int]] = {}  # of the known words that begin alike, the longest first
        self._stems: set[str] = set()

    def add(self, spelled: str, word: str) -> None:
        """A word that may be a part: as it is spelled when folded, and as it is written."""
        if len(spelled) >= _LEAST_PART and spelled not in self._known:
            self._known.add(spelled)
            lengths = self._lengths.setdefault(spelled[:_LEAST_PART], [])
            if len(spelled) not in lengths:
                lengths.append(len(spelled))
                lengths.sort(reverse=True)
            self._stems.update(forms(word, LANGUAGE))

    def split(self, spelled: str) -> tuple[str, ...]:
        """The parts of a folded word, the longest first part that works; empty for what is no such compound."""
        if not LEAST <= len(spelled) <= MAX_TOKEN:
            return ()
        parts = self._split(spelled, _MAX_PARTS)
        return parts if len(parts) > 1 else ()

    def _split(self, spelled: str, most: int) -> tuple[str, ...]:
        if spelled in self._known:
            return (spelled,)
        for length in self._lengths.get(spelled[:_LEAST_PART], ()) if most > 1 else ():
            head = spelled[:length]
            if head in self._known:
                for rest in self._rests(spelled, length):
                    parts = self._split(rest, most - 1) or self._inflected(rest)
                    if parts:
                        return (head, *parts)
        return ()

    def _rests(self, spelled: str, length: int) -> list[str]:
        """What may be left of a word behind its first part, with a link between them taken away."""
        rests = [spelled[length + len(link) :] for link in _LINKS if spelled.startswith(link, length)]
        return [rest for rest in rests if len(rest) >= _LEAST_PART]

    def _inflected(self, spelled: str) -> tuple[str, ...]:
        if len(spelled) >= _LEAST_STEM and not self._stems.isdisjoint(forms(spelled, LANGUAGE)):
            return (spelled,)
        return ()
