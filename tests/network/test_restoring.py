"""Stories of a node that comes back: from a week-old backup, from its sheet, from a folder that somebody copied.

What each of them must never do is fork: give a number twice. `forks` looks for that on every node of the network.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from forge import line_up
from simulator import Network, Town, every_head, small_app

from node import (
    backup,
    governing,
    intake,
    keyring,
    keys,
    peering,
    publish,
    rebuilding,
    recovering,
    recovery,
    restoring,
    sightings,
)
from node.assembly import open_node
from node.errors import NotAllowed, NotFound, SheetWrong
from node.federation.headsets import HeadSets
from node.store import chains, copies, feed, notes, peers, records

WEEK = 7 * 86_400


def wake(network: Network, name: str, home: Path, did: str | None = None) -> Town:
    """The node in `home` as a town of the network, in the place of the one of this name."""
    node = open_node(home, {}, network.clock)
    assert did in (None, node.did)
    sets = HeadSets(node.database)
    network.towns[name] = Town(name, node, small_app(node, sets), sets, network.clock, network)
    return network.towns[name]


def die(town: Town) -> None:
    """The machine is gone, with everything on it."""
    town.node.close()
    shutil.rmtree(town.node.config.home)


def state(town: Town) -> str | None:
    with town.node.database.reading() as connection:
        return notes.value(connection, "state") or None


def own(town: Town) -> dict[str, tuple[int, str]]:
    """What a town has published: URI -> (revision, state)."""
    with town.node.database.reading() as connection:
        return {stored.uri: (stored.revision, stored.state) for stored in records.own(connection, town.did)}


def forks(network: Network) -> list[str]:
    """Records of which two revisions with one number are known anywhere."""
    found = []
    for town in network.towns.values():
        with town.node.database.reading() as connection:
            found += [f"{town.name}: {stored.uri}" for stored in every_head(connection) if stored.forked]
    return found


def restored(network: Network, name: str, file: Path, **options: Any) -> Town:
    """The town's node made again from a backup."""
    home = network.folder / f"{name}-again"
    restoring.restore(file, home, {}, actor="test", now=network.clock, **options)
    return wake(network, name, home)


def refused(town: Town) -> str:
    """The code with which publishing is refused."""
    with pytest.raises(NotAllowed) as refusal:
        town.publish(text="no")
    return refusal.value.code


def test_sale_comes_back_from_a_week_old_backup_without_a_fork(network: Network, tmp_path: Path) -> None:
    """C9: it publishes nothing until what it had published since is back, and then goes on above it."""
    rabat, sale, fes = line_up(network, "rabat", "sale", "fes")
    first = sale.publish(text="one")
    network.settle()
    backup.write(sale.node, tmp_path / "sale.backup", actor="test")
    network.clock.seconds += WEEK
    second = sale.publish(record=first.record, text="two")
    new = sale.publish(text="new")
    network.settle()
    die(sale)

    sale = restored(network, "sale", tmp_path / "sale.backup")
    assert state(sale) == "recovering"
    assert own(sale)[first.uri] == (1, "live")
    assert refused(sale) == "recovering"
    status = recovering.status(sale.node, "en")
    assert status is not None
    assert (status.reason, status.waits_for, {one.word for one in status.peers}) == (
        "backup",
        "nobody_met",
        {"untried"},
    )

    network.meet(sale, rabat)
    status = recovering.status(sale.node, "en")
    assert status is not None
    assert (status.waits_for, status.back >= 2) == ("some_untried", True)
    network.meet(sale, fes)
    assert state(sale) is None
    assert own(sale)[first.uri] == (2, "live")
    assert own(sale)[new.uri] == (1, "live")
    third = sale.publish(record=first.record, text="three")
    assert (third.revision, third.previous) == (3, second.digest)
    network.settle()
    assert rabat.heads() == sale.heads() == fes.heads()
    assert forks(network) == []
    with sale.node.database.reading() as connection:
        assert "recovered" in {act.act for act in notes.acts(connection)}


def test_peer_that_is_down_need_only_be_tried(network: Network, tmp_path: Path) -> None:
    rabat, sale, fes = line_up(network, "rabat", "sale", "fes")
    backup.write(sale.node, tmp_path / "sale.backup", actor="test")
    said = sale.publish(text="since")
    network.settle()
    die(sale)
    sale = restored(network, "sale", tmp_path / "sale.backup")
    network.cut(sale, fes)
    network.meet(sale, fes)
    assert state(sale) == "recovering"
    network.meet(sale, rabat)
    assert state(sale) is None
    assert said.uri in own(sale)


