"""HTTP signatures of the fediverse: an example of the draft, and whatever a stranger may put into a header."""

from __future__ import annotations

import contextlib
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fediverse import key_of
from hypothesis import given, settings
from hypothesis import strategies as st

from node.fediverse import signatures
from node.keys import public_pem
from protocol.errors import BadSignature

BODY = b'{"hello": "world"}'
DATE = "Sun, 05 Jan 2014 21:31:40 GMT"
NOW = int(parsedate_to_datetime(DATE).timestamp())
HEADERS = {
    "host": "example.com",
    "date": DATE,
    "content-type": "application/json",
    "digest": "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
    "content-length": "18",
}
COVERED = "(request-target) host date content-type digest content-length"
SIGNED = f'keyId="Test",algorithm="rsa-sha256",headers="{COVERED}",signature="AAAA"'


def read(signature: str, now: int = NOW, **more: str) -> signatures.Signed:
    headers = HEADERS | {"signature": signature} | more
    return signatures.read("POST", "/foo?param=value&pet=dog", "example.com", headers, BODY, now)


def test_text_that_is_signed_is_the_one_of_the_draft() -> None:
    """draft-cavage-http-signatures-12, appendix C.3."""
    assert read(SIGNED).base == (
        "(request-target): post /foo?param=value&pet=dog\n"
        "host: example.com\n"
        "date: Sun, 05 Jan 2014 21:31:40 GMT\n"
        "content-type: application/json\n"
        "digest: SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=\n"
        "content-length: 18"
    )


def test_own_signature_fits_and_fits_nothing_else() -> None:
    key = key_of("rabat")
    made = signatures.sign(key, "https://x.example#k", "POST", "/inbox", "y.example", NOW, BODY)
    headers = {name.lower(): text for name, text in made.items()}
    signed = signatures.read("POST", "/inbox", "y.example", headers, BODY, NOW)
    pem = public_pem(key)
    assert signatures.fits(pem, signed.base, signed.signature)
    assert not signatures.fits(public_pem(key_of("fes")), signed.base, signed.signature)
    for path, host in (("/other", "y.example"), ("/inbox", "z.example")):
        other = signatures.read("POST", path, host, headers, BODY, NOW)
        assert not signatures.fits(pem, other.base, other.signature)


def test_time_of_creation_stands_for_the_date_and_an_end_is_kept() -> None:
    covered = 'headers="(request-target) host digest (created) (expires)",signature="AAAA"'
    assert f"(created): {NOW}" in read(f'keyId="k",algorithm="hs2019",created={NOW},expires={NOW + 60},{covered}').base
    w = signatures.WINDOW_S
    for created, expires, now in ((NOW, NOW + 60, NOW + w + 61), (NOW - 2 * w, NOW, NOW), (NOW + w + 1, NOW + w, NOW)):
        with pytest.raises(BadSignature) as refused:
            read(f'keyId="k",created={created},expires={expires},{covered}', now)
        assert refused.value.code in ("expired", "clock_skew")


@pytest.mark.parametrize("bits", [1024, 16384])
def test_key_of_an_odd_size_is_not_believed(bits: int) -> None:
    if bits > 10_000:  # making one takes minutes: its numbers are enough
        pem = rsa.RSAPublicNumbers(65537, (1 << (bits - 1)) + 1).public_key()
    else:
        pem = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    text = pem.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert signatures.public_key(text) is None


def test_key_of_another_kind_is_not_believed() -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).public_key()
    text = pem.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for wrong in (text, "", "é", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"):
        assert signatures.public_key(wrong) is None
        assert not signatures.fits(wrong, "x", b"y")


NAMES = st.sampled_from(["keyId", "algorithm", "headers", "signature", "created", "expires", "x"])
VALUES = st.sampled_from([COVERED, "(created)", "host host", "rsa-sha256", "hs2019", "AAAA", "=", "9" * 12]) | st.text()


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    parts=st.lists(st.tuples(NAMES, VALUES, st.booleans()), max_size=7),
    date=st.text() | st.sampled_from([DATE, "Sun, 05 Jan 9999 21:31:40 GMT", "Sun, 00 Jan 0000 99:99:99 -9999"]),
    digest=st.text() | st.sampled_from([HEADERS["digest"], "SHA-256", "sha-256=é"]),
)
def test_whatever_the_headers_say_the_answer_is_a_refusal_and_no_crash(parts: Any, date: str, digest: str) -> None:
    field = ",".join(f'{name}="{value}"' if quoted else f"{name}={value}" for name, value, quoted in parts)
    with contextlib.suppress(BadSignature):
        read(field, date=date, digest=digest)
