"""The torture in short, on real processes; and that its oracle sees what it is there for. `make torture`: at length."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from simulator import Network

from node import publish
from node.bench import making
from node.bench.postgres import NoPostgres
from node.bench.torture import oracle, running
from node.bench.torture.cluster import KINDS
from node.bench.torture.ledger import Ledger, Said
from node.bench.torture.publishing import word
from node.publish import Statement
from protocol.envelope import Envelope


def tortured(store: str) -> running.Outcome:
    """Six kills. A laptop without PostgreSQL skips what needs it; the gate does not (`CI=true`)."""
    try:
        return running.run(running.Plan(kills=6, seed=11, store=store, pause_s=0.3))
    except NoPostgres as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.mark.network
@pytest.mark.parametrize("store", [running.FILE, running.POSTGRES])
def test_three_tortured_nodes_lose_nothing_double_nothing_and_bring_nothing_back(store: str) -> None:
    """G1, G3, G10: killed at random, links cut, clocks wrong, a disk full: what was acknowledged is there.

    On PostgreSQL the database servers are killed too, and no node ends because its own went away.
    """
    outcome = tortured(store)

    assert outcome.well, running.table(outcome)
    assert outcome.ledger.acts["publish"] > 3, running.table(outcome)
    assert outcome.kills.total() == 6
    assert (store == running.POSTGRES) == bool(outcome.kills.keys() & set(KINDS)), running.table(outcome)
    assert [one for one in outcome.ended_by_themselves if "database" not in one] == [], running.table(outcome)


@dataclass
class Looked:
    """What the oracle asks of a town."""

    name: str
    node: object
    home: Path
    logs: list[Path]
    environ: dict[str, str] = field(default_factory=dict)
    cluster: None = None


def said(envelope: Envelope, *words: str) -> Said:
    return Said(revisions={envelope.revision: envelope.digest.hex()}, words=set(words))


def test_oracle_sees_what_is_lost_doubled_and_back(network: Network) -> None:
    """A ledger that remembers more than the node does; a word that stands in a file after its erasure."""
    town = network.found("fes")
    new, gone = word(), word()
    content = making.practice(town.did, 0, town.node.now(), random.Random(1))["content"]
    kept = publish.publish(town.node, Statement("Practice", content | {"title": {"fr": f"Un bilan {new}"}}, "fr"))
    bad = publish.publish(town.node, Statement("Practice", content | {"title": {"fr": f"Un bilan {gone}"}}, "fr"))
    town.follow()
    looked = [Looked("fes", town.node, town.node.config.home, [])]
    ledger = Ledger()
    ledger.records = {kept.uri: said(kept, new), bad.uri: said(bad, gone)}
    assert oracle.judge(looked, ledger).well

    ledger.records[kept.uri].revisions[2] = "00"
    ledger.records[bad.uri].erased = 2
    ledger.records[f"{town.did}/records/0"] = Said(revisions={1: "00"})
    found = oracle.judge(looked, ledger)

    assert len(found.lost) == 2
    assert [line for line in found.resurrected if "wasl.db" in line]
    assert [line for line in found.resurrected if "not erased" in line]
    assert [line for line in found.resurrected if "the index finds" in line]
