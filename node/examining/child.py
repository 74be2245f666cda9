"""The process that opens what strangers made: `python -m node.examining.child MEDIA LANGUAGE`, bytes in, bytes out.

It takes its own time, memory and files away before it loads a library. Answer on standard output: one line of JSON
(`code`, `message`, `text`, `removed`), then the clean bytes. Called by `process` and by nothing else.
"""

from __future__ import annotations

import json
import resource
import sys
from contextlib import suppress

from node.examining.kinds import Cleaned, Unfit, by_media

MEMORY = 1_500_000_000
"""Bytes of address space: a picture of 40 million points takes some 500 MB while it is turned and made smaller."""
CPU_S = 30


def main() -> int:
    """Clean standard input. Exit code 0 whether or not it was fit: the answer says."""
    media, language = sys.argv[1:3]
    _take_away()
    data = sys.stdin.buffer.read()
    try:
        cleaned = _clean(data, media, language)
        answer = {"text": cleaned.text, "removed": cleaned.removed}
        clean = cleaned.data
    except Unfit as unfit:
        answer, clean = {"code": unfit.code, "message": unfit.message}, b""
    except MemoryError:
        answer, clean = {"code": "attachment_bomb", "message": "it needs more memory than such a file can need"}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + clean)
    return 0


def _take_away() -> None:
    limits = (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_S), (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 64),
    )  # fmt: skip
    for what, most in limits:
        with suppress(ValueError, OSError):  # a system that does not know one of them keeps the others
            resource.setrlimit(what, (most, most))


def _clean(data: bytes, media: str, language: str) -> Cleaned:
    if by_media(media).picture:
        from node.examining import pictures

        return pictures.clean(data, media)
    if media == "application/pdf":
        from node.examining import papers

        return papers.clean(data, media)
    if media == "text/csv":
        from node.examining import sheets

        return sheets.clean(data, media, language)
    from node.examining import office

    return office.clean(data, media)


if __name__ == "__main__":
    sys.exit(main())
