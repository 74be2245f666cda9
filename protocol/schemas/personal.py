"""Personal data that slipped into a free text: warned of before signing, because a signed record travels.

Moroccan law 09-08 and the GDPR ask for care before publication. This is no part of validity: a pattern errs
both ways, so an editor shows what was found and the author decides. On the line: `node/publish` asks, the
door does not.
"""

from __future__ import annotations

import re

# Digits as Arabic and Persian keyboards write them, read as ours; one character for one, so places stay.
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")

# Each pattern begins where a word begins and is bounded: a long text costs time in proportion to its length.
_PERSONAL = re.compile(
    r"""
    # an e-mail address
    (?<![\w.+-]) [\w.+-]{1,64} @ [\w-]{1,63} (?: \. [\w-]{1,63} ){1,4}
    # a phone number with its country: +212 6…, 0049 (0)30…
    | (?<![\w+]) (?: \+ | 00 ) [1-9] (?: [ .\-/()]{0,2} [0-9] ){7,14} (?! [0-9] )
    # a phone number within a country: 0, then eight to ten digits, alone or in groups
    | (?<![\w.,+]) 0 [1-9] (?: [ .\-/]? [0-9] ){7,9} (?! [0-9] )
    # passports of Morocco (AB1234567) and Türkiye (U12345678)
    | (?<!\w) [A-Za-z]{1,2} [ ]? [0-9]{7,8} (?!\w)
    # a German passport or identity card (C01X00T47): nine of these signs, three digits at least
    | (?<!\w) (?= (?: [A-Z]* [0-9] ){3} ) [CFGHJKLMNPRTVWXYZ] [0-9CFGHJKLMNPRTVWXYZ]{8} (?!\w)
    # the first line of a passport's machine-readable page
    | (?<!\w) P < [A-Z]{3} [A-Z<]{2,39} (?!\w)
    # a Moroccan identity card (CIN): one or two letters, five or six digits; after a gap it may be a price
    | (?<!\w) [A-Za-z]{1,2} [0-9]{5,6} (?!\w)
    | (?<!\w) (?! DH | TL | EU | NR | NO ) [A-Z]{1,2} [ \-] [0-9]{5,6} (?!\w)
    """,
    re.VERBOSE,
)


def personal_data(text: str) -> list[str]:
    """The pieces of `text` that look like an e-mail address, a phone, CIN or passport number.

    In the order found, as written; Arabic and Persian digits count too. An empty list promises nothing: names
    and addresses have no pattern.
    """
    return [text[found.start() : found.end()] for found in _PERSONAL.finditer(text.translate(_DIGITS))]
