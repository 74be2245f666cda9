"""`wasl demo`: the whole network on one machine, as real processes that talk over loopback.

The rooms: `places` (who, and who talks to whom), `processes` and `keeper` (children, none left behind), `members`
(founding, starting, peering), `story` (the demonstration data), `watching` (how far each is), `checking` (what a
visitor would try), `saying` (the terminal), `running` (all of it in order).
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["run_demo"]


def run_demo(nodes: int, check: bool, as_json: bool, folder: Path | None, base_port: int) -> int:
    """Start `nodes` (2 to 12) nodes with the demonstration data, wait until all hold all, and show where to look.

    With `check`: verify what a visitor would see, measure, and end; else stay until Ctrl-C. `folder` is kept; without
    it a temporary one is removed at the end. `as_json`: one object with the figures on standard output. Returns the
    exit code: 0 done, 1 not converged or a check failed. Raises `ConfigProblem` (`node_exists`, `port_taken`).
    """
    from node.demo.running import run  # loads server, client and index: `wasl --help` must not

    return run(nodes, check, as_json, folder, base_port)
