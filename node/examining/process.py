"""Have some bytes cleaned by a child process, and end it when it takes too long."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

from node.examining.kinds import MAX_BYTES, Cleaned, Unfit

DEADLINE_S = 45
AT_ONCE = 2
"""Files that one process of the node has looked through at one time: each may take much of the machine."""

_ROOT = Path(__file__).parents[2]
_turn = threading.BoundedSemaphore(AT_ONCE)


def cleaned(data: bytes, media: str, language: str) -> Cleaned:
    """`data`, which sniffing took for `media`, as it may travel; `language` helps with old tables.

    Raises `Unfit`: what the child found, `attachment_slow` (it was ended), `attachment_damaged` (it broke),
    `attachment_too_large` (what it made).
    """
    command = [sys.executable, "-P", "-s", "-m", "node.examining.child", media, language]
    environment = {"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
    try:
        with _turn:
            ended = subprocess.run(  # noqa: S603  # our own program; no word of the command comes from the file
                command, input=data, capture_output=True, timeout=DEADLINE_S, env=environment, cwd="/", check=False
            )
    except subprocess.TimeoutExpired as error:
        raise Unfit("attachment_slow", f"it could not be read within {DEADLINE_S} seconds") from error
    head, _, clean = ended.stdout.partition(b"\n")
    if ended.returncode in (-9, -24):  # SIGKILL, SIGXCPU
        raise Unfit("attachment_slow", "it takes more time than such a file can need")
    if ended.returncode != 0 or not head:
        raise Unfit("attachment_damaged", "it cannot be read")
    said = json.loads(head)
    if "code" in said:
        raise Unfit(str(said["code"]), str(said["message"]))
    if len(clean) > MAX_BYTES:
        raise Unfit("attachment_too_large", f"cleaned, it has more than {MAX_BYTES // 2**20} MiB")
    return Cleaned(media, clean, str(said["text"]), tuple(said["removed"]))
