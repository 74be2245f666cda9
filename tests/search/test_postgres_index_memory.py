"""No more processes take documents apart than a service or a container has memory for."""

from pathlib import Path

import pytest

from search.postgres_index_memory import hands_with_room

MB = 1 << 20


def bounded(folder: Path, **said: object) -> tuple[Path, Path]:
    """What the kernel says of the group of a service: `max` and `high`, and how much is taken."""
    ours, group = folder / "self", folder / "groups" / "system.slice" / "wasl.service"
    ours.write_text("1:name=systemd:/other\n0::/system.slice/wasl.service\n", encoding="ascii")
    group.mkdir(parents=True)
    (group / "memory.max").write_text(f"{said.get('max', 'max')}\n", encoding="ascii")
    (group / "memory.high").write_text(f"{said.get('high', 'max')}\n", encoding="ascii")
    (group / "memory.stat").write_text(f"anon {said['anon']}\nfile 99999999999\n", encoding="ascii")
    return ours, folder / "groups"


@pytest.mark.parametrize(
    ("said", "hands"),
    [
        ({}, 4),
        ({"max": 8_000 * MB}, 4),
        ({"max": 1_000 * MB}, 2),
        ({"max": 1_000 * MB, "high": 700 * MB}, 1),
        ({"max": 500 * MB}, 0),
        ({"max": 100 * MB}, 0),
    ],
)
def test_as_many_processes_are_started_as_there_is_memory_for(
    tmp_path: Path, said: dict[str, object], hands: int
) -> None:
    assert hands_with_room(4, *bounded(tmp_path, anon=200 * MB, **said)) == hands


def test_a_limit_of_what_holds_the_service_counts_too(tmp_path: Path) -> None:
    ours, groups = bounded(tmp_path, anon=200 * MB)
    (groups / "memory.max").write_text(f"{700 * MB}", encoding="ascii")
    (groups / "memory.stat").write_text(f"anon {200 * MB}", encoding="ascii")
    assert hands_with_room(4, ours, groups) == 1


def test_where_nothing_can_be_read_nothing_is_bounded(tmp_path: Path) -> None:
    assert hands_with_room(3, tmp_path / "self", tmp_path / "groups") == 3
