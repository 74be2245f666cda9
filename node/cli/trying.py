"""`wasl demo`, `wasl bench`: a network on one machine, and its figures."""

from __future__ import annotations

from pathlib import Path

import click

from node.cli.lazy import examples
from node.cli.options import json_option


@click.command("demo", epilog=examples("wasl demo", "wasl demo --nodes 3", "wasl demo --check --json"))
@click.option("--nodes", type=click.IntRange(2, 12), default=12, show_default=True, help="How many nodes.")
@click.option("--check", is_flag=True, help="Do what a visitor would, say whether all is well, and end.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the nodes live. [default: a temporary one]",
)
@click.option(
    "--base-port", type=click.IntRange(1024, 65000), default=8481, show_default=True, help="Port of the first node."
)
@json_option
@click.pass_context
def demo_command(
    context: click.Context, nodes: int, check: bool, folder: Path | None, base_port: int, as_json: bool
) -> None:
    """Start a small network on this machine, with the demonstration data: ten communes and two partners."""
    from node.demo import run_demo  # starts servers: only this command needs it

    context.exit(run_demo(nodes=nodes, check=check, as_json=as_json, folder=folder, base_port=base_port))


@click.command("bench", epilog=examples("wasl bench", "wasl bench --only search --large"))
@click.option("--only", help="Only the measurement of this name.")
@click.option("--large", is_flag=True, help="Search and load with 100,000 records, not 20,000: some minutes more.")
@json_option
@click.pass_context
def bench_command(context: click.Context, only: str | None, large: bool, as_json: bool) -> None:
    """Measure this machine and this version: signing, verifying, admitting, searching, reconciling."""
    from node.bench import run_bench  # makes large data: only this command needs it

    context.exit(run_bench(only=only, as_json=as_json, large=large))
