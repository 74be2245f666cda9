"""What several pages share: who wrote what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from simulator import Network

from node.app import create_app
from node.store import chains


def test_cards_of_all_towns_are_read_once_while_the_log_says_the_same(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    fes, rabat = network.found("fes"), network.found("rabat")
    reading: Callable[..., Any] = chains.head_cards
    read: list[int] = []

    def counted(connection: Any) -> Any:
        found = reading(connection)
        read.append(len(found))
        return found

    monkeypatch.setattr(chains, "head_cards", counted)
    client = create_app(rabat.node).test_client()
    assert [client.get(page).status_code for page in ("/communes", "/", "/communes")] == [200] * 3
    assert read == [1]

    network.befriend(fes, rabat)
    network.settle()
    read.clear()

    assert fes.did in client.get("/communes").text, "who has come is there at once"
    assert read == [2]
