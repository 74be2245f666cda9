"""A real S3-compatible store for the tests: SeaweedFS, one program, in a folder of its own, on this machine only.

Not a double: it signs, lists, keeps versions and locks as the store that people run. `.ci/run` puts the program into
`.cache/tools` (tests/tools.lock); a laptop without it skips, the gate does not (`CI=true`). It would tell its
makers that it runs: it is started with that switched off.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests
from requests_aws4auth import AWS4Auth

ROOT = Path(__file__).parent.parent
WEED = ROOT / ".cache" / "tools" / "bin" / "weed"
REGION = "us-east-1"
ACCESS, SECRET = "AKWASLTESTALL", "tests-secret-never-in-a-log-a-sentence-or-a-page"
READER, READER_SECRET = "AKWASLTESTREAD", "tests-secret-that-lets-nobody-write"
WRITER, WRITER_SECRET = "AKWASLTESTWRITE", "tests-secret-that-deletes-no-version"
STARTS_S = 60


class NoBucket(Exception):
    """There is no S3-compatible store on this machine. The message says what to do."""


@dataclass
class Buckets:
    """The buckets of one running store. `address`: http://127.0.0.1:port; `program`: its process."""

    address: str
    program: subprocess.Popen[bytes]
    count: Iterator[int] = field(default_factory=itertools.count)
    shared: str = ""

    def new(self, *, versions: bool = False, locked: bool = False) -> str:
        """The address of an empty bucket. `versions`: it keeps them; `locked`: nobody deletes one for a year."""
        address = f"{self.address}/files-{next(self.count)}"
        headers = {"x-amz-bucket-object-lock-enabled": "true"} if locked else {}
        self.ask("PUT", address, headers=headers)
        if versions:
            self.ask("PUT", f"{address}?versioning=", data=_xml("VersioningConfiguration", "<Status>Enabled</Status>"))
        if locked:
            rule = "<DefaultRetention><Mode>COMPLIANCE</Mode><Days>365</Days></DefaultRetention>"
            rule = f"<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>{rule}</Rule>"
            self.ask("PUT", f"{address}?object-lock=", data=_xml("ObjectLockConfiguration", rule))
        return address

    def prefix(self) -> str:
        """The address of an empty place in a bucket: quicker than a new one."""
        self.shared = self.shared or self.new()
        return f"{self.shared}/place-{next(self.count)}"

    def ask(self, method: str, url: str, **more: object) -> requests.Response:
        """One request of the store's administrator."""
        signed = AWS4Auth(ACCESS, SECRET, REGION, "s3")
        answer = requests.request(method, url, auth=signed, timeout=30, **more)  # type: ignore[arg-type]
        assert answer.status_code < 300, answer.text
        return answer

    def names(self, address: str) -> list[str]:
        """Every version of every name in a bucket, marks of deletion too."""
        text = self.ask("GET", f"{address}?versions=").text
        return [part.partition("</Key>")[0] for part in text.split("<Key>")[1:]]


def give_keys(home: Path, access: str = ACCESS, secret: str = SECRET) -> None:
    """Write the keys of the store into a node's folder."""
    file = home / "keys" / "bucket.keys"
    file.write_text(f"{access}\n{secret}\n", encoding="ascii")
    file.chmod(0o600)


@contextmanager
def private_buckets() -> Iterator[Buckets]:
    """A new, empty store. Raises NoBucket."""
    weed = WEED if WEED.exists() else shutil.which("weed")
    if weed is None:
        raise NoBucket("there is no SeaweedFS here: .ci/run shows how it is installed")
    folder = Path(tempfile.mkdtemp(prefix="wasl-s3-"))
    (folder / "master.toml").write_text("[master.volume_growth]\ncopy_1 = 1\n", encoding="utf-8")  # else seven a bucket
    (folder / "s3.json").write_text(json.dumps(_IDENTITIES), encoding="utf-8")
    ports = _free_ports(8)
    command = [str(weed), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=1000"]
    command += ["-filer", "-s3", f"-s3.config={folder / 's3.json'}", "-master.telemetry=false"]
    command += ["-master.volumeSizeLimitMB=64", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.autoCreateBucket=false"]
    for name, (plain, grpc) in zip(
        ("master", "volume", "filer", "s3"), zip(ports[::2], ports[1::2], strict=True), strict=True
    ):
        command += [f"-{name}.port={plain}", f"-{name}.port.grpc={grpc}"]
    with (folder / "log").open("wb") as log:
        program = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env={"PATH": os.defpath, "HOME": str(folder)}
        )
    try:
        yield _ready(Buckets(f"http://127.0.0.1:{ports[6]}", program), folder / "log")
    finally:
        program.kill()
        program.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _ready(buckets: Buckets, log: Path) -> Buckets:
    until = time.monotonic() + STARTS_S
    while time.monotonic() < until and buckets.program.poll() is None:
        with suppress(requests.RequestException, AssertionError):
            address = buckets.new()
            buckets.ask("PUT", f"{address}/ready", data=b"x")
            buckets.ask("DELETE", f"{address}/ready")
            return buckets
        time.sleep(0.05)
    raise NoBucket(f"SeaweedFS does not start: {log.read_text(errors='replace')[-2000:]}")


def _free_ports(count: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports


def _xml(name: str, inside: str) -> str:
    return f'<{name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inside}</{name}>'


def _identity(name: str, key: str, secret: str, actions: list[str]) -> dict[str, object]:
    return {"name": name, "credentials": [{"accessKey": key, "secretKey": secret}], "actions": actions}


_IDENTITIES = {
    "identities": [
        _identity("all", ACCESS, SECRET, ["Admin", "Read", "Write", "List", "Tagging"]),
        _identity("reader", READER, READER_SECRET, ["Read", "List"]),
        _identity("writer", WRITER, WRITER_SECRET, ["Read", "List", "Write"]),
    ]
}
