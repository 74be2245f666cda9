"""Acts on peers that hide or end something: what is asked before, what follows, how it is undone, and what does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from node import peering, previews, vouching
from node.assembly import Node
from node.previews import Preview
from node.sentences import N_
from node.web.admin.guard import actor


@dataclass(frozen=True, slots=True)
class Grave:
    """An act that is confirmed on a page: what is asked, explained and undone, and how it is previewed and done."""

    title: str
    lead: str
    facts: tuple[str, ...]
    undo: str
    button: str
    done: str
    run: Callable[[Node, str, str], object]
    preview: Callable[[Node, str], Preview] | None = None
    asks_reason: bool = False
    alarming: bool = True


GRAVE: Mapping[str, Grave] = {
    "block": Grave(
        title=N_("Block this node?"),
        lead=N_("For people you no longer trust, or a node that brings harm."),
        facts=(
            N_("Its records disappear at once from pages, search, feeds and answers to other nodes."),
            N_("They stay in the database, hidden, so that the block can be undone."),
            N_("It is neither met nor answered any more, and your vouch for it is withdrawn."),
            N_("Other nodes decide for themselves: tell their administrators what you saw."),
        ),
        undo=N_("Within seven days one button puts everything back as it was; later the peering is asked for anew."),
        button=N_("Block it"),
        done=N_("Blocked. Its records are hidden here from this moment on."),
        run=lambda node, did, reason: peering.block(node, did, actor=actor(), reason=reason),
        preview=previews.block,
        asks_reason=True,
    ),
    "undo_block": Grave(
        title=N_("Undo the block?"),
        lead=N_("Everything is put back as it was before the block: the peering, and what it published."),
        facts=(N_("What was skipped in the meantime comes with the next meetings."),),
        undo=N_("You can block it again at any time."),
        button=N_("Undo the block"),
        done=N_("The block is undone: the peering is as it was before."),
        run=lambda node, did, _reason: peering.unblock(node, did, actor=actor()),
        preview=previews.unblock,
        alarming=False,
    ),
    "unblock": Grave(
        title=N_("Lift the block?"),
        lead=N_("The node may ask to be a peer again. If others vouch for it, its records come back by themselves."),
        facts=(N_("What was skipped in the meantime is fetched from the other peers."),),
        undo=N_("You can block it again at any time."),
        button=N_("Lift the block"),
        done=N_("The block is lifted."),
        run=lambda node, did, _reason: peering.unblock(node, did, actor=actor()),
        preview=previews.unblock,
        alarming=False,
    ),
    "end": Grave(
        title=N_("End the peering?"),
        lead=N_("For a node that has closed, or that you no longer want to meet directly."),
        facts=(
            N_("The two nodes no longer meet, and your vouch for it is withdrawn."),
            N_("Its records stay visible if somebody whom you admit vouches for it; otherwise they are hidden here."),
            N_("It is told, if it can be reached; the act works in any case."),
        ),
        undo=N_("Either side may ask again; the other must accept again."),
        button=N_("End the peering"),
        done=N_("The peering has ended."),
        run=lambda node, did, _reason: peering.end(node, did, actor=actor()),
        preview=previews.end,
    ),
    "decline": Grave(
        title=N_("Decline the request?"),
        lead=N_("The node that asked is told the next time it asks."),
        facts=(N_("The refusal is remembered: it cannot ask again and again."),),
        undo=N_("You can still ask or invite it yourself."),
        button=N_("Decline"),
        done=N_("Declined. The refusal is remembered."),
        run=lambda node, did, _reason: peering.end(node, did, actor=actor()),
    ),
    "vouch": Grave(
        title=N_("Introduce it to the network?"),
        lead=N_("You vouch for it: you sign a record that says who it is, because you have checked."),
        facts=(
            N_("Nodes that trust you, and whose rules count vouches, then admit it by themselves."),
            N_("A vouch says nothing about the quality of its practices."),
        ),
        undo=N_("A vouch can be withdrawn at any time; the network hears of it."),
        button=N_("Vouch for it"),
        done=N_("You vouch for it now; the network hears of it at the next meetings."),
        run=lambda node, did, _reason: vouching.vouch(node, did, actor=actor()),
        alarming=False,
    ),
    "unvouch": Grave(
        title=N_("Withdraw your vouch?"),
        lead=N_("The network hears that you no longer stand for this node."),
        facts=(
            N_("Here nothing is lost as long as it is your peer."),
            N_("Nodes that admitted it only because of you hide its records."),
        ),
        undo=N_("You can vouch again at any time."),
        button=N_("Withdraw the vouch"),
        done=N_("The vouch is withdrawn; the network hears of it at the next meetings."),
        run=lambda node, did, _reason: vouching.withdraw(node, did, actor=actor()),
        preview=previews.unvouch,
    ),
}
"""By the word that stands in the address of the page."""
