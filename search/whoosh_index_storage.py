"""Files of one index, under checksums: what is written is on disk, and what is read is what was written.

    version.json        what made the index (`whoosh_index_folder`)
    _MAIN_<g>.toc       Whoosh's table of contents of generation g; renaming it into place is the commit
    _MAIN_<g>.toc.sum   checksums of that file and of every segment
    MAIN_<id>.seg       segments, never changed once written; deleted documents are marked in the table of contents

Law: nothing is unpickled, and no segment merged into another, before its checksum was compared. Checksums find
accidents, not attackers: against those the folder is private, and an index is never restored, imported or shared. A
commit is on disk when it returns.
"""

import json
import os
import shutil
import zlib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC

from search.errors import IndexBroken
from search.whoosh_index_schema import schema

NAME = "MAIN"
"""Whoosh's name of an index within its folder."""

VERSION = "version.json"
"""Which program and vocabulary made an index (`whoosh_index_folder`)."""

_CHUNK = 1 << 20  # bytes read at a time for a checksum


class GuardedStorage(FileStorage):
    """Whoosh's file storage, with checksums, and with fsync before and after the rename that is the commit."""

    def __init__(self, path: Path) -> None:
        """Reads without memory maps: a file cut short under one ends the process (SIGBUS) instead of raising."""
        super().__init__(str(path), supports_mmap=False)  # type: ignore[no-untyped-call]
        self._path = path
        self._sums: dict[str, int] = {}
        self._fresh: set[str] = set()
        self._opened: list[Any] = []
        self._beside: list[GuardedStorage] = []

    def begin(self, generation: int) -> None:
        """Before writing: take over the checksums of the generation that is being added to."""
        self._sums = read_sums(self._path, generation)[1] if generation else {}

    def create_file(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """As Whoosh's, remembering the file."""
        self._fresh.add(name)
        return self._remember(super().create_file(name, *args, **kwargs))  # type: ignore[no-untyped-call]

    def open_file(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """As Whoosh's, remembering the file. Raises IndexBroken for a table of contents with a wrong checksum."""
        if name.endswith(".toc"):
            _compare(self._path / name, read_sums(self._path, _number(name))[0])
        return self._remember(super().open_file(name, *args, **kwargs))  # type: ignore[no-untyped-call]

    def confirm(self, name: str) -> None:
        """Raises IndexBroken unless the file of a segment is what was written: before it is copied into another one."""
        file = f"{name}.seg"
        _compare(self._path / file, self._sums.get(file))

    def temp_storage(self, name: str | None = None) -> Any:
        """As Whoosh's, remembering the files in it."""
        self._beside.append(GuardedStorage(self._path / (name or f"{NAME}.tmp")))
        return self._beside[-1].create()  # type: ignore[no-untyped-call]

    def release(self) -> None:
        """Close every file that is still open, and take away what was written for no commit: Whoosh leaves both."""
        for opened in self._opened:
            with suppress(OSError):  # the disk is full: what cannot be written was told already
                opened.raw_file().close()
        for storage in self._beside:
            storage.release()
        clear([self._path / name for name in self._fresh])
        self._opened, self._beside, self._fresh = [], [], set()

    def clear_strays(self, generation: int, segments: Collection[str]) -> None:
        """Take away what writers that were killed have left. Only for who holds the writer's lock."""
        made = {*self._fresh, f"{NAME}.tmp"}
        clear([path for path in strays(self._path, generation, segments) if path.name not in made])

    def _remember(self, opened: Any) -> Any:
        self._opened.append(opened)
        return opened

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        """As Whoosh's; when it is a commit, everything new reaches the disk first, and the rename right after."""
        if not newname.endswith(".toc"):
            super().rename_file(oldname, newname, safe)  # type: ignore[no-untyped-call]
            return
        for name in self._fresh:
            if name.endswith(".seg"):
                _sync(self._path / name)
                self._sums[name] = _checksum(self._path / name)
        self._sums = {name: value for name, value in self._sums.items() if (self._path / name).exists()}
        _sync(self._path / oldname)
        told = json.dumps({"toc": _checksum(self._path / oldname), "segments": self._sums})
        write_file(self._path / f"{newname}.sum", told)
        super().rename_file(oldname, newname, safe)  # type: ignore[no-untyped-call]
        self._fresh = {name for name in self._fresh if not name.endswith((".seg", ".toc"))}  # what they were made of
        _sync(self._path)
        for old in self._path.glob("*.toc.sum"):
            if old.name != f"{newname}.sum":
                old.unlink(missing_ok=True)


def contents(path: Path, generation: int, known: Collection[str]) -> list[Any]:
    """Whoosh's segments of a generation, each checked unless its name is in `known`.

    Raises IndexBroken for a wrong checksum; FileNotFoundError when a newer generation took a file away meanwhile.
    """
    _, sums = read_sums(path, generation)
    storage = GuardedStorage(path)
    try:
        toc: Any = TOC.read(storage, NAME, gen=generation, schema=schema())  # type: ignore[no-untyped-call]
    finally:
        storage.release()
    for segment in toc.segments:
        if segment.segment_id() not in known:
            file = f"{segment.segment_id()}.seg"
            _compare(path / file, sums.get(file))
    return list(toc.segments)


def latest_generation(path: Path) -> int:
    """Number of the last commit, -1 when there is none. One listing of the folder: cheap enough for every query."""
    return max(map(_number, os.listdir(path)), default=-1)


def _number(name: str) -> int:
    """The generation whose table of contents is called so; -1 for another name."""
    number = name[len(NAME) + 2 : -4]
    return int(number) if name == f"_{NAME}_{number}.toc" and number.isdecimal() else -1


def strays(path: Path, generation: int, segments: Collection[str]) -> list[Path]:
    """What is in the folder of an index besides this generation: left by a writer that was killed, or just being made.

    Words stand in it. `segments`: the names of the generation's own.
    """
    toc = f"_{NAME}_{generation}.toc"
    own = {toc, f"{toc}.sum", VERSION, f"{NAME}_WRITELOCK", *(f"{name}.seg" for name in segments)}
    return [path / name for name in os.listdir(path) if name not in own]


def clear(paths: Collection[Path]) -> None:
    """Take files and folders away, as far as they are there."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def doubt(path: Path) -> None:
    """Let every process that has this index open compare its checksums before it answers again."""
    for file in path.glob("*.seg"):
        with suppress(OSError):
            os.utime(file)


def read_sums(path: Path, generation: int) -> tuple[int, dict[str, int]]:
    """Checksum of the table of contents, and of each segment file. Raises OSError or IndexBroken."""
    text = (path / f"_{NAME}_{generation}.toc.sum").read_bytes()
    try:
        told = json.loads(text)
        return int(told["toc"]), {str(name): int(value) for name, value in told["segments"].items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise IndexBroken("index_damaged", "the checksums of the search index cannot be read") from error


def write_file(path: Path, text: str) -> None:
    """Write a small file so that it is there whole or not at all, on disk when this returns."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    _sync(beside)
    beside.replace(path)
    _sync(path.parent)


def _compare(path: Path, expected: int | None) -> None:
    if _checksum(path) != expected:
        raise IndexBroken("index_damaged", f"{path.name} of the search index is not what was written")


def _checksum(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            value = zlib.crc32(chunk, value)
    return value


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
