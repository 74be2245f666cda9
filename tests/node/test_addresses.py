"""Names that are not what they seem. D12: `rаbat.ma` with a Cyrillic а is another machine than `rabat.ma`."""

from __future__ import annotations

import pytest

from node.addresses import FOREIGN, MIXED, ascii_address, host_of
from node.errors import AddressRefused


@pytest.mark.parametrize(
    ("typed", "wire", "warning"),
    [
        ("https://rabat.ma", "rabat.ma", ""),
        ("https://r\u0430bat.ma", "xn--rbat-53d.ma", MIXED),
        ("https://\u0430\u0440\u0440\u04cf\u0435.com", "xn--80ak6aa92e.com", MIXED),
        ("https://الرباط.المغرب", "xn--mgbac9a6a0e.xn--mgbc0a9azcg", FOREIGN),
        ("https://münchen.example", "xn--mnchen-3ya.example", FOREIGN),
        ("https://xn--rbat-53d.ma:8443/wasl", "xn--rbat-53d.ma", MIXED),
    ],
)
def test_host_is_shown_in_both_forms_with_a_warning_for_look_alikes(typed: str, wire: str, warning: str) -> None:
    host = host_of(typed)
    assert (host.ascii, host.warning) == (wire, warning)
    assert ascii_address(typed).isascii()
    assert host_of(ascii_address(typed)) == host
    if warning:
        assert host.shown != host.ascii


def test_latin_letters_with_accents_are_no_disguise() -> None:
    assert host_of("https://münchen.example").warning == FOREIGN


@pytest.mark.parametrize("typed", ["https://straße.example", "https://a\u200db.example", "https://\u0430@rabat.ma"])
def test_host_that_two_standards_read_differently_is_not_guessed(typed: str) -> None:
    with pytest.raises(AddressRefused):
        ascii_address(typed)


def test_undecodable_name_is_shown_as_it_is() -> None:
    assert host_of("https://xn--99999999999.example").shown == "xn--99999999999.example"