def test_administrator_may_go_on_and_is_told_the_risk(network: Network, tmp_path: Path) -> None:
    """A restore with no peer in reach: the override ends it, and what forks has the winner that the rules say."""
    rabat, sale = line_up(network, "rabat", "sale")
    said = sale.publish(text="one")
    network.settle()
    backup.write(sale.node, tmp_path / "sale.backup", actor="test")
    theirs = sale.publish(record=said.record, text="two, before the crash")
    network.settle()
    die(sale)
    sale = restored(network, "sale", tmp_path / "sale.backup")
    network.cut(sale, rabat)
    assert refused(sale) == "recovering"
    assert "fork" in recovering.risk("en")
    recovering.go_on(sale.node, actor="test")
    with pytest.raises(NotAllowed, match="nothing to end"):
        recovering.go_on(sale.node, actor="test")
    network.clock.seconds += 60
    ours = sale.publish(record=said.record, text="two, after the crash")
    network.heal()
    network.settle()
    winner = max(ours.digest, theirs.digest)
    assert {rabat.heads()[said.uri], sale.heads()[said.uri]} == {winner}
    assert any(said.uri in fork for fork in forks(network)), "who saw both knows of two versions"
    assert state(sale) is None, "what was written before the restore came back late: it is our own"
    network.settle()
    sale.publish(record=said.record, text="three settles it")
    network.settle()
    assert forks(network) == []


def test_node_whose_peers_all_call_it_waits_for_their_calls(network: Network, tmp_path: Path) -> None:
    """Peers behind NAT give what we lack when they call; the others have an hour."""
    sale = network.found("sale")
    tiznit = network.found("tiznit", reachable=False)
    oujda = network.found("oujda", reachable=False)
    for town in (tiznit, oujda):
        with network.as_speaker(town):
            peering.request(town.node, sale.url)
        peering.accept(sale.node, town.did, actor="test")
        network.meet(town, sale)
    network.settle()
    backup.write(sale.node, tmp_path / "sale.backup", actor="test")
    said = sale.publish(text="since")
    network.settle()
    die(sale)
    sale = restored(network, "sale", tmp_path / "sale.backup")
    network.meet(tiznit, sale)
    assert said.uri in own(sale), "the comparison gave it back"
    status = recovering.status(sale.node, "en")
    assert status is not None
    assert status.waits_for == "nobody_met", "whether that was all is known at the next call"
    network.meet(tiznit, sale)
    status = recovering.status(sale.node, "en")
    assert status is not None
    assert status.waits_for == "callers"
    network.clock.seconds += recovering.CALLERS_WAIT_S
    assert recovering.settle(sale.node)
    assert state(sale) is None


def test_node_without_peers_waits_for_a_person(network: Network, tmp_path: Path) -> None:
    sale = network.found("sale")
    backup.write(sale.node, tmp_path / "sale.backup", actor="test")
    die(sale)
    sale = restored(network, "sale", tmp_path / "sale.backup")
    assert not recovering.settle(sale.node)
    status = recovering.status(sale.node, "en")
    assert status is not None
    assert status.waits_for == "no_peer"
    recovering.go_on(sale.node, actor="test")
    sale.publish(text="alone")


def test_backup_whose_key_was_replaced_since_is_told_so_and_gets_a_new_one(network: Network, tmp_path: Path) -> None:
    """The old key is retired: peers refuse it. The node reads its own cards and asks for the sheet."""
    rabat, sale = line_up(network, "rabat", "sale")
    sheet = keyring.seed_here(sale.node)
    assert sheet is not None
    said = sale.publish(text="one")
    backup.write(sale.node, tmp_path / "sale.backup", actor="test")
    keyring.rotate_signing(sale.node, None, "test")
    since = sale.publish(text="with the new key")
    network.settle()
    die(sale)
    sale = restored(network, "sale", tmp_path / "sale.backup")
    assert network.meet(sale, rabat).error_code == "key_replaced"
    status = recovering.status(sale.node, "en")
    assert status is not None
    assert (status.waits_for, "sheet" in status.todo) == ("key_replaced", True)
    with pytest.raises(NotAllowed) as refusal:
        recovering.go_on(sale.node, actor="test")
    assert refusal.value.code == "key_replaced"
    with pytest.raises(NotAllowed) as refusal:
        rebuilding.new_key(sale.node, None, actor="test")
    assert refusal.value.code == "root_key_away", "a backup has no root key"
    rebuilding.new_key(sale.node, sheet, actor="test")
    assert network.meet(sale, rabat).error_code is None
    assert state(sale) is None
    assert {said.uri, since.uri} <= set(own(sale))
    sale.publish(record=since.record, text="goes on")
    network.settle()
    assert rabat.heads() == sale.heads()
    assert forks(network) == []


