"""`python -m node` is `wasl`: for a checkout whose command is not installed."""

from __future__ import annotations

from node.cli import main

if __name__ == "__main__":
    main(prog_name="wasl")
