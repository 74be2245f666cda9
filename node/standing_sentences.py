"""What the state of each peer is called, in words: a sentence, and what to do next. One of each for every word.

`node/standing.py` decides which word it is; pages and `wasl peer` say these. A word never changes its meaning.
"""

from __future__ import annotations

from node.sentences import N_

STANDINGS: dict[str, tuple[str, str]] = {
    "well": (
        N_("All is well: the two nodes meet, and nothing is missing."),
        N_("Nothing to do."),
    ),
    "catching_up": (
        N_("This node is catching up with what the peer holds."),
        N_("Nothing to do: it goes on by itself, also after an interruption."),
    ),
    "calls_us": (
        N_("Nobody can reach this peer, so it calls us, and it does."),
        N_("Nothing to do."),
    ),
    "one_way": (
        N_("The peer reaches this node, but this node does not reach the peer: its news does not arrive here."),
        N_("Press *Diagnose*, and tell its administrator which step fails; often a firewall or a wrong address."),
    ),
    "never_met": (
        N_("The two nodes have not met yet."),
        N_("Wait a minute; if it stays so, press *Diagnose*."),
    ),
    "late": (
        N_("The last meeting did not work. It is tried again soon, by itself."),
        N_("Nothing to do for an hour; *Sync now* tries at once."),
    ),
    "silent": (
        N_("The peer has been silent for more than an hour."),
        N_("Press *Diagnose* to see which step fails; then telephone its administrator."),
    ),
    "dormant": (
        N_("The peer has been silent for more than 30 days. It is tried once a day; its records stay readable."),
        N_("Telephone its administrator. If the node is gone for good, *End* the peering."),
    ),
    "wrong_clock": (
        N_("The clocks of the two nodes differ by more than a minute: requests between them are refused, or will be."),
        N_("Set both clocks (`timedatectl set-ntp true`), this node's and the peer's; then press *Sync now*."),
    ),
    "refuses_us": (
        N_("The peer answers, but refuses this node."),
        N_("Telephone its administrator: it may have ended, paused or blocked the peering, or not know our new key."),
    ),
    "answers_wrongly": (
        N_("Something answers at the peer's address, but not as a node does."),
        N_("Press *Diagnose* and send the report to its administrator: a proxy may stand in the way."),
    ),
    "another_node": (
        N_("Another node answers at the peer's address."),
        N_("Do not go on: telephone its administrator and compare the fingerprint words."),
    ),
    "outdated_here": (
        N_("The peer speaks a newer version of the protocol: this node must be updated."),
        N_("Update Wasl on this node; until then records of this peer come over others only."),
    ),
    "outdated_there": (
        N_("The peer speaks only an older version of the protocol: it must be updated."),
        N_("Ask its administrator to update Wasl; until then records of this peer come over others only."),
    ),
    "trouble_here": (
        N_("The fault is at this node: it could not store what came, or its worker stands still."),
        N_("Run `wasl doctor`: it says what is wrong and what to do. Often the disk is full."),
    ),
    "altering": (
        N_("The peer has brought records that were changed on the way or forged. None of them was let in."),
        N_("Look at the records in question below, and telephone its administrator; *Block* it if it goes on."),
    ),
    "waiting_for_them": (
        N_("This node has asked; the other administrator has not accepted yet, or has not added this node's file."),
        N_("Telephone the other administrator: both read the fingerprint words aloud."),
    ),
    "waiting_for_us": (
        N_("This node is asked to become a peer, and you have not answered."),
        N_("Telephone the other administrator, compare the fingerprint words, then *Accept* or *Decline*."),
    ),
    "paused": (
        N_("The peering is paused here: the two nodes do not meet. What came before stays."),
        N_("*Resume* when the reason is gone."),
    ),
    "blocked": (
        N_("This node blocks it: nothing of it is shown, and it is not answered."),
        N_("*Unblock* takes the block back: within seven days everything is as it was before."),
    ),
    "unblocked": (
        N_("The block was lifted. The two nodes are not peers now."),
        N_("*Ask* again to become peers, if you wish."),
    ),
    "ended_by_us": (
        N_("This node has ended the peering, or declined the request."),
        N_("Nothing to do; *Ask* begins anew."),
    ),
    "ended_by_them": (
        N_("The other node has ended the peering, or declined our request."),
        N_("Telephone its administrator if that is a surprise; *Ask* begins anew."),
    ),
}
"""Word -> (what is so, what to do next)."""

REMARKS: dict[str, str] = {
    "shows_fewer": N_(
        "It shows %(count)s records fewer than the network knows: it is behind, admits fewer nodes, or holds some back."
    ),
    "shows_more": N_(
        "It holds %(count)s records more than this node: of nodes that are not admitted here, or that lie aside."
    ),
    "clock_off": N_("Its clock and ours differ by %(seconds)s seconds."),
    "clock_here": N_("Other peers find the same difference: it is probably this node's clock that is wrong."),
    "clock_there": N_("Other peers agree with this node's clock: it is probably the peer's that is wrong."),
    "not_checked": N_("Nobody has written down yet that the fingerprint words were compared."),
    "mixed_letters": N_("Its address has letters that look like others: compare it letter by letter."),
    "foreign_letters": N_("Its address is not written in Latin letters."),
    "no_worker": N_("Nobody has tried to meet it for more than an hour: no worker runs at this node (`wasl serve`)."),
}
"""What may be said besides: word -> sentence."""

WAITS: dict[str, str] = {
    "meeting_now": N_("They are meeting at this moment."),
    "regular": N_("The next regular meeting."),
    "again": N_("Tried again after a failure: each time a little later, an hour apart at most."),
    "daily": N_("Tried once a day, because it has been silent for so long."),
    "asked_again": N_("Asked again whether the other administrator has accepted."),
    "it_calls": N_("It calls this node; this node cannot call it."),
    "not_met": N_("It is not met in this state."),
}
"""Why the next meeting is when it is."""

STEPS: dict[str, str] = {
    "name": N_("Find the address behind the name"),
    "connection": N_("Connect"),
    "certificate": N_("Check the certificate"),
    "node": N_("Find a node"),
    "identity": N_("Compare its identity"),
    "signature": N_("Make a signed request"),
    "clock": N_("Compare the clocks"),
}
"""The steps of a diagnosis."""

WARNINGS: dict[str, str] = {
    "blocked": N_("This node blocks it."),
    "mixed_letters": REMARKS["mixed_letters"],
    "foreign_letters": REMARKS["foreign_letters"],
    "version": N_("It speaks another version of the protocol: one of the two nodes must be updated."),
    "other_address": N_("Its card names another address than the one that was asked: the card's will be used."),
    "no_address": N_("Its card names no address: it will call this node, and this node cannot call it."),
    "clock": N_("Its clock and ours differ by more than a minute: set both (`timedatectl set-ntp true`)."),
}
"""What is odd about a node before it is a peer."""
