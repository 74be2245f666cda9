"""Tours of several real node processes, with wires that fail: what an administrator lives through in years."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tour
from tour import Town, agree, practice, towns, until

from node.errors import NotAllowed

pytestmark = pytest.mark.network


def _standing(town: Town, other: Town) -> str:
    shown = town.told("peer", "show", other.did)
    return str(shown["standing"])


def _hidden(town: Town, *records: str) -> bool:
    """Nothing of these records is on a page, in the search, in the feed or in the API of this node."""
    with town.node.database.reading() as connection:
        from node.store import feed
        from node.store.records import MEMBERS

        offered = {f"{one.origin}/records/{one.record}" for one in feed.changes(connection, MEMBERS, 0, 10_000)}
    found = town.page("/search?q=bilan+comp%C3%A9tences").text
    pages = [town.page(f"/practices/{uri.replace('/records/', '/')}") for uri in records]
    return (
        offered.isdisjoint(records)
        and not any(uri.rpartition("/")[2] in found for uri in records)
        and all(page.status_code in (404, 410) for page in pages)
    )


def _recovered(town: Town) -> bool:
    """Whether the node says that it publishes again."""
    return bool(json.loads(town.wasl("recover", "--json", fine=(0, 3)))["recovering"] is None)


def _shown(town: Town, uri: str) -> bool:
    return town.page(f"/practices/{uri.replace('/records/', '/')}").status_code == 200


def test_partition_heals_and_both_halves_agree_again(tmp_path: Path) -> None:
    with towns(tmp_path, "rabat", "sale", "fes", "oujda") as (rabat, sale, fes, oujda):
        rabat.befriend(sale)
        sale.befriend(fes)
        fes.befriend(oujda)
        before = rabat.publish()
        until(lambda: before.uri in oujda.heads(), "Rabat's practice travels over two towns to Oujda")

        sale.wire.fault = fes.wire.fault = "cut"  # Salé and Fès stand on both sides of the cut
        for town in (rabat, oujda):
            for number in range(3):
                town.publish(**practice(f"Bilan {number} de {town.name} pendant la coupure"))
        rabat.publish(record=before.record, **practice("Bilan, deuxième édition"))
        until(lambda: sale.peer(fes).failures >= 2 and fes.peer(sale).failures >= 2, "the cut is noticed on both sides")
        assert not agree(rabat, oujda)
        assert _standing(sale, fes) in ("late", "silent"), sale.told("peer", "show", fes.did)

        sale.wire.fault = fes.wire.fault = ""
        for one, other in ((sale, fes), (fes, sale)):
            one.wasl("peer", "sync", other.did, fine=(0, 3, 4))
        until(lambda: agree(rabat, sale, fes, oujda), "all four agree after the cut", 90)
        assert len(oujda.heads()) == 7
        until(lambda: _standing(sale, fes) == "well", "the state is well again")


FAULTS = ("altered", "truncated", "endless", "slow", "contradictory", "garbage")


def test_peers_that_lie_stop_nobody_and_are_named(tmp_path: Path) -> None:
    """Six at once, each in its own way: each is caught, its page says why and what to do, the honest peer's news comes
    on meanwhile, and truth heals them."""
    with towns(tmp_path, "rabat", "honest", *FAULTS) as (rabat, honest, *liars):
        for town in (honest, *liars):
            town.befriend(rabat)
        until(lambda: all(rabat.peer(town).met_at for town in (honest, *liars)), "Rabat has met all of them")
        hidden = {liar.name: _lies(liar) for liar in liars}
        for liar in liars:
            rabat.wasl("peer", "sync", liar.did, fine=(0, 1, 3, 4))
            until(lambda one=liar: _caught(rabat, one), f"Rabat notices that the peer is {liar.name}")
        news = honest.publish(**practice("Bilan honnête"))
        until(lambda: news.uri in rabat.heads(), "news of the honest peer comes while the others lie")
        assert not set(hidden.values()) & set(rabat.heads())
        assert rabat.page("/").status_code == 200

        for liar in liars:
            liar.wire.fault = ""
            rabat.wasl("peer", "sync", liar.did, fine=(0, 3, 4))
        until(lambda: set(hidden.values()) <= set(rabat.heads()), "the true bytes are taken as soon as they come")
        assert any(one["code"] == "altered" for one in rabat.told("peer", "show", liars[0].did)["refusals"])


def _lies(liar: Town) -> str:
    """It lies as it is called, and has something to say; what others must not get."""
    liar.wire.fault = liar.name
    hidden = liar.publish()
    liar.publish(record=hidden.record, **practice("Bilan, deuxième édition"))
    return hidden.uri


def _caught(town: Town, liar: Town) -> bool:
    shown = town.told("peer", "show", liar.did)
    if shown["failure"]:
        assert all(shown["failure"][name] for name in ("sentence", "remedy")), shown
    return bool(shown["failure"] or shown["refusals"])


def test_blocked_peer_is_gone_from_pages_search_feed_and_api_at_once(tmp_path: Path) -> None:
    with towns(tmp_path, "rabat", "spam", "hanger-on") as (rabat, spam, hanger):
        spam.befriend(rabat)
        hanger.befriend(spam)
        one, other = spam.publish(), hanger.publish(**practice("Bilan du compère"))
        until(lambda: {one.uri, other.uri} <= set(rabat.heads()), "both practices came to Rabat")
        until(lambda: other.record in rabat.page("/search?q=bilan+comp%C3%A9tences").text, "and can be found")

        preview = rabat.told("peer", "block", spam.did, "--dry-run")
        assert sorted(preview["gone"]) == sorted([spam.did, hanger.did])
        rabat.wasl("peer", "block", spam.did, "--reason", "spam", "--yes")
        assert _hidden(rabat, one.uri, other.uri), "at once: nothing had to be waited for"
        refused = spam.wasl("sync", fine=(0, 1, 3, 4))
        assert "block" in refused

        rabat.wasl("peer", "unblock", spam.did, "--yes")
        until(lambda: _shown(rabat, one.uri) and _shown(rabat, other.uri), "all is back after the block was lifted")


def test_compromised_key_is_replaced_with_no_reader_noticing(tmp_path: Path) -> None:
    """Fès' signing key is stolen. A reader in Rabat looks at Fès' practices all the time: they are always there."""
    with towns(tmp_path, "fes", "rabat") as (fes, rabat):
        fes.befriend(rabat)
        own = [fes.publish(**practice(f"Bilan numéro {number}")) for number in range(8)]
        until(lambda: all(one.uri in rabat.heads() for one in own), "Rabat holds them all")
        old = fes.node.signing.multikey
        missed: list[str] = []
        reading = tour.Reading(rabat, [one.uri for one in own], missed)
        with reading:
            reading.look_again()
            fes.wasl("key", "revoke", "--yes")
            fes.reopen()
            assert fes.node.signing.multikey != old
            until(
                lambda: tour.signed_by(rabat, fes, fes.node.signing.multikey) == {one.uri for one in own}, "re-signed"
            )
            reading.look_again()
        assert not missed, missed
        later = fes.publish(**practice("Bilan après le vol"))
        until(lambda: later.uri in rabat.heads(), "the new key is known in Rabat without anybody's doing")
        assert not tour.signed_by(rabat, fes, old)


def test_node_restored_from_an_old_backup_goes_on_without_a_fork(tmp_path: Path) -> None:
    with towns(tmp_path, "sale", "rabat") as (sale, rabat):
        sale.befriend(rabat)
        first, second = sale.publish(), sale.publish(**practice("Bilan deux"))
        until(lambda: agree(sale, rabat), "Rabat holds what Salé has")
        backup = tmp_path / "sale.wasl-backup"
        sale.wasl("backup", str(backup))
        sale.publish(record=first.record, **practice("Bilan un, deuxième édition"))
        third = sale.publish(**practice("Bilan trois"))
        until(lambda: agree(sale, rabat) and len(rabat.heads()) == 3, "Rabat has the news of that week")

        sale.stop(kill=True)
        until(lambda: not tour.answers(sale.url), "the process is gone")
        sale.node.close()
        sale.wasl("restore", str(backup), "--replace")
        sale.reopen()
        sale.wasl("record", "show", third.uri, fine=(1,))
        with pytest.raises(NotAllowed) as refused:
            sale.publish(record=second.record, **practice("Bilan deux, trop tôt"))
        assert refused.value.code == "recovering"
        sale.start()
        until(lambda: _recovered(sale), "its own records are back")
        assert agree(sale, rabat)
        sale.publish(record=first.record, **practice("Bilan un, troisième édition"))
        until(lambda: agree(sale, rabat), "it publishes again")
        for town in (sale, rabat):
            assert not tour.forks(town)
        assert rabat.told("record", "show", first.uri)["revision"] == 3


def test_node_is_rebuilt_from_nothing_but_its_recovery_sheet(tmp_path: Path) -> None:
    with towns(tmp_path, "oujda", "rabat", "fes") as (oujda, rabat, fes):
        oujda.befriend(rabat)
        oujda.befriend(fes)
        own = {oujda.publish(**practice(f"Bilan {number} d'Oujda")).uri for number in range(5)}
        until(lambda: own <= set(rabat.heads()) and own <= set(fes.heads()), "the network has its practices")
        sheet = oujda.told("key", "sheet", "--language", "ar", "--show")["words"]
        oujda.stop(kill=True)
        lost = oujda.home.rename(tmp_path / "burnt")
        oujda.node.close()

        words = tmp_path / "sheet.txt"
        words.write_text(sheet if isinstance(sheet, str) else " ".join(sheet), encoding="utf-8")
        more = {"WASL_SYNC_PRIVATE_ADDRESSES": "true", "WASL_SYNC_INTERVAL_S": "1"}  # loopback, and no time to lose
        tour.wasl(
            "--home", str(oujda.home), "restore", "--from-network", "--peer", rabat.public, "--sheet-file", str(words),
            "--port", str(oujda.port), "--yes", **more,
        )  # fmt: skip
        oujda.environ = more
        oujda.node = tour.open_node(oujda.home, more)
        assert oujda.node.did == rabat.peer(oujda).did
        oujda.start()
        until(lambda: own <= set(oujda.heads()), "every practice is back")
        until(lambda: _recovered(oujda), "the recovery has ended by itself")
        again = oujda.publish(**practice("Bilan d'après l'incendie"))
        until(lambda: again.uri in rabat.heads() and again.uri in fes.heads(), "it publishes to both peers again")
        assert not tour.forks(rabat)
        assert lost.exists()
