"""Installing, upgrading, restoring: what the guide says, done; and deploy/, judged by the tools that it is for.

The guide's own commands run as root in a copy of this machine that forgets everything (an overlay), where that can be
made; systemd does not run in it, so the test starts what the unit would start, as its user. Elsewhere the same scripts
run without root, in a folder.
"""

from __future__ import annotations

import functools
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from stores import Databases

from node.config import settings

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
GUIDES = ROOT / "docs" / "guides"
BLOCK = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.M | re.S)
EXPOSURE_MOST = 2.0
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "PYTHON": "/usr/bin/python3",
    "LANG": "C.UTF-8",
    "SYSTEMD_OFFLINE": "1",
}
"""A server's, with the Python of its distribution: no other user can reach one in the home of root."""


PREVIOUS, PREVIOUS_VERSION = "14ff23475a81", "0.0.9"
"""What the upgrade starts from: the first program that this installer could install, with an older schema."""


def blocks(language: str, kind: str = "sh") -> list[tuple[str, str]]:
    """(word behind `sh`, commands) of the guide's executed blocks."""
    text = (GUIDES / f"guide.{language}.md").read_text(encoding="utf-8")
    return [(word or "", commands) for mark, word, commands in BLOCK.findall(text) if mark == kind]


def test_both_guides_give_the_same_commands() -> None:
    assert blocks("en") == blocks("fr")
    assert blocks("en", "text") == blocks("fr", "text")
    assert len(blocks("en")) >= 9