def _erasures_hold(town: Town, erased: list[str]) -> None:
    """No erased text is left in any file of the town's database."""
    town.node.database.forget()
    on_disk = b"".join(path.read_bytes() for path in town.node.config.home.glob("wasl.db*"))
    assert not [text for text in erased if text.encode() in on_disk], "an erasure after the backup holds"


@pytest.mark.parametrize("seed", range(6))
def test_no_history_makes_a_restored_node_fork_or_brings_back_what_was_erased(
    network: Network, tmp_path: Path, seed: int
) -> None:
    """Publish, revise, withdraw, erase at random before and after the backup, some of it unseen by some peers."""
    chance = random.Random(seed)
    rabat, sale, fes, berlin = line_up(network, "rabat", "sale", "fes", "berlin")
    sheet = keyring.seed_here(sale.node)
    secrets: dict[str, str] = {}

    def live() -> list[str]:
        return [uri for uri, (_, held) in own(sale).items() if held == "live" and uri in secrets]

    def act() -> None:
        word = f"zaghareed-{chance.random()}"
        some = live()
        what = chance.random()
        if what < 0.4 or not some:
            secrets[sale.publish(text=word).uri] = ""
        elif what < 0.7:
            uri = chance.choice(some)
            sale.publish(record=uri.rpartition("/")[2], text=word)
        else:
            uri = chance.choice(some)
            how = chance.choice(["withdrawn", "erased"])
            if how == "erased":
                held = sale.get(uri)
                assert held is not None
                secrets[uri] = str(held.content["text"])
            publish.end(sale.node, uri, how)

    for _ in range(12):
        act()
        network.clock.seconds += chance.randrange(60)
    network.settle()
    backup.write(sale.node, tmp_path / "sale.backup", actor="test")
    for _ in range(12):
        network.clock.seconds += chance.randrange(60)
        act()
        if chance.random() < 0.5:
            network.meet(chance.choice((rabat, fes)), sale)
    network.meet(rabat, sale)
    before = own(sale)
    die(sale)
    sale = restored(network, "sale", tmp_path / "sale.backup")
    assert sheet is not None
    for peer in chance.sample((rabat, fes), 2):
        assert refused(sale) == "recovering"
        network.meet(sale, peer)
    assert state(sale) is None
    assert own(sale) == before
    for uri in live():
        sale.publish(record=uri.rpartition("/")[2], text="after")
    sale.publish(text="new")
    network.settle()
    assert forks(network) == []
    assert rabat.heads() == sale.heads() == fes.heads() == berlin.heads()
    _erasures_hold(sale, [secrets[uri] for uri, (_, held) in before.items() if held == "erased" and uri in secrets])
    with sale.node.database.reading() as connection:
        assert copies.mend_heads(connection) == 0, "heads follow from the log"


def from_network(network: Network, town: Town, *peers_: Town, **options: Any) -> rebuilding.Rebuilt:
    """The town's node made again in an empty folder from what these peers say."""
    home = network.folder / f"{town.name}-again"
    yes = options.pop("yes", True)
    shown: list[rebuilding.Found] = []

    def confirm(found: rebuilding.Found) -> bool:
        shown.append(found)
        return bool(yes)

    options = {"actor": "test", "now": network.clock, "settings": {"limits_free_mb": 0}, **options}
    with network.as_speaker(town):
        rebuilt = rebuilding.from_network(home, {}, [peer.url for peer in peers_], confirm=confirm, **options)
    assert shown[0].did == town.did or options.get("did") is not None
    if rebuilt is None:
        raise AssertionError("declined")
    return rebuilt


def words_of(town: Town) -> str:
    """The eighteen words on the town's recovery sheet, in Arabic."""
    seed = keyring.seed_here(town.node)
    assert seed is not None
    return " ".join(recovery.words(seed, "ar"))


