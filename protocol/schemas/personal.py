"""Personal data that slipped into a free text: warned of before signing, because a signed record travels.

Moroccan law 09-08 and the GDPR ask for care before publication. This is no part of validity: a pattern errs
both ways, so an editor shows what was found and the author decides. The two fields of an organisation that
hold a way to reach it are read for what they are: a role's mailbox and a switchboard are meant to be there. On
the line: `node/publish` asks, the door does not.
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

# Words of offices, in the languages of the network and as addresses write them; one of them makes a mailbox a role's.
_ROLE_WORDS = """
    accueil acil administration aile anlaufstelle antenne association aufnahme ausbildung belediye beratung
    bilgi birim bureau buro buero centre center cellule commune conseil contact coordination courrier daire
    danisma departement department dernek desk destek direction division egitim emploi employment formation
    foyer goc gocmen guichet hilfe iletisim info information insertion integration kontakt koordination language
    maison mairie merkez migration migrants mudurluk office ofis orientation partenariat partnerships poststelle
    presse project projekt projet reception secretariat sekretariat service services sprachkurse stelle support
    team training uyum verein vermittlung verwaltung welcome willkommen yardim yonetim
"""
_ROLES = frozenset(_ROLE_WORDS.split())
_SIGNS = re.compile(r"[._+-]|[0-9]+")
# Telephones that a person carries: Moroccan 06 and 07, German 015 to 017, Turkish 05.
_CARRIED = re.compile(r"\+(?:212[67]|491[567]|905)")


def personal_data(text: str) -> list[str]:
    """The pieces of `text` that look like an e-mail address, a phone, CIN or passport number.

    In the order found, as written; Arabic and Persian digits count too. An empty list promises nothing: names
    and addresses have no pattern.
    """
    return [text[found.start() : found.end()] for found in _PERSONAL.finditer(text.translate(_DIGITS))]


def meant_to_be_read(path: str, text: str) -> bool:
    """Whether a text stands in a field of an Organisation by which it is reached, and is not a person's, as far as its
    form tells.

    `path`: from the content on. `roleMailbox`: one of the words before the @ is one of an office, such as accueil or
    info. `telephone`: none that a person carries. False promises nothing, as a house names its mailbox as it likes.
    """
    if path == "roleMailbox":
        return any(word in _ROLES for word in _SIGNS.split(text.partition("@")[0].casefold()))
    return path == "telephone" and _CARRIED.match(re.sub(r"[ .-]", "", text)) is None
