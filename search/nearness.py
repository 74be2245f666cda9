"""How far apart two spellings are: what a misspelt word may have been.

Law: pure, and cheap before it is exact: `signature` rules out most of what is too far without comparing letters. Goes
to: `correction` (words of the index), `meanings` (words of the labels), the tests of `whoosh_index_guess`.
"""

_SHORT = 3  # letters of a word below which any other word would be near
_LONG = 6  # letters from which two mistakes are forgiven instead of one


def tolerance(spelled: str) -> int:
    """How many edits away a word may be that is suggested instead: 0 for what is too short or a number."""
    if len(spelled) < _SHORT or any(letter.isdigit() for letter in spelled):
        return 0
    return 1 if len(spelled) < _LONG else 2


def signature(word: str) -> int:
    """Which letters a word has, as 64 bits: one edit changes at most two of them."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits


def distance(one: str, other: str, most: int) -> int:
    """Edits between two words, a swap of neighbours being one; `most` + 1 if they are further apart than `most`."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        here = [row]
        for column, other_letter in enumerate(other, 1):
            edits = min(above[column] + 1, here[-1] + 1, above[column - 1] + (letter != other_letter))
            if before and column > 1 and letter == other[column - 2] and one[row - 2] == other_letter:
                edits = min(edits, before[column - 2] + 1)
            here.append(edits)
        if min(here) > most and (not before or min(above) > most):
            return most + 1
        before, above = above, here
    return min(above[-1], most + 1)