def test_oujda_is_rebuilt_from_nothing_but_its_eighteen_words(network: Network) -> None:
    """Every practice back, its peers are its peers again, and it publishes on; the lost key is retired."""
    fes, oujda, rabat, berlin = line_up(network, "fes", "oujda", "rabat", "berlin")
    tiznit = network.found("tiznit", reachable=False)
    with network.as_speaker(tiznit):
        peering.request(tiznit.node, oujda.url)
    peering.accept(oujda.node, tiznit.did, actor="test")
    network.meet(tiznit, oujda)
    said = [oujda.publish(text=f"{number}") for number in range(20)]
    oujda.publish(record=said[0].record, text="second edition")
    publish.end(oujda.node, said[1].uri, "erased")
    publish.end(oujda.node, said[2].uri, "withdrawn")
    heard = berlin.publish(text="from far away")
    network.settle()
    words, before, old_key = words_of(oujda), own(oujda), oujda.node.signing.multikey
    die(oujda)
    network.clock.seconds += WEEK

    rebuilt = from_network(network, oujda, fes, sheet=recovery.seed_from(words))
    assert rebuilt.found.key_kept is False
    assert [one.did for one in rebuilt.found.answering] == [fes.did]
    rebuilt.node.close()
    oujda = wake(network, "oujda", rebuilt.node.config.home, oujda.did)
    card = chain(oujda).head.envelope.uri
    assert own(oujda) == before | {card: (2, "live")}, "every record, as it was last; and one more card"
    with oujda.node.database.reading() as connection:
        active = {peer.did for peer in peers.everyone(connection, peers.ACTIVE)}
    assert active == {fes.did, rabat.did, tiznit.did}, "whom nobody can reach calls again by itself"
    assert chain(oujda).state_of(old_key) == "retired"
    assert chain(oujda).head.number == 2
    assert oujda.get(heard.uri) is not None
    assert rebuilt.over is False
    status = recovering.status(oujda.node, "en")
    assert status is not None
    assert status.waits_for == "callers", "tiznit has an hour to call"
    assert network.meet(tiznit, oujda).error_code is None
    network.meet(tiznit, oujda)
    assert state(oujda) is None
    oujda.publish(record=said[0].record, text="third edition")
    network.settle()
    for town in (fes, rabat, berlin, tiznit):
        assert {uri: digest for uri, digest in town.heads().items() if oujda.did in uri} == {
            uri: digest for uri, digest in oujda.heads().items() if oujda.did in uri
        }
    assert forks(network) == []
    assert not (oujda.node.config.keys / keys.SEED).exists(), "the sheet stays where it is: in the safe"


def chain(town: Town) -> Any:
    with town.node.database.reading() as connection:
        found = chains.chain_of(connection, town.did)
    assert found is not None
    return found


def test_folder_of_keys_is_enough_and_needs_no_new_card(network: Network, tmp_path: Path) -> None:
    rabat, sale = line_up(network, "rabat", "sale")
    said = sale.publish(text="one")
    network.settle()
    home = network.folder / "sale-again"
    home.mkdir()
    shutil.copytree(sale.node.config.keys, home / "keys")
    die(sale)
    rebuilt = from_network(network, sale, rabat)
    assert (rebuilt.found.key_kept, rebuilt.over, rebuilt.waiting) == (True, True, ())
    rebuilt.node.close()
    sale = wake(network, "sale", home)
    assert said.uri in own(sale)
    assert chain(sale).head.number == 1
    sale.publish(record=said.record, text="two")
    network.settle()
    assert rabat.heads() == sale.heads()


def test_stolen_machine_is_rebuilt_and_what_came_back_is_signed_anew(network: Network) -> None:
    """--stolen: the lost key is revoked once everything is back, and no reader finds a record missing."""
    rabat, sale = line_up(network, "rabat", "sale")
    said = sale.publish(text="one")
    network.settle()
    words, old_key = words_of(sale), sale.node.signing.multikey
    die(sale)
    rebuilt = from_network(network, sale, rabat, sheet=recovery.seed_from(words), stolen=True)
    assert rebuilt.over
    assert rebuilt.revoked == (old_key,)
    rebuilt.node.close()
    sale = wake(network, "sale", rebuilt.node.config.home)
    assert chain(sale).state_of(old_key) == "revoked"
    network.settle()
    held = rabat.get(said.uri)
    assert held is not None
    assert (held.revision, held.key, held.content["text"]) == (2, sale.node.signing.multikey, "one")


