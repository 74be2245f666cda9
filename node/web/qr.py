"""QR codes as inline SVG: no style and no script, as the pages' own policy asks."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import segno
from markupsafe import Markup


@lru_cache(maxsize=128)
def qr(text: str) -> Markup:
    """`text` as a QR code of error level M. The same text gives the same code, and takes 10 ms: kept."""
    options: dict[str, Any] = {"border": 4, "omitsize": True, "dark": "#000", "light": "#fff", "svgclass": "qr"}
    return Markup(segno.make(text, error="m", micro=False).svg_inline(lineclass=None, **options))  # noqa: S704
