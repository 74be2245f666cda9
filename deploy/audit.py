"""`make audit`: has a package of requirements.lock a known flaw? Where nobody can be asked: how old is the lock?

pip-audit is fetched into a folder that is thrown away, so it is no dependency of ours; it asks the package index what
it knows of each version. Exit code 0: nothing is known; 1: a flaw is known, or nobody could be asked and the lock is
older than `OLDEST_DAYS`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
OLDEST_DAYS = 180
"""A lock this old has missed half a year of repairs: renew it, asked or not."""
ASKED_S = 300
ANSWERED_LEAST = 0.9
"""Share of the packages about which the index must know something before an audit counts as one."""


def judged(report: Mapping[str, Any]) -> tuple[bool, list[str]]:
    """Whether pip-audit's report (its JSON) is one at all, and a line for each known flaw."""
    packages = report.get("dependencies") or []
    answered = [one for one in packages if "skip_reason" not in one]
    flaws = [_told(one, flaw) for one in answered for flaw in one.get("vulns", [])]
    return bool(packages) and len(answered) >= ANSWERED_LEAST * len(packages), flaws


def _told(package: Mapping[str, Any], flaw: Mapping[str, Any]) -> str:
    mended = ", ".join(flaw.get("fix_versions") or ["no version yet"])
    return f"{package['name']} {package['version']}: {flaw['id']}, mended in {mended}"


def by_age(made_at: int, now: int) -> tuple[int, str]:
    """Exit code and sentence for a lock of that age. Moments: seconds since 1970."""
    days = (now - made_at) // 86_400
    said = f"nobody could be asked about known flaws; requirements.lock was last renewed {days} days ago"
    if days > OLDEST_DAYS:
        return 1, f"{said}: more than {OLDEST_DAYS}. Renew it."
    return 0, f"{said} (at most {OLDEST_DAYS})"


def _report() -> Mapping[str, Any]:
    """What pip-audit says of the lock; empty where it cannot be fetched or reaches nobody."""
    with tempfile.TemporaryDirectory(prefix="wasl-audit-") as folder:
        try:
            venv.create(folder, with_pip=True)
            python = str(Path(folder, "bin", "python"))
            fetch = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pip-audit"]
            subprocess.run(fetch, check=True, timeout=ASKED_S, capture_output=True)
            ask = [python, "-m", "pip_audit", "-r", str(LOCK), "--require-hashes", "--disable-pip", "-f", "json"]
            asked = subprocess.run(
                [*ask, "--progress-spinner", "off"], check=False, timeout=ASKED_S, capture_output=True
            )
            report = json.loads(asked.stdout)
        except (OSError, subprocess.SubprocessError, ValueError):
            return {}
    return report if isinstance(report, dict) else {}


def _made_at() -> int:
    """When the lock was last changed: by git, else by the file's own date."""
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct", "--", LOCK.name]
    try:
        told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        told = ""
    return int(told) if told.isdecimal() else int(LOCK.stat().st_mtime)


def main() -> int:
    """Ask, and say what was answered."""
    whole, flaws = judged(_report())
    for flaw in flaws:
        print(flaw)
    if flaws:
        return 1
    if whole:
        print("no known flaw in any package of requirements.lock")
        return 0
    code, said = by_age(_made_at(), int(time.time()))
    print(said)
    return code


if __name__ == "__main__":
    sys.exit(main())
