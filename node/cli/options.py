"""Options that several commands share, so that they are named and explained alike everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

json_option: Decorator = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")

dry_run_option: Decorator = click.option("--dry-run", is_flag=True, help="Show what would happen, and do nothing.")


def yes_option(meaning: str = "Do not ask for confirmation.") -> Decorator:
    """`--yes`, for scripts."""
    return click.option("--yes", "-y", is_flag=True, help=meaning)
