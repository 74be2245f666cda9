"""Write docs/configuration.md, a table of every setting: `python docs/generate_configuration.py [--check]`.

With --check nothing is written; the exit code is 1 when the page is not what `node.config` says.
"""

from __future__ import annotations

import sys
from pathlib import Path

from node.config import sample, settings

PAGE = Path(__file__).with_name("configuration.md")
_ANY = 2**31

INTRO = """\
# Settings

Generated from `node/config.py` by `docs/generate_configuration.py`; do not edit by hand.

The settings of a node stand in `wasl.toml` in its folder, which `wasl init` writes with every default behind a `#`.
The environment wins over the file: `port` in the table `[web]` is `WASL_WEB_PORT`. An unknown setting is an error that
names the nearest known one. A change takes effect when the node starts again. Private keys are files of their own in
`keys/`, readable by their owner only, or the node does not start. `wasl doctor` checks all of it. The address of a
database may hold a password: give it in the environment, or leave the password to PostgreSQL's own `~/.pgpass`.
Where `WASL_STORE_DATABASE` is not set, `DATABASE_URL` stands for it.

Where the node's folder is, is no setting: `wasl --home`, or `WASL_HOME`.
"""


def render() -> str:
    """The page."""
    lines = [INTRO]
    table = ""
    for name, spec in settings().items():
        section, _, key = name.partition("_")
        if section != table:
            lines += ["", f"## [{section}]", "", "| Setting | Environment | Default | Values | Meaning |"]
            lines.append("| --- | --- | --- | --- | --- |")
            table = section
        default = str(spec.default).lower() if isinstance(spec.default, bool) else repr(spec.default).replace("'", '"')
        meaning = spec.metadata["meaning"]
        row = (f"`{key}`", f"`WASL_{name.upper()}`", f"`{default}`", _values(name), meaning)
        lines.append("| " + " | ".join(row) + " |")
    lines += ["", "## The file as it is first written", "", "```toml", sample({}).rstrip(), "```", ""]
    return "\n".join(lines)


def _values(name: str) -> str:
    spec = settings()[name]
    if spec.metadata["choices"]:
        return ", ".join(f"`{choice}`" for choice in spec.metadata["choices"])
    if isinstance(spec.default, bool):
        return "`true`, `false`"
    if isinstance(spec.default, int):
        least, most = spec.metadata["least"], spec.metadata["most"]
        return f"from {least}" if most == _ANY else f"{least} to {most}"
    return "text"


def main(arguments: list[str]) -> int:
    """Write or check the page. Returns the exit code."""
    page = render()
    if "--check" in arguments:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page
        if not fresh:
            sys.stderr.write("docs/configuration.md is not what node/config.py says: run the generator\n")
        return 0 if fresh else 1
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