def tool(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs {name}: .ci/run installs it")
        pytest.skip(f"{name} is not installed here")
    return found


@pytest.mark.parametrize("unit", ["wasl.service", "wasl-backup.service"])
def test_service_is_hardened(unit: str) -> None:
    command = [tool("systemd-analyze"), "security", "--offline=true", str(DEPLOY / "systemd" / unit)]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert exposure, told
    assert float(exposure[1]) <= EXPOSURE_MOST


def test_units_say_nothing_that_systemd_does_not_know(tmp_path: Path) -> None:
    for unit in (DEPLOY / "systemd").iterdir():
        text = unit.read_text(encoding="utf-8").replace("/opt/wasl/current/bin/wasl", "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    command = [tool("systemd-analyze"), "verify", *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_caddy_reads_its_file() -> None:
    command = [tool("caddy"), "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_nginx_reads_its_file(tmp_path: Path) -> None:
    made = ["-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem")]
    subprocess.run(
        [tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "1", *made],
        check=True,
        capture_output=True,
    )
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    site = site.replace("/etc/letsencrypt/live/wasl.example.org", str(tmp_path))
    whole = f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n{site}\n}}\n"
    (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
    command = [tool("nginx"), "-t", "-q", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_compose_file_is_one_and_every_process_of_the_node_uses_one_database() -> None:
    schema = ROOT / ".cache/tools/check_jsonschema/builtin_schemas/vendor/compose-spec.json"
    if not schema.exists():
        if os.environ.get("CI"):
            pytest.fail("CI needs the schema of the compose specification: .ci/run installs it")
        pytest.skip("the schema of the compose specification is not here")
    said = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(json.loads(schema.read_text(encoding="utf-8")))
    assert [error.message for error in validator.iter_errors(said)] == []
    assert not validator.is_valid(said | {"services": said["services"] | {"node": {"comand": "serve"}}})
    for node in (each for each in said["services"].values() if "build" in each):
        addresses = [node["environment"][name] for name in ("DATABASE_URL", "WASL_SEARCH_DATABASE")]
        assert addresses == ["postgresql://wasl:${WASL_DB_PASSWORD:?see the head of this file}@database/wasl"] * 2
        names = {name.removeprefix("WASL_").lower() for name in node["environment"]} - {"database_url"}
        assert names <= set(settings()), "each is a setting"


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The offline bundle of this version."""
    folder = tmp_path_factory.mktemp("bundle")
    command = [sys.executable, str(DEPLOY / "bundle.py"), "--output", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.tar.gz"))


def another_version(archive: Path, version: str, folder: Path, spoil: bool = False) -> Path:
    """The same program under another number, as its own archive. `spoil`: it cannot start."""
    old = unpacked(archive, folder)
    was, wheel = own_wheel(old)
    opened = folder / "wheel"
    shutil.unpack_archive(wheel, opened, "zip")
    wheel.unlink()
    info = opened / f"wasl-{was}.dist-info"
    metadata = (info / "METADATA").read_text(encoding="utf-8")
    (info / "METADATA").write_text(metadata.replace(f"\nVersion: {was}\n", f"\nVersion: {version}\n"), encoding="utf-8")
    (info / "RECORD").write_text("", encoding="utf-8")
    info.rename(opened / f"wasl-{version}.dist-info")
    if spoil:
        (opened / "node" / "app.py").write_text("raise RuntimeError('this version is broken')\n", encoding="utf-8")
    named = old / "wheels" / wheel.name.replace(was, version)
    shutil.make_archive(str(named), "zip", opened)
    named.with_name(f"{named.name}.zip").rename(named)
    return packed(old, version, folder)


def previous_release(archive: Path, folder: Path) -> Path:
    """The program of commit `PREVIOUS` under the number `PREVIOUS_VERSION`, as its own archive; what it needs is what
    this one needs. Where the history was not fetched, this program under that number."""
    source = folder / "source"
    source.mkdir(parents=True)
    if not has_history():
        print(f"the history lacks {PREVIOUS}: the upgrade starts from this program under another number")
        return another_version(archive, PREVIOUS_VERSION, folder)
    told = subprocess.run(["git", "-C", ROOT, "archive", PREVIOUS], capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", source], input=told, check=True)
    project = source / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    project.write_text(re.sub(r'^version = ".*"$', f'version = "{PREVIOUS_VERSION}"', text, flags=re.M), "utf-8")
    old = unpacked(archive, folder / "unpacked")
    own_wheel(old)[1].unlink()
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", old / "wheels", source], check=True, capture_output=True)
    return packed(old, PREVIOUS_VERSION, folder)


def has_history() -> bool:
    """Whether the commit of the previous release was fetched."""
    question = ["git", "-C", ROOT, "cat-file", "-e", f"{PREVIOUS}^{{commit}}"]
    return subprocess.run(question, capture_output=True, check=False).returncode == 0


def unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return next(folder.glob("wasl-*"))


def own_wheel(opened: Path) -> tuple[str, Path]:
    """The version of an unpacked archive, and its wheel of Wasl itself."""
    version = (opened / "VERSION").read_text(encoding="utf-8").strip()
    return version, next((opened / "wheels").glob(f"wasl-{version}-*.whl"))


def packed(opened: Path, version: str, folder: Path) -> Path:
    """An archive of this folder, which becomes that of this version."""
    (opened / "VERSION").write_text(f"{version}\n", encoding="utf-8")
    (opened / "SHA256SUMS").write_text("", encoding="utf-8")
    command = "find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum > SHA256SUMS"
    subprocess.run(command, shell=True, cwd=opened, check=True)
    new = folder / f"wasl-{version}"
    opened.rename(new)
    made = folder / f"wasl-{version}-offline.tar.gz"
    with tarfile.open(made, "w:gz", compresslevel=1) as tar:
        tar.add(new, new.name)
    return made


class Machine:
    """A place with its own root folder: commands as root, and what systemd would run as the user of the unit."""

    def __init__(self, root: Path, work: Path) -> None:
        self.root, self.work = root, work
        self._serving: subprocess.Popen[bytes] | None = None

    def run(self, commands: str) -> str:
        """Commands of the guide, in /root/guide; `sudo` is for people who are not root already."""
        script = f'set -eu\nsudo() {{ "$@"; }}\ncd /root/guide\n{commands}'
        done = subprocess.run(
            ["chroot", str(self.root), "/bin/bash", "-c", script],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode in (0, 3), f"{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self) -> None:
        """What `systemctl start wasl` does: ExecStart of the installed unit, as its user."""
        unit = (self.root / "etc/systemd/system/wasl.service").read_text(encoding="utf-8")
        command = re.findall(r"^ExecStart=(.+)$", unit, re.M)[0]
        as_user = "exec setpriv --reuid=wasl --regid=wasl --clear-groups -- "
        with (self.work / "served.log").open("ab") as log:
            self._serving = subprocess.Popen(
                ["chroot", str(self.root), "/bin/bash", "-c", as_user + command],
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=ENVIRONMENT | {"WASL_WEB_PORT": str(self.port)},
            )
        wait_for(lambda: readiness(self.port), "the node is not ready")

    @functools.cached_property
    def port(self) -> int:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            return int(free.getsockname()[1])

    def stop(self) -> None:
        """What `systemctl stop wasl` does."""
        if self._serving is not None:
            self._serving.send_signal(signal.SIGTERM)
            assert self._serving.wait(60) in (0, -signal.SIGTERM, 143)
        self._serving = None


def readiness(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as wire:
        try:
            wire.request("GET", "/readyz")
            return wire.getresponse().status == 200
        except OSError:
            return False


def wait_for(fact: Callable[[], bool], why: str) -> None:
    end = time.monotonic() + 60
    while not fact():
        assert time.monotonic() < end, why
        time.sleep(0.2)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Callable[[], Machine]]:
    """`machines()`: another machine like this one, which forgets everything."""
    if os.geteuid() != 0:
        pytest.skip("the guide is for root: it runs in CI, and its scripts run below without root")
    made: list[Path] = []

    def make() -> Machine:
        work = tmp_path / f"machine-{len(made)}"
        base = work / "layers"
        base.mkdir(parents=True)
        # the layers need a file system that can carry them: memory can
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500m", "wasl-test", str(base)], check=True)
        made.append(base)
        for name in ("upper", "work", "root"):
            (base / name).mkdir()
        options = f"lowerdir=/,upperdir={base}/upper,workdir={base}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(base / "root")], check=True)
        root = base / "root"
        for name in ("opt/wasl", "var/lib/wasl", "var/lib/wasl-backups"):
            shutil.rmtree(root / name, ignore_errors=True)
        (root / "root/guide").mkdir(parents=True)
        for name in ("proc", "dev"):
            subprocess.run(["mount", "--rbind", "--make-rslave", f"/{name}", str(root / name)], check=True)
        return Machine(root, work)

    running: list[Machine] = []

    def tracked() -> Machine:
        try:
            running.append(make())
        except subprocess.CalledProcessError:
            pytest.skip("this machine lets nobody mount an overlay")
        return running[-1]

    yield tracked
    for machine in running:
        machine.stop()
    for base in reversed(made):
        subprocess.run(["umount", "--recursive", "--lazy", str(base)], check=False)


def test_guide_leads_from_nothing_to_a_first_practice_an_upgrade_and_another_machine(
    archive: Path, machines: Callable[[], Machine], tmp_path: Path
) -> None:
    before = previous_release(archive, tmp_path / "before")
    first = machines()
    shutil.copy(before, first.root / "root/guide")
    said = restored = older = ""
    for word, commands in blocks("en"):
        if word == "restore":
            restored = commands
            continue
        if "rm -rf wasl-" in commands:  # the upgrade: its archive has been carried here
            (first.root / "root/guide" / before.name).unlink()
            older = schema_of(first)
            shutil.copy(archive, first.root / "root/guide")
        offline = re.sub(r"^sudo apt-get .*$", "", commands, flags=re.M)  # what is missing is installed by .ci/run
        said = first.run(offline)
        if re.search(r"systemctl (start|restart) wasl", commands) or "./wasl-*/install" in commands:
            first.stop()
            if (first.root / "var/lib/wasl/wasl.db").exists():
                first.start()
    assert (ROOT / "pyproject.toml").read_text(encoding="utf-8").count(f'version = "{version_of(first)}"') == 1
    assert schema_of(first) > older or not has_history(), "the schema has not changed: start from an older program"
    assert "Guichet d'accueil mobile" in first.run("sudo wasl search accueil")
    assert (first.root / "var/lib/wasl").stat().st_mode & 0o077 == 0
    kept = [each.name for each in (first.root / "var/lib/wasl-backups").iterdir()]
    assert any(name.startswith("before-") for name in kept)
    identity = first.run("sudo wasl node show --json")
    assert running_from(Path("/var/lib/wasl-trial")) == []
    first.stop()
    second = machines()
    shutil.copy(archive, second.root / "root/guide")
    newest = sorted((first.root / "root/guide").glob("*.backup"), key=lambda path: path.stat().st_mtime)[-1]
    shutil.copy(newest, second.root / "root/guide" / "wasl-rabat.backup")
    said = second.run(restored)
    assert "Guichet d'accueil mobile" in said
    second.start()
    assert did_of(second.run("sudo wasl node show --json")) == did_of(identity)


def version_of(machine: Machine) -> str:
    return machine.run("sudo wasl --version").strip().rpartition(" ")[2]


def schema_of(machine: Machine) -> str:
    with closing(sqlite3.connect(machine.root / "var/lib/wasl/wasl.db")) as plain:
        return str(plain.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def did_of(told: str) -> str:
    return re.findall(r"did:key:z6Mk\w+", told)[0]


def test_version_that_does_not_start_leaves_everything_as_it_was(archive: Path, tmp_path: Path) -> None:
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    prefix, home = tmp_path / "opt", tmp_path / "home"
    options = ["--prefix", str(prefix), "--home", str(home), "--no-system"]
    subprocess.run([next(tmp_path.glob("wasl-*")) / "install", *options], check=True, capture_output=True)
    wasl = [str(prefix / "current/bin/wasl"), "--home", str(home)]
    named = ["--organisation", "rabat", "--not-reachable", "--language", "fr", "--administrator", "s.alaoui"]
    subprocess.run([*wasl, "init", *named, "--yes", "--json"], check=True, capture_output=True)
    before = state_of(home)
    running = os.readlink(prefix / "current")
    another_version(archive, "9.9.9", tmp_path / "broken", spoil=True)
    done = subprocess.run(
        [tmp_path / "broken/wasl-9.9.9/install", *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "goes on, and nothing was changed" in done.stderr
    assert os.readlink(prefix / "current") == running
    assert state_of(home) == before
    assert list(tmp_path.glob("home-backups/before-9.9.9-*.backup"))
    assert not (tmp_path / "home-trial").exists()
    assert running_from(prefix) == []


def test_node_in_postgresql_is_upgraded_after_a_backup_and_a_trial_of_a_copy(
    archive: Path, databases: Databases, tmp_path: Path
) -> None:
    """Folders may have a space in their names; the old file of a node that has moved is not looked at."""
    another_version(archive, "0.0.9", tmp_path / "a before")
    another_version(archive, "9.9.9", tmp_path / "a broken", spoil=True)
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "an archive", filter="data")
    home, current = tmp_path / "a home", tmp_path / "an opt" / "current"
    options = ["--prefix", str(current.parent), "--home", str(home), "--no-system"]

    def install(folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([folder / "install", *options], capture_output=True, text=True, check=False)

    def wasl(*words: str, **environ: str) -> str:
        command = [str(current / "bin/wasl"), "--home", str(home), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | environ).stdout

    assert install(tmp_path / "a before/wasl-0.0.9").returncode == 0
    bare = databases.bare()
    named = ["--organisation", "rabat", "--not-reachable", "--language", "fr", "--administrator", "s.alaoui"]
    wasl("init", *named, "--yes", "--json", DATABASE_URL=bare)
    settings = (home / "wasl.toml").read_text(encoding="utf-8")
    settings = settings.replace('# database = ""', f'database = "{bare}"', 1)  # that of [store]
    (home / "wasl.toml").write_text(settings, encoding="utf-8")
    (home / "wasl.db").write_bytes(b"what was there before the move")
    kept = did_of(wasl("node", "show", "--json"))
    refused = install(tmp_path / "a broken/wasl-9.9.9")
    assert refused.returncode == 1
    assert "Wasl 0.0.9 goes on, and nothing was changed" in refused.stderr
    done = install(next((tmp_path / "an archive").glob("wasl-*")))
    assert done.returncode == 0, done.stderr
    assert "takes the place of 0.0.9" in done.stdout
    assert len(list(tmp_path.glob("a home-backups/before-*.backup"))) == 2
    assert not (tmp_path / "a home-trial").exists()
    assert (did_of(wasl("node", "show", "--json")), running_from(tmp_path)) == (kept, [])


@pytest.mark.parametrize("option", ["--prefix", "--home"])
def test_units_of_systemd_are_not_installed_for_other_folders_than_theirs(option: str, tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("1\n", encoding="utf-8")
    shutil.copy2(DEPLOY / "install", tmp_path)
    done = subprocess.run(
        [tmp_path / "install", option, str(tmp_path / "x")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "--no-system" in done.stderr


def test_node_serves_again_however_an_upgrade_ends(
    archive: Path, machines: Callable[[], Machine], tmp_path: Path
) -> None:
    """It stops the service; then no copy can be made. `systemctl` is a script that writes down its words."""
    another_version(archive, "0.0.9", tmp_path / "before")
    machine = machines()
    for each in (archive, *(tmp_path / "before").glob("*.tar.gz")):
        shutil.copy(each, machine.root / "root/guide")
    machine.run("tar -xzf wasl-0.0.9-offline.tar.gz && sudo ./wasl-0.0.9/install && rm -r wasl-0.0.9*")
    machine.run("sudo wasl init --organisation rabat --not-reachable --language fr --administrator s.alaoui --yes")
    machine.run("printf '#!/bin/sh\necho \"$@\" >>/root/said\n' >/usr/local/sbin/systemctl")
    machine.run("chmod 755 /usr/local/sbin/systemctl; mkdir -p /run/systemd/system /var/lib/wasl-trial")
    machine.run("rm -f /root/said; mount --bind /var/lib/wasl-trial /var/lib/wasl-trial")  # cannot be taken away
    machine.run("tar -xzf wasl-*-offline.tar.gz; ! ./wasl-*/install")
    said = (machine.root / "root/said").read_text(encoding="utf-8").split("\n")
    assert said[-3:] == ["stop wasl.service", "start wasl.service", ""]
    assert version_of(machine) == "0.0.9"


def running_from(prefix: Path) -> list[str]:
    """Command lines of what runs out of this folder."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = each.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if str(prefix) in words:
                found.append(words)
    return found


def state_of(home: Path) -> tuple[bytes, list[tuple[object, ...]]]:
    """Settings, schema and every record of a node; that a backup was made is noted in its database, and may be."""
    with closing(sqlite3.connect(home / "wasl.db")) as plain:
        schema = plain.execute("SELECT version_num FROM alembic_version").fetchall()
        return (home / "wasl.toml").read_bytes(), schema + plain.execute("SELECT seq, digest, data FROM log").fetchall()


def test_damaged_archive_is_not_installed(archive: Path, tmp_path: Path) -> None:
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    folder = next(tmp_path.glob("wasl-*"))
    wheel = next((folder / "wheels").glob("wasl-*.whl"))
    wheel.write_bytes(wheel.read_bytes()[:-1] + b"x")
    options = ["--prefix", str(tmp_path / "opt"), "--home", str(tmp_path / "home"), "--no-system"]
    done = subprocess.run([folder / "install", *options], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert not (tmp_path / "opt").exists()
