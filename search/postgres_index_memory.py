"""How many other processes there is memory for, where a service or a container may have so much and no more.

Law: only what the kernel says of our own control group and of those above it (cgroup v2). Beyond `memory.max` it kills,
and beyond `memory.high` it lets everything wait. Pages of files do not count, since they are given back. Comes from:
`postgres_index_hands`.
"""

from pathlib import Path

HAND = 300 << 20
"""Bytes that a hand takes, with what goes through the pipes."""

OWN = 150 << 20
"""Bytes that whoever rebuilds takes besides: the addresses of a million documents."""

_OURS = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


def hands_with_room(most: int, ours: Path = _OURS, groups: Path = _GROUPS) -> int:
    """As many as `most`, or as have room; 0 if none has. `most` where nothing is bounded, or nothing can be read."""
    rooms = [room for group in _groups(ours, groups) if (room := _room(group)) is not None]
    return max(0, min([most, *((room - OWN) // HAND for room in rooms)]))


def _groups(ours: Path, groups: Path) -> list[Path]:
    """Our group and all above it."""
    place = next((line[3:] for line in _read(ours).splitlines() if line.startswith("0::/")), "/")
    own = groups.joinpath(*(part for part in place.split("/") if part not in ("", "..")))
    return [own, *(each for each in own.parents if each.is_relative_to(groups))]


def _room(group: Path) -> int | None:
    """Bytes that the processes of a group may still take; None without a limit."""
    limits = [int(said) for name in ("max", "high") if (said := _read(group / f"memory.{name}").strip()).isdecimal()]
    taken = [line.split()[1] for line in _read(group / "memory.stat").splitlines() if line.startswith("anon ")]
    return min(limits) - int(taken[0]) if limits and taken else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""
