"""Write docs/decisions/README.md, the list of decisions: `python docs/generate_decisions.py [--check]`.

With --check nothing is written; the exit code is 1 when a decision is missing from the list or was renamed.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

FOLDER = Path(__file__).with_name("decisions")
PAGE = FOLDER / "README.md"

INTRO = """\
# Decisions

Generated from the decisions' own titles by `docs/generate_decisions.py`; do not edit by hand.

Each page gives a context, what was decided and what follows from it, the bad with the good. A decision is not edited
after it was accepted: a later one supersedes it.

| No. | Decision | Date and status |
| --- | --- | --- |
"""


def render() -> str:
    """The page."""
    rows = []
    for path in sorted(FOLDER.glob("[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        title = text.partition("\n")[0].lstrip("# ")
        status = re.search(r"^Date: .*$", text, re.MULTILINE)
        name = re.sub(r"^\d+\.\s*", "", title)
        rows.append(f"| {path.name[:4]} | [{name}]({path.name}) | {status[0] if status else ''} |")
    return INTRO + "\n".join(rows) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check the page. Returns the exit code."""
    page = render()
    if "--check" in arguments:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page
        if not fresh:
            sys.stderr.write("docs/decisions/README.md is not what the decisions say: run the generator\n")
        return 0 if fresh else 1
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
