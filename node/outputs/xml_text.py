"""Text as XML can hold it."""

from __future__ import annotations

import re

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def fit(text: str) -> str:
    """`text` with a replacement character for each that no XML 1.0 document may have, escaped or not."""
    return _NOT_XML.sub("\ufffd", text)
