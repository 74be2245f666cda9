"""What accidents do to the files of an index: cut short, bits changed, zeroed, grown, taken away. Chance is seeded."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path


def cut(path: Path, chance: random.Random) -> None:
    os.truncate(path, chance.randrange(path.stat().st_size))


def flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 1, 5))):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def zero(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    start, length = chance.randrange(len(content)), chance.choice((1, 200, 4096))
    content[start : start + length] = bytes(len(content[start : start + length]))
    path.write_bytes(content)


def grow(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes() + chance.randbytes(chance.randrange(1, 500)))


def remove(path: Path, _chance: random.Random) -> None:
    path.unlink()


def remove_folder(path: Path, _chance: random.Random) -> None:
    shutil.rmtree(path.parent)


HARMS: tuple[Callable[[Path, random.Random], None], ...] = (cut, flip, flip, zero, zero, grow, remove, remove_folder)


def harm(folder: Path, chance: random.Random) -> str:
    """Do something to some files. Says what, for who reads a failure."""
    done = []
    for _ in range(chance.choice((1, 1, 2, 6))):
        files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]
        if files:
            path, act = chance.choice(files), chance.choice(HARMS)
            done.append(f"{act.__name__} {path.relative_to(folder)}")
            act(path, chance)
    return ", ".join(done)
