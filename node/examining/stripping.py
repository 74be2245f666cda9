"""Take out of JPEG, PNG and WebP what cameras and programs write beside the picture, without touching a point of it.

For pictures inside documents, which must stay as they are; pictures that are attached themselves are made anew
(`pictures`). Kept: what a decoder needs to show the right colours. Lost: EXIF with GPS, XMP, IPTC, thumbnails,
comments, and whatever follows the end. Bytes that are not in order are given back as they came.
"""

from __future__ import annotations

import zlib

_JPEG_LOST = {0xE1, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xEB, 0xEC, 0xED, 0xEF, 0xFE}
"""APP1 (EXIF, XMP), APP3 to APP13 (makers, IPTC), APP15 and comments; APP0, APP2 (colours) and APP14 (Adobe) stay."""
_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs"}
_WEBP_LOST = {b"EXIF", b"XMP "}


def stripped(data: bytes) -> bytes:
    """The same picture without its notes; `data` itself where it is none of the three, or broken."""
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _png(data)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _webp(data)
    except (IndexError, ValueError):
        pass
    return data


def _jpeg(data: bytes) -> bytes:
    kept, at = bytearray(data[:2]), 2
    while at < len(data):
        if data[at] != 0xFF:
            raise ValueError("no marker")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA:  # the picture itself up to the end mark: within coded data, FF is followed by 00 or RSTn
            return bytes(kept + data[at : data.index(b"\xff\xd9", at) + 2])
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if size < 2 or at + 2 + size > len(data):
            raise ValueError("a segment that is longer than the file")
        segment = data[at : at + 2 + size]
        colours = marker != 0xE2 or segment[4:16] == b"ICC_PROFILE\x00"
        if marker not in _JPEG_LOST and colours:
            kept += segment
        at += 2 + size
    raise ValueError("no picture")


def _png(data: bytes) -> bytes:
    kept, at = bytearray(data[:8]), 8
    while True:
        size = int.from_bytes(data[at : at + 4], "big")
        name, end = data[at + 4 : at + 8], at + 12 + size
        if end > len(data) or zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise ValueError("a chunk that is broken")
        if name in _PNG_KEPT:
            kept += data[at:end]
        if name == b"IEND":
            return bytes(kept)
        at = end


def _webp(data: bytes) -> bytes:
    kept, at = bytearray(), 12
    whole = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while at + 8 <= whole:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        chunk = bytearray(data[at:end])
        if chunk[:4] == b"VP8X":
            chunk[8] &= ~0x0C & 0xFF  # it says whether EXIF and XMP follow
        if bytes(chunk[:4]) not in _WEBP_LOST:
            kept += chunk
        at = end
    return b"RIFF" + (len(kept) + 4).to_bytes(4, "little") + b"WEBP" + bytes(kept)
