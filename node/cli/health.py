"""`wasl doctor`: what `node.doctor` found, for a person or a script."""

from __future__ import annotations

from dataclasses import asdict

import click

from node import doctor
from node.assembly import system_clock
from node.cli import printing
from node.cli.exits import ATTENTION, DONE
from node.cli.lazy import examples
from node.cli.options import json_option
from node.cli.terminal import Terminal, pass_terminal

_MARK = {doctor.FINE: ("ok", "green"), doctor.ATTENTION: ("!!", "yellow"), doctor.BROKEN: ("XX", "red")}


@click.command("doctor", epilog=examples("wasl doctor", "wasl --home /srv/wasl doctor --json", "wasl doctor --offline"))
@click.option("--offline", is_flag=True, help="Do not look at the node's own address from outside.")
@json_option
@pass_terminal
def doctor_command(terminal: Terminal, offline: bool, as_json: bool) -> None:
    """Examine the node, changing nothing, and say what to do about whatever is wrong.

    Exit code: 0 all well, 3 something needs attention.
    """
    findings = doctor.examine(terminal.home, terminal.environ, system_clock(), outside=not offline)
    well = all(finding.state == doctor.FINE for finding in findings)
    if as_json:
        printing.as_json({"well": well, "checks": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            mark, colour = _MARK[finding.state]
            printing.say(f"{printing.strong(mark, colour)}  {finding.check}: {printing.plain(finding.sentence)}")
            if finding.remedy:
                printing.say(f"      do: {printing.plain(finding.remedy)}")
        printing.say("All is well." if well else "Something needs attention.")
    click.get_current_context().exit(DONE if well else ATTENTION)
