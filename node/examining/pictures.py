"""A picture made anew from its points: nothing of the file that was given is in the file that travels.

EXIF, GPS, XMP, IPTC, comments, thumbnails, further frames and whatever was hidden behind the end are gone because they
are not copied. The turn that EXIF asks for is carried out; colours are brought to sRGB and the profile left out (a
profile names devices, and a browser shows untagged pictures as sRGB).
"""

from __future__ import annotations

import io
import warnings
from typing import Any

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from node.examining.kinds import Cleaned, Unfit

MAX_PIXELS = 40_000_000
"""Points of a picture as it comes: a good telephone makes 12 to 24 million."""
LONGEST_EDGE = 3_000
"""Points of the longer side of a picture as it travels: more than a page of paper shows."""

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_SAVED: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 86, "optimize": True, "progressive": True},
    "PNG": {"optimize": True},
    "WEBP": {"quality": 86, "method": 4},
}


def clean(data: bytes, media: str) -> Cleaned:
    """The picture anew, in its own format. Raises `Unfit`: `attachment_bomb`, `attachment_damaged`."""
    name = _FORMATS[media]
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=[name]) as given:
                removed = _notes_of(given)
                made = _anew(given, name)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Unfit("attachment_bomb", f"a picture of more than {MAX_PIXELS // 1_000_000} million points") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError) as error:
        raise Unfit("attachment_damaged", "the picture cannot be read to its end") from error
    out = io.BytesIO()
    made.save(out, name, **_SAVED[name])
    return Cleaned(media, out.getvalue(), removed=removed)


def _anew(given: Image.Image, name: str) -> Image.Image:
    profile = given.info.get("icc_profile")
    given.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))  # a large JPEG is decoded smaller from the start
    turned = ImageOps.exif_transpose(given) or given
    turned.load()
    plain = _plain(turned, name)
    if profile and plain.mode in ("RGB", "RGBA"):
        plain = _in_srgb(plain, profile)
    plain.thumbnail((LONGEST_EDGE, LONGEST_EDGE), Image.Resampling.LANCZOS)
    fresh = Image.new(plain.mode, plain.size)
    fresh.paste(plain)
    return fresh


def _plain(image: Image.Image, name: str) -> Image.Image:
    """In one of the modes that every browser shows: L, RGB, and RGBA where the format can."""
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("L", "1"):
        return image.convert("L")
    clear = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    return image.convert("RGBA" if clear and name != "JPEG" else "RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode=image.mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return made if made is not None else image


def _notes_of(given: Image.Image) -> tuple[str, ...]:
    """What the file says beside the picture, in stable words, so that its author is told what was taken out."""
    exif = given.getexif()
    found = {
        "gps": bool(exif.get_ifd(0x8825)),
        "exif": bool(exif),
        "xmp": "xmp" in given.info or "XML:com.adobe.xmp" in given.info,
        "iptc": "photoshop" in given.info,
        "comment": any(key in given.info for key in ("comment", "Comment", "Description", "Author")),
        "frames": getattr(given, "n_frames", 1) > 1,
    }
    return tuple(word for word, there in found.items() if there)
