"""The folder of an index: what made it, which one is live, and who is rebuilding it.

    folder/           mode 0700: Whoosh files are pickles, and loading a pickle runs what is in it
      current         the name of the live index below; replaced in one step
      rebuilding      there, and locked, while somebody builds another one
      index-<n>/      one whole index (`whoosh_index_storage`)

Law: readers look at `current` before every query, so that a rebuilt index takes over in every process without a word
between them; the index before it goes on answering until then.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import whoosh
from whoosh.index import TOC

from search.errors import IndexBroken, IndexBusy
from search.language import stemmer_version
from search.vocabulary import Vocabulary
from search.whoosh_index_schema import SCHEMA_VERSION, schema
from search.whoosh_index_storage import NAME, VERSION, GuardedStorage, latest_generation, write_file

_CURRENT, _REBUILDING = "current", "rebuilding"
_ATTEMPTS = 100  # a reader holds the lock for microseconds while it looks


def live(folder: Path) -> Path:
    """Path of the live index. Raises IndexBroken("index_missing") when there is none."""
    try:
        path = folder / (folder / _CURRENT).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise IndexBroken("index_missing", "there is no search index yet") from error
    if path.parent != folder or not path.name.startswith("index-") or not path.is_dir():
        raise IndexBroken("index_missing", "the search index has lost its folder")
    return path


def check_version(path: Path, vocabulary: Vocabulary) -> None:
    """Raises IndexBroken unless this program would make an index of `path`'s kind today."""
    try:
        made = json.loads((path / VERSION).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise IndexBroken("index_missing", "the search index does not say what made it") from error
    except (OSError, ValueError) as error:
        raise IndexBroken("index_damaged", "the search index does not say what made it") from error
    if made != _version(vocabulary):
        raise IndexBroken("index_outdated", "the search index was made by another version or vocabulary")


def create(folder: Path, vocabulary: Vocabulary) -> Path:
    """A new, empty index beside the live one, which stays live. It does not say what made it before it is whole."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    numbers = [int(name[6:]) for name in os.listdir(folder) if name.startswith("index-") and name[6:].isdecimal()]
    path = folder / f"index-{max(numbers, default=0) + 1}"
    path.mkdir(mode=0o700)
    storage = GuardedStorage(path)
    storage.begin(0)
    TOC.create(storage, schema(), NAME)  # type: ignore[no-untyped-call]
    return path


def make_live(folder: Path, path: Path, vocabulary: Vocabulary) -> None:
    """Let every process find in `path` from its next query on, and take the other indexes away."""
    write_file(path / VERSION, json.dumps(_version(vocabulary), sort_keys=True))
    write_file(folder / _CURRENT, path.name)
    remove_all_but(folder, path)


def indexes(folder: Path) -> list[str]:
    """Names of all indexes: the live one, one that is being built, what killed rebuilds have left. None comes twice."""
    return sorted(name for name in os.listdir(folder) if name.startswith("index-"))


def remove_all_but(folder: Path, path: Path | None) -> None:
    """Take away every index but `path`: what a killed rebuild left, and the former live one."""
    for name in indexes(folder):
        if path is None or name != path.name:
            shutil.rmtree(folder / name, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Take away what rebuilds that were killed have left: words stand in it. Not while somebody rebuilds."""
    if len(indexes(folder)) > 1:
        with suppress(IndexBusy), rebuilding(folder):
            remove_all_but(folder, live(folder))


@contextmanager
def rebuilding(folder: Path) -> Iterator[None]:
    """Hold the place of the one who rebuilds. Raises IndexBusy if it is taken; a killed process frees it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = folder / _REBUILDING
    handle = os.open(mark, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not any(_lock(handle) for _ in range(_ATTEMPTS)) or not _is_file(handle, mark):
            raise IndexBusy("the search index is being rebuilt already")
        yield
        mark.unlink(missing_ok=True)
    finally:
        os.close(handle)


def is_rebuilding(folder: Path) -> bool:
    """Whether somebody is rebuilding right now; a mark that a killed process left does not count."""
    try:
        handle = os.open(folder / _REBUILDING, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _lock(handle)
    finally:
        os.close(handle)


def generation(path: Path) -> int:
    """Number of the last commit in `path`. Raises IndexBroken when there is none, or no folder."""
    try:
        found = latest_generation(path)
    except OSError as error:
        raise IndexBroken("index_missing", "the search index has lost its folder") from error
    if found < 0:
        raise IndexBroken("index_missing", "the search index has no table of contents")
    return found


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_file(handle: int, path: Path) -> bool:
    """Whether the open file is still the one at `path`: the former holder may have taken it away meanwhile."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _version(vocabulary: Vocabulary) -> dict[str, str]:
    return {
        "schema": str(SCHEMA_VERSION),
        "whoosh": ".".join(map(str, whoosh.__version__)),
        "stemmer": stemmer_version(),
        "vocabulary": vocabulary.digest,
    }
