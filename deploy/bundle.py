"""Make the offline bundle: one archive with every wheel, from which a machine without a network installs Wasl.

    python deploy/bundle.py [--output FOLDER] [--cache FOLDER]

Wheels come by `requirements.lock`, with its hashes, for this Python and this kind of machine; those that only tests
need are left out. The archive has the same bytes whenever it is made of the same files. Its SHA-256 is printed and
stands beside it. Run it in the project's own environment (`make bundle`).
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
BESIDE = ("install", "Caddyfile", "nginx.conf", "systemd", "Containerfile", "compose.yaml")
"""What of this folder goes into the archive."""
_MADE_AT = 1_577_836_800  # 2020: a time that moved would change the bytes


def main() -> None:
    """Make the archive."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="folder to write to [default: dist]")
    parser.add_argument("--cache", type=Path, help="folder with wheels that were fetched before")
    told = parser.parse_args()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    name = f"wasl-{version}"
    with tempfile.TemporaryDirectory(prefix="wasl-bundle-") as work:
        folder = Path(work) / name
        (folder / "wheels").mkdir(parents=True)
        (folder / "requirements.lock").write_text(runtime_lock(), encoding="utf-8")
        _fetch(folder, told.cache)
        _build(folder)
        for each in BESIDE:
            source = ROOT / "deploy" / each
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / each)
        shutil.copytree(ROOT / "docs" / "guides", folder / "guides")
        shutil.copy2(ROOT / "LICENCE", folder)
        (folder / "VERSION").write_text(f"{version}\n", encoding="utf-8")
        _sums(folder)
        told.output.mkdir(parents=True, exist_ok=True)
        archive = told.output / f"{name}-offline.tar.gz"
        _pack(folder, archive)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    archive.with_name(f"{archive.name}.sha256").write_text(f"{digest}  {archive.name}\n", encoding="utf-8")
    print(f"{archive}\n{archive.stat().st_size / 1e6:.1f} MB, SHA-256 {digest}")


def runtime_lock() -> str:
    """The entries of the lock that Wasl needs to run, on PostgreSQL and with a bucket too, as they stand there."""
    wanted = _closure()
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    kept = [entry for entry in entries if canonicalize_name(re.split(r"[\[=]", entry, maxsplit=1)[0]) in wanted]
    return "\n".join(kept) + "\n"


def _closure() -> set[str]:
    """Names of everything that `wasl[postgres,s3]` needs, directly or through others, on this machine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    found: set[str] = set()
    waiting: list[tuple[list[str], frozenset[str]]] = [
        ([*project["dependencies"], *extras["postgres"], *extras["s3"]], frozenset())
    ]
    while waiting:
        named, wanted = waiting.pop()
        for line in named:
            one = Requirement(line)
            applies = one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in (*wanted, ""))
            key = str(canonicalize_name(one.name))
            if applies and key not in found:
                found.add(key)
                waiting.append((_requires(key), frozenset(one.extras)))
    return found


def _requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []  # of another kind of machine


def _fetch(folder: Path, cache: Path | None) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:", "--dest", str(folder / "wheels")]
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
        command += ["--find-links", str(cache)]
    subprocess.run([*command, "-r", str(folder / "requirements.lock")], check=True)
    for wheel in (folder / "wheels").iterdir() if cache is not None else ():
        shutil.copy2(wheel, cache)  # type: ignore[arg-type]


def _build(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--no-build-isolation", "--wheel-dir", str(folder / "wheels"), str(ROOT)], check=True)


def _sums(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}" for path in files]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _pack(folder: Path, archive: Path) -> None:
    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mtime = _MADE_AT
        member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
        return member

    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, _MADE_AT) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in [folder, *sorted(folder.rglob("*"))]:
            tar.add(path, str(path.relative_to(folder.parent)), recursive=False, filter=plain)


if __name__ == "__main__":
    main()
