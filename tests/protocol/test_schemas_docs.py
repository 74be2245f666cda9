"""docs/records.md says what the schemas say."""

from __future__ import annotations

from docs.generate_records import PAGE, render
from protocol.schemas import KNOWN_TYPES
from protocol.schemas.catalogue import SCHEMAS
from protocol.schemas.content import names


def test_page_of_records_is_what_the_schemas_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run: python docs/generate_records.py"


def test_every_type_has_its_section_and_every_field_its_line() -> None:
    page = render()
    for type_ in KNOWN_TYPES:
        section = page.split(f"\n## {type_}\n")[1].split("\n## ")[0]
        for name, field in names(SCHEMAS[type_]).items():
            line = next(line for line in section.splitlines() if line.startswith(f"| `{name}` |"))
            assert field.metadata["meaning"] in line
