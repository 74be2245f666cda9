"""Are the five languages complete? Exit 1 and say what is missing, fuzzy, left over or different in its placeholders.

`python docs/check_translations.py` checks; `--update` first writes new source sentences into the catalogues (empty, to
be translated) and takes away what the source no longer says.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "node" / "translations"
LANGUAGES = ("fr", "ar", "de", "tr", "en")
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
_UNDATED = datetime(2026, 1, 1, tzinfo=UTC)  # a date that moved with every run would be a change in every commit
_ARABIC_PLURALS = "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
_PLACEHOLDER = re.compile(r"%\(\w+\)s|`[^`]*`")


def source() -> Catalog:
    """Every sentence that the code and the templates say."""
    catalog = Catalog(project="Wasl", charset="utf-8")
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, method_map=methods, options_map=options, keywords=KEYWORDS)
    for name, _line, message, comments, context in found:
        catalog.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return catalog


def path_of(language: str) -> Path:
    """The file of one language."""
    return CATALOGUES / language / "LC_MESSAGES" / "messages.po"


def load(language: str) -> Catalog:
    """The catalogue of one language; an empty one where there is no file yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, project="Wasl", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def save(language: str, catalog: Catalog) -> None:
    """Write a catalogue, sorted, without line numbers: differences stay small."""
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog.fuzzy = False
    catalog.header_comment = f"# Wasl in one of its languages: {language}. Kept complete by docs/check_translations.py."
    catalog.creation_date = catalog.revision_date = _UNDATED
    catalog.last_translator, catalog.language_team, catalog.msgid_bugs_address = "Wasl", language, ""
    if language == "ar":
        catalog.mime_headers = [("Plural-Forms", _ARABIC_PLURALS)]
    with path.open("wb") as file:
        write_po(file, catalog, width=110, no_location=True, omit_header=False, sort_output=True, ignore_obsolete=True)


def update() -> None:
    """Bring every catalogue to what the source says; English speaks for itself."""
    said = source()
    for language in LANGUAGES:
        catalog = load(language)
        catalog.update(said, no_fuzzy_matching=True)
        if language == "en":
            for message in catalog:
                if message.id:
                    message.string = message.id
        save(language, catalog)


def problems() -> Iterator[str]:
    """What is wrong, one line each."""
    said = source()
    wanted = {_key(message) for message in said if message.id}
    for language in LANGUAGES:
        catalog = load(language)
        held = {_key(message): message for message in catalog if message.id}
        for key in sorted(wanted - held.keys()):
            yield f"{language}: not extracted: {key}"
        for key in sorted(held.keys() - wanted):
            yield f"{language}: left over: {key}"
        for key, message in sorted(held.items()):
            if key in wanted and (fault := _fault(message, catalog.num_plurals)):
                yield f"{language}: {fault}: {key}"


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


def _fault(message: Message, plurals: int) -> str:
    if message.fuzzy:
        return "fuzzy"
    texts = [message.string] if isinstance(message.string, str) else list(message.string)
    if isinstance(message.id, tuple) and len(texts) != plurals:
        return f"{plurals} plural forms are needed"
    if not all(texts):
        return "not translated"
    ids = (message.id,) if isinstance(message.id, str) else message.id
    asked = set(_PLACEHOLDER.findall(ids[-1]))
    for text in texts:
        given = set(_PLACEHOLDER.findall(text))
        if given - asked or (asked - given) - ({"%(num)s"} if isinstance(message.id, tuple) else set()):
            return "other placeholders"
    return ""


def main() -> int:
    """Run. Returns the exit code."""
    if "--update" in sys.argv[1:]:
        update()
    found = list(problems())
    for line in found:
        print(line)
    print(f"{len(found)} problems" if found else f"complete in {', '.join(LANGUAGES)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
