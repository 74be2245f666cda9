"""What is about a record is read within bounds: whoever writes much about one takes nothing from the others."""

from __future__ import annotations

import library
import pytest
from forge import line_up
from simulator import Network

from node.store import records
from node.store.records import PUBLIC
from node.wording import translations_among, translations_of

KINDS = ["Translation"]
MOST = 4


@pytest.mark.both_stores
def test_flood_of_translations_hides_neither_those_of_other_records_nor_its_origins_own(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "ABOUT_MOST", MOST)
    monkeypatch.setattr(records, "_ABOUT_USUAL", 0)
    fes, rabat = line_up(network, "fes", "rabat")
    flooded, quiet = library.say(fes.node, "Guichet mobile"), library.say(fes.node, "Atelier mobile")
    network.meet(rabat, fes)
    lie = "Nichts davon ist wahr, kein Wort."
    for number in range(3 * MOST):
        library.translate(rabat.node, flooded, "de", title=f"Schwindel {number}", summary=lie)
    network.meet(fes, rabat)
    for one in (flooded, quiet):
        library.translate(fes.node, one, "ar", title="شباك متنقل", summary="شباك واحد لكل شيء في حي واحد")
    with fes.node.database.reading() as connection:
        several = records.about_many(connection, [flooded.uri, quiet.uri], PUBLIC, KINDS)
        assert several == {uri: records.about(connection, uri, PUBLIC, KINDS) for uri in (flooded.uri, quiet.uri)}
        assert len(several[flooded.uri]) == MOST
        assert [one.seq for one in several[flooded.uri]] == sorted(one.seq for one in several[flooded.uri])
        own = records.about_many(connection, [flooded.uri, quiet.uri], PUBLIC, KINDS, own=True)
        assert {uri: [one.origin for one in found] for uri, found in own.items()} == {
            flooded.uri: [fes.did],
            quiet.uri: [fes.did],
        }
        heads = [stored for stored in records.latest(connection, PUBLIC) if stored.uri in (flooded.uri, quiet.uri)]
        shown = translations_among(connection, heads)
        assert all(shown[head.uri]["ar"].translator == "ISG" for head in heads)
        assert all(shown[head.uri].keys() == translations_of(connection, head).keys() for head in heads)