def test_rebuilding_that_is_interrupted_goes_on(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the new card was signed: the second call uses the same key and the same card."""
    rabat, sale = line_up(network, "rabat", "sale")
    said = sale.publish(text="one")
    network.settle()
    words = words_of(sale)
    die(sale)

    class Killed(BaseException):
        pass

    def kill(*_words: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(rebuilding, "_founded", kill)
        with pytest.raises(Killed):
            from_network(network, sale, rabat, sheet=recovery.seed_from(words))
    rebuilt = from_network(network, sale, rabat, sheet=recovery.seed_from(words))
    rebuilt.node.close()
    sale = wake(network, "sale", rebuilt.node.config.home)
    assert chain(sale).head.number == 2
    assert said.uri in own(sale)
    assert state(sale) is None


def test_wrong_sheet_wrong_peer_and_a_no_write_nothing(network: Network) -> None:
    rabat, sale = line_up(network, "rabat", "sale")
    lone = network.found("lone")
    sheet, other = recovery.seed_from(words_of(sale)), recovery.seed_from(words_of(rabat))
    die(sale)
    home = network.folder / "sale-again"
    with pytest.raises(NotFound, match="holds a card of this node"):
        from_network(network, sale, lone, sheet=sheet)
    with pytest.raises(SheetWrong):
        from_network(network, sale, rabat, sheet=other, did=sale.did)
    with pytest.raises(NotAllowed) as refusal:
        from_network(network, sale, rabat)
    assert refusal.value.code == "did_needed"
    with pytest.raises(AssertionError, match="declined"):
        from_network(network, sale, rabat, sheet=sheet, yes=False)
    assert not home.exists()


def test_peer_that_keeps_back_cards_is_outdone_by_another(network: Network) -> None:
    """A peer can hide our newest card, but make none: the longest chain of all that were asked counts."""
    rabat, sale, fes = line_up(network, "rabat", "sale", "fes")
    keyring.rotate_signing(sale.node, None, "test")
    network.settle()
    sheet = recovery.seed_from(words_of(sale))
    before = chain(sale).head.number
    die(sale)

    def hide(wire: Any, request: Any) -> Any:
        if not wire.path.endswith(f"{sale.did}/chain"):
            return wire
        return type(wire)(wire.method, wire.path, wire.status, wire.headers, wire.body.splitlines()[0] + b"\n")

    network.twists["rabat"] = hide
    rebuilt = from_network(network, sale, rabat, fes, sheet=sheet)
    assert rebuilt.found.card == before
    rebuilt.node.close()


def copied(network: Network, town: Town, name: str) -> Town:
    """A second machine with the same folder, as a clone of a virtual machine is."""
    home = network.folder / name
    town.node.database.forget()
    shutil.copytree(town.node.config.home, home)
    return wake(network, name, home, town.did)


def test_two_machines_with_one_key_notice_at_their_first_meeting_and_one_goes_on(network: Network) -> None:
    """C11: both stop publishing, one is stopped for good, the other takes over what it said: nothing forks."""
    rabat, sale = line_up(network, "rabat", "sale")
    said = sale.publish(text="one")
    network.settle()
    twin = copied(network, sale, "twin")
    ours, theirs = sale.publish(text="by the one"), twin.publish(text="by the other")
    network.meet(rabat, sale)
    network.meet(twin, rabat)
    assert state(twin) == "doubled"
    with twin.node.database.writing() as connection:
        peers.note(connection, rabat.did, url="https://rabat.example")
    rabat_knows_twin(network, rabat, twin)
    network.meet(sale, rabat)
    assert state(sale) == "doubled"
    assert refused(sale) == refused(twin) == "doubled"
    found = sightings.status(sale.node, "en")
    assert found is not None
    assert (found.word, [one.uri for one in found.records]) == ("undecided", [theirs.uri])
    assert [one.word for one in found.explanations] == ["rolled_back", "other_machine", "forged"]
    assert all(one.title and one.sentence and one.act and one.then for one in found.explanations)

    twin.node.close()
    del network.towns["twin"]
    sightings.decide(sale.node, "other_machine", actor="test")
    assert state(sale) == "recovering"
    network.meet(sale, rabat)
    assert state(sale) is None
    assert {said.uri, ours.uri, theirs.uri} <= set(own(sale))
    sale.publish(record=theirs.record, text="goes on from the other's")
    network.settle()
    assert rabat.heads() == sale.heads()
    assert forks(network) == []
    with pytest.raises(NotAllowed) as refusal:
        sightings.decide(sale.node, "forged", actor="test")
    assert refusal.value.code == "not_doubled"


def rabat_knows_twin(network: Network, rabat: Town, twin: Town) -> None:
    """Rabat gets what the twin has published: it stands at the address of the other for a moment."""
    real = network.towns["sale"]
    network.towns["sale"] = twin
    try:
        network.meet(rabat, real)
        network.meet(rabat, real)
    finally:
        network.towns["sale"] = real


def test_folder_put_back_to_an_old_copy_notices_before_it_publishes(network: Network) -> None:
    """The first meeting brings its own later records: it stops, is told so, takes them back, and goes on above them."""
    rabat, sale = line_up(network, "rabat", "sale")
    said = sale.publish(text="one")
    network.settle()
    old = network.folder / "old"
    sale.node.database.forget()
    shutil.copytree(sale.node.config.home, old)
    sale.publish(record=said.record, text="two")
    gone = sale.publish(text="later")
    network.settle()
    publish.end(sale.node, gone.uri, "withdrawn")
    network.settle()
    sale.node.close()
    sale = wake(network, "sale", old)
    network.meet(sale, rabat)
    assert state(sale) == "doubled"
    assert refused(sale) == "doubled"
    sightings.decide(sale.node, "rolled_back", actor="test")
    assert state(sale) == "recovering"
    network.meet(sale, rabat)
    assert state(sale) is None
    sale.publish(record=said.record, text="three")
    network.settle()
    assert own(sale)[said.uri] == (3, "live")
    assert rabat.heads() == sale.heads()
    assert forks(network) == []


def test_old_copy_that_publishes_first_forks_with_the_winner_that_the_rules_say(network: Network) -> None:
    """Nobody can notice before the first meeting: two second editions; the higher digest wins on every node."""
    rabat, sale = line_up(network, "rabat", "sale")
    said = sale.publish(text="one")
    network.settle()
    old = network.folder / "old"
    sale.node.database.forget()
    shutil.copytree(sale.node.config.home, old)
    theirs = sale.publish(record=said.record, text="two")
    network.settle()
    sale.node.close()
    sale = wake(network, "sale", old)
    ours = sale.publish(record=said.record, text="two again")
    network.meet(sale, rabat)
    assert state(sale) == "doubled"
    sightings.decide(sale.node, "rolled_back", actor="test")
    network.settle()
    assert state(sale) is None
    winner = max(ours.digest, theirs.digest)
    assert {rabat.heads()[said.uri], sale.heads()[said.uri]} == {winner}
    assert any(said.uri in fork for fork in forks(network)), "who saw both knows of two versions"
    for line in (ours.data, theirs.data):
        intake.admit(sale.node, line, rabat.did)
    assert state(sale) is None, "both are known, and decided about"
    sale.publish(record=said.record, text="three")
    network.settle()
    assert forks(network) == []


def test_stolen_key_is_found_decided_and_revoked(network: Network) -> None:
    """Forged records stop the node; after the decision only a revocation helps; our own stay, signed anew."""
    rabat, sale = line_up(network, "rabat", "sale")
    said = sale.publish(text="ours")
    network.settle()
    thief = copied(network, sale, "thief")
    forged = thief.publish(text="what Salé never said")
    rabat_knows_twin(network, rabat, thief)
    del network.towns["thief"]
    thief.node.close()
    network.meet(sale, rabat)
    assert state(sale) == "doubled"
    sightings.decide(sale.node, "forged", actor="test")
    found = sightings.status(sale.node, "en")
    assert found is not None
    assert (found.word, found.explanations) == ("revoke", ())
    assert refused(sale) == "doubled"
    keyring.revoke_signing(sale.node, None, "test")
    assert state(sale) is None
    sale.publish(text="we are back")
    network.settle()
    assert rabat.get(forged.uri) is None
    held = rabat.get(said.uri)
    assert held is not None
    assert held.content["text"] == "ours"


def test_wrong_decision_may_still_be_changed(network: Network) -> None:
    """`forged` was a mistake: until the key is revoked, the other explanations can still be chosen."""
    rabat, sale = line_up(network, "rabat", "sale")
    twin = copied(network, sale, "twin")
    said = twin.publish(text="by the other machine")
    rabat_knows_twin(network, rabat, twin)
    del network.towns["twin"]
    twin.node.close()
    network.meet(sale, rabat)
    sightings.decide(sale.node, "forged", actor="test")
    sightings.decide(sale.node, "other_machine", actor="test")
    network.meet(sale, rabat)
    assert state(sale) is None
    assert [one.verdict for one in sightings.listing(sale.node)] == ["ours"]
    assert said.uri in own(sale)


def test_own_record_that_travels_back_is_no_sighting(network: Network) -> None:
    """What we wrote comes back by many ways: as it is, as an older revision, from a file."""
    rabat, sale, fes = line_up(network, "rabat", "sale", "fes")
    said = sale.publish(text="one")
    network.meet(rabat, sale)
    sale.publish(record=said.record, text="two")
    network.settle()
    for town in (rabat, fes):
        network.reconcile(sale, town)
    assert intake.admit(sale.node, said.data, rabat.did).status == "duplicate"
    assert state(sale) is None
    assert sightings.listing(sale.node) == []


def test_peering_that_began_after_the_backup_comes_back_by_our_own_vouch(network: Network, tmp_path: Path) -> None:
    """The restored list of peers lacks Fès; our vouch for it comes back from Rabat, and Fès holds us as a peer."""
    rabat, sale = line_up(network, "rabat", "sale")
    backup.write(sale.node, tmp_path / "sale.backup", actor="test")
    fes = network.found("fes")
    network.befriend(fes, sale)
    network.settle()
    network.cut(rabat, fes)
    only_fes = sale.publish(text="seen by Fès alone")
    network.meet(fes, sale)
    die(sale)
    sale = restored(network, "sale", tmp_path / "sale.backup")
    network.meet(sale, rabat)
    assert state(sale) == "recovering", "Fès is a peer again, and is waited for"
    assert sale.peer(fes).state == peers.ACTIVE
    network.meet(sale, fes)
    assert state(sale) is None
    assert only_fes.uri in own(sale)


def test_named_peer_that_does_not_answer_is_not_waited_for(network: Network, tmp_path: Path) -> None:
    rabat, sale = line_up(network, "rabat", "sale")
    backup.write(sale.node, tmp_path / "sale.backup", actor="test")
    fes = network.found("fes")
    network.befriend(fes, sale)
    network.settle()
    die(sale)
    network.cut(fes, sale)
    sale = restored(network, "sale", tmp_path / "sale.backup")
    network.meet(sale, rabat)
    assert state(sale) is None


def test_wrong_clock_keeps_the_node_recovering_until_its_records_are_let_in(network: Network, tmp_path: Path) -> None:
    """Records of ours that lie aside, dated in the future, are not back."""
    rabat, sale = line_up(network, "rabat", "sale")
    backup.write(sale.node, tmp_path / "sale.backup", actor="test")
    network.clock.seconds += WEEK
    said = sale.publish(text="since")
    network.settle()
    die(sale)
    network.clock.seconds -= WEEK
    sale = restored(network, "sale", tmp_path / "sale.backup")
    network.meet(sale, rabat)
    status = recovering.status(sale.node, "en")
    assert status is not None
    assert (status.waits_for, status.held) == ("own_held", 1)
    network.clock.seconds += WEEK
    governing.retry(sale.node, None, actor="test")
    assert recovering.settle(sale.node)
    assert said.uri in own(sale)


def test_decision_during_a_meeting_does_not_put_the_comparison_off(network: Network) -> None:
    """The meeting that is under way began before the decision: it does not count, and the next one is at once."""
    rabat, sale = line_up(network, "rabat", "sale")
    twin = copied(network, sale, "twin")
    said = twin.publish(text="by the other machine")
    rabat_knows_twin(network, rabat, twin)
    del network.towns["twin"]
    twin.node.close()
    network.meet(sale, rabat)
    with sale.node.database.reading() as connection:
        begun = feed.epoch(connection)
    sightings.decide(sale.node, "other_machine", actor="test")
    with sale.node.database.writing() as connection:
        peers.note(connection, rabat.did, reconcile_at=network.clock() + 86_400, next_at=network.clock() + 60)
    assert not recovering.met(sale.node, rabat.did, begun, gave_all=True, code=None)
    assert (sale.peer(rabat).reconcile_at, sale.peer(rabat).next_at) == (0, 0)
    network.meet(sale, rabat)
    assert state(sale) is None
    assert said.uri in own(sale)
