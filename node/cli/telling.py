"""How a peer and a preview are told at the terminal: for people, and as JSON."""

from __future__ import annotations

from typing import Any

from node import previews, standing
from node.assembly import Node
from node.cli import printing
from node.cli.terminal import Terminal
from node.previews import Preview
from node.standing import Standing
from node.store import peers
from protocol import moment


def told(one: Standing) -> dict[str, Any]:
    """A standing as JSON: every name stable."""
    peer = one.peer
    return {
        "did": peer.did,
        "name": one.name,
        "state": peer.state,
        "asked_by": peer.asked_by,
        "standing": one.word,
        "tone": one.tone,
        "sentence": one.sentence,
        "todo": one.todo,
        "remarks": list(one.remarks),
        "url": peer.url,
        "words": " ".join(one.words),
        "note": peer.note,
        "words_checked": peer.checked,
        "met_at": _text(peer.met_at),
        "contact_at": _text(one.contact_at),
        "lag_s": one.lag_s,
        "next_at": _text(one.next_at),
        "why_next": one.why_next,
        "failures": peer.failures,
        "error_code": peer.error_code,
        "error": peer.error,
        "failure": one.failure
        and {"code": one.failure.code, "sentence": one.failure.sentence, "remedy": one.failure.remedy},
        "refusals": [{"code": each.code, "times": each.times, "last_at": _text(each.last_at)} for each in one.refusals],
        "clock_skew_s": peer.skew_s,
        "version": peer.version,
        "our_records": one.ours,
        "their_records": one.theirs,
        "network_knows": one.network_knows,
        "practices": one.practices,
        "revisions": one.records,
        "bytes": one.bytes,
        "bytes_aside": one.aside_bytes,
        "refused": one.refused,
        "forged": one.forged,
        "vouched_by_us": one.vouched_by_us,
        "vouches_for_us": one.vouches_for_us,
        "vouched_by": list(one.vouched_by),
        "acts": list(one.acts),
    }


def brief(one: Standing) -> tuple[object, ...]:
    """A standing as a line of the list of peers."""
    return (
        one.word.replace("_", " "),
        one.name or "?",
        one.peer.did[-8:],
        one.address.shown if one.address else "calls us",
        _ago(one.lag_s),
        one.theirs if one.theirs is not None else "",
        one.failure.sentence if one.failure else one.sentence,
    )


def show_peer(node: Node, terminal: Terminal, did: str, as_json: bool, *, whole: bool = False) -> None:
    """One peer as it stands now. `whole`: also what is seldom asked for."""
    with node.database.reading() as connection:
        one = standing.of(connection, node, peers.get(connection, did), terminal.language)
    if as_json:
        printing.as_json(told(one))
        return
    printing.say(printing.strong(f"{printing.plain(one.name or '?')}: {one.sentence}"))
    printing.say(f"  do: {one.todo}")
    for remark in one.remarks:
        printing.say(f"  also: {remark}")
    hidden = {"sentence", "todo", "remarks", "name", "acts", "vouched_by", "error", "tone", "failure", "refusals"}
    if not whole:
        hidden |= {"words", "lag_s", "contact_at", "why_next", "our_records", "network_knows", "bytes", "revisions"}
    facts = {key: value for key, value in told(one).items() if key not in hidden}
    printing.facts((key.replace("_", " "), value) for key, value in facts.items() if value not in (None, "", 0))
    if one.failure is not None:
        printing.say(f"  last failure: {printing.plain(one.failure.sentence)} ({one.failure.code})")
        printing.say(f"  do: {one.failure.remedy}")


def previewed(preview: Preview, language: str) -> None:
    """What an act would change, for a person who is about to decide."""
    printing.say(previews.sentence(preview, language))
    for dids, sign in ((preview.gone, "-"), (preview.come, "+")):
        for did in dids[:20]:
            printing.say(f"  {sign} {printing.plain(preview.names.get(did, '?'))}  {did}")


def told_preview(preview: Preview) -> dict[str, Any]:
    """A preview as JSON."""
    return {
        "gone": list(preview.gone),
        "come": list(preview.come),
        "records_gone": preview.records_gone,
        "records_come": preview.records_come,
        "practices_gone": preview.practices_gone,
        "practices_come": preview.practices_come,
        "elsewhere": preview.elsewhere,
    }


def _text(at: int | None) -> str | None:
    return moment.to_text(at) if at else None


def _ago(seconds: int | None) -> str:
    if seconds is None:
        return "never"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return "now"
