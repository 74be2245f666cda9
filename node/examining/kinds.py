"""The kinds of file that this network carries, and why one is refused."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.schemas.attachment import MAX_ATTACHMENT_BYTES as MAX_BYTES
from protocol.schemas.attachment import PICTURES

__all__ = ["KINDS", "MAX_BYTES", "Cleaned", "Kind", "Unfit", "by_extension", "by_media"]

_OFFICE = "application/vnd.openxmlformats-officedocument."


class Unfit(Exception):
    """The bytes are not fit to be attached. `code`: stable, said in five languages by `node/sentences.py`."""

    code = "attachment_refused"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file. `extensions`: lower case, the usual one first; `declared`: what programs say that it is."""

    media: str
    extensions: tuple[str, ...]
    declared: tuple[str, ...] = ()

    @property
    def picture(self) -> bool:
        """Whether it is shown within a page, has an alternative text, and may show persons."""
        return self.media in PICTURES


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A file as it may travel. `text`: its words, for the search; `removed`: what was taken out, stable words."""

    media: str
    data: bytes
    text: str = ""
    removed: tuple[str, ...] = ()


KINDS = (
    Kind("application/pdf", ("pdf",), ("application/x-pdf",)),
    Kind(f"{_OFFICE}wordprocessingml.document", ("docx",)),
    Kind("application/vnd.oasis.opendocument.text", ("odt",)),
    Kind(f"{_OFFICE}spreadsheetml.sheet", ("xlsx",)),
    Kind("text/csv", ("csv",), ("application/csv", "application/vnd.ms-excel", "text/plain")),
    Kind("image/jpeg", ("jpg", "jpeg"), ("image/pjpeg", "image/jpg")),
    Kind("image/png", ("png",)),
    Kind("image/webp", ("webp",)),
)  # fmt: skip

UNDECLARED = ("", "application/octet-stream", "binary/octet-stream")
"""What a program says that does not know."""


def by_media(media: str) -> Kind:
    """The kind of a media type of the list. Raises `KeyError`."""
    return {kind.media: kind for kind in KINDS}[media]


def by_extension(extension: str) -> Kind | None:
    """The kind that files with this ending (without dot, any case) are of, or None."""
    return next((kind for kind in KINDS if extension.lower() in kind.extensions), None)
