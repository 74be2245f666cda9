"""The doctor's checks that need an open database: identity, clock, index, worker, followers, peers, what was set aside.

Each is one small function that reads and decides; none writes. On the line: `node.doctor.examine` calls
`examine_inside` once the database is known to be whole and of this version's schema.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from node import keyring, keys, recovering, sightings, soundness
from node.assembly import Node
from node.config import Config
from node.engines import open_index
from node.errors import KeysUnsafe, MailProblem
from node.followers import FOLLOWERS, LAG_MOST, SILENT_S
from node.indexing import vocabulary
from node.mailing import composing, post
from node.store import chains, files, log, mailings, notes, peers, quarantine, records
from node.store.database import Database
from search.errors import IndexAway, IndexBroken, SearchError

FINE, ATTENTION, BROKEN = "fine", "attention", "broken"
"""All is well; a person should look; the node cannot do its work."""

SKEW_S = 120
"""Difference of two clocks, seconds, from which signed requests begin to be refused."""
FAILURES_MOST = 3
ROOM_SHARE = 0.8
"""Share of the room for attachments from which a person should look."""
DAY_S = 86400
BACKUP_S = 14 * DAY_S
"""Age from which a backup is called old: what the pages say too."""
SHEET_S = 14 * DAY_S
"""How long after the founding the root key may stay on the machine before a person should look."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check gave. `check`: stable word; `remedy`: what to do, empty when `state` is fine."""

    check: str
    state: str
    sentence: str
    remedy: str = ""


def examine_inside(config: Config, database: Database, now: int) -> list[Finding]:
    """Every check of an open database. `now`: seconds since 1970."""
    with database.reading() as connection:
        did = notes.value(connection, "did")
        founded = notes.value(connection, "founded")
        if did is not None and founded is None and recovering.is_on(connection):
            said = "a restore from the network was interrupted"
            return [Finding("identity", BROKEN, said, "run `wasl restore --from-network` again: it goes on")]
        if did is None or founded is None:
            return [Finding("identity", BROKEN, "`wasl init` was interrupted", "run `wasl init` again")]
        checks: tuple[Callable[[], Iterator[Finding]], ...] = (
            lambda: _identity(connection, did),
            lambda: _state(Node(config, database, did, lambda: now)),
            lambda: _safety(connection, config, now),
            lambda: _keys(connection, config, did),
            lambda: _clock(connection, now),
            lambda: _worker(connection, now),
            lambda: _index(connection, config),
            lambda: _followers(connection),
            lambda: _files(connection, config),
            lambda: _peers(connection),
            lambda: _aside(connection, now),
            lambda: _soundness(connection),
            lambda: _mail(connection, Node(config, database, did, lambda: now)),
        )
        return [finding for check in checks for finding in check()]


def _identity(connection: Connection, did: str) -> Iterator[Finding]:
    if chains.chain_of(connection, did) is None:
        yield Finding("identity", BROKEN, "this node's own card is missing", "restore the newest backup")
    else:
        yield Finding("identity", FINE, did)
    forked = sum(stored.forked for stored in records.own(connection, did))
    if forked:
        said = (
            f"{forked} of our records have two versions with one number: was a backup restored, or the machine copied?"
        )
        yield Finding("forks", ATTENTION, said, "publish a correction of each: the next revision settles it")


def _state(node: Node) -> Iterator[Finding]:
    """Why nothing is published, where nothing is."""
    back, doubled = recovering.status(node, "en"), sightings.status(node, "en")
    if back is not None:
        said = f"{back.sentence} It publishes nothing yet. {back.waiting}"
        yield Finding("state", ATTENTION, said, f"{back.todo} (`wasl recover` says more)")
    elif doubled is not None:
        remedy = "run `wasl recover`, and decide" if doubled.word == "undecided" else "run `wasl key revoke`"
        yield Finding("state", BROKEN, doubled.sentence, remedy)


def _safety(connection: Connection, config: Config, now: int) -> Iterator[Finding]:
    """What a lost machine would cost: how old the last backup is, and where the root key is."""
    founded = int(notes.value(connection, "founded") or now)
    last = int(notes.value(connection, "backup_at") or 0)
    todo = "wasl backup FILE --encrypt"
    if last and now - last <= BACKUP_S:
        yield Finding("backup", FINE, f"the last one is {_duration(now - last)} old")
    elif last:
        yield Finding("backup", ATTENTION, f"the last one is {_duration(now - last)} old", todo)
    elif now - founded > BACKUP_S:
        yield Finding("backup", ATTENTION, "there is none yet", todo)
    else:
        yield Finding("backup", FINE, "none yet; the node is young")
    if any((config.keys / name).exists() for name in (keys.SEED, keys.ROOT)) and now - founded > SHEET_S:
        said = "it is still on this machine: whoever breaks in could take the node's identity over"
        yield Finding(
            "root key", ATTENTION, said, "print the recovery sheet (`wasl key sheet`), then `wasl key detach`"
        )


def _keys(connection: Connection, config: Config, did: str) -> Iterator[Finding]:
    act = keyring.interrupted(connection, config.keys)
    if act:
        said = f"an act with the keys was interrupted ({act})"
        yield Finding("keys/act", ATTENTION, said, f"wasl key {act.replace('_', '-')}")
    chain = chains.held_chain(connection, did)
    if chain is None or not (config.keys / keys.SIGNING).exists() or notes.value(connection, "state") == "recovering":
        return
    try:
        state = chain.state_of(keys.signing(config.keys).multikey)
    except KeysUnsafe:
        return  # told where the files are examined
    if state != "active":
        said = f"the signing key is {state or 'not listed'} on this node's card: no peer listens to it"
        yield Finding("keys/in use", BROKEN, said, "wasl key rotate")


def _clock(connection: Connection, now: int) -> Iterator[Finding]:
    last = int(notes.value(connection, "last_signed") or 0)
    skews = [peer.skew_s for peer in peers.everyone(connection, peers.ACTIVE) if peer.skew_s is not None]
    apart = [skew for skew in skews if abs(skew) > SKEW_S]
    remedy = "timedatectl set-ntp true"
    if now < last - 1:
        yield Finding("clock", BROKEN, f"the clock stands {last - now} s before our last signature", remedy)
    elif len(apart) > len(skews) / 2:
        yield Finding("clock", ATTENTION, f"most peers' clocks differ from ours by more than {SKEW_S} s", remedy)
    else:
        yield Finding("clock", FINE, "not before our last signature, and near the peers' clocks")


def _worker(connection: Connection, now: int) -> Iterator[Finding]:
    beat = notes.value(connection, "worker_beat")
    if beat is None:
        yield Finding("worker", FINE, "has not run yet")
    elif now - int(beat) > SILENT_S:
        said = f"no sign of life for {_duration(now - int(beat))}: nothing is synced or indexed"
        yield Finding("worker", ATTENTION, said, "start `wasl serve`, or `wasl worker` beside --web-only")
    else:
        yield Finding("worker", FINE, "at work")


def _index(connection: Connection, config: Config) -> Iterator[Finding]:
    last = log.last_seq(connection)
    try:
        index = open_index(config, notes.value(connection, "did") or "", vocabulary())
        done = index.cursor()
        index.close()
    except IndexBroken as error:
        if error.code == "index_missing" and notes.value(connection, "worker_beat") is None:
            yield Finding("index", FINE, "not there yet: the node builds it when it starts")
        else:
            yield Finding("index", ATTENTION, str(error), "run `wasl reindex`; no record is lost")
        return
    except IndexAway as error:
        yield Finding("index", ATTENTION, str(error), "see that PostgreSQL runs, and what `database` in [search] says")
        return
    except SearchError as error:
        yield Finding("index", ATTENTION, str(error), "wait until the other process has finished")
        return
    if done > last:
        yield Finding("index", ATTENTION, "the index is of another database", "run `wasl reindex`")
    elif done < last:
        yield Finding(
            "index", ATTENTION, f"{last - done} entries of the log are not indexed", "run `wasl worker --once`"
        )
    else:
        size = sum(path.stat().st_size for path in config.index.rglob("*.seg"))
        yield Finding("index", FINE, f"has read the whole log; {size / 1e6:.1f} MB")


def _followers(connection: Connection) -> Iterator[Finding]:
    last = log.last_seq(connection)
    for name in FOLLOWERS:
        behind = last - notes.cursor(connection, name)
        if behind > LAG_MOST:
            said = f"{behind} entries behind"
            yield Finding(f"follower/{name}", ATTENTION, said, "run `wasl worker --once`, and read its log")


def _files(connection: Connection, config: Config) -> Iterator[Finding]:
    """The room for attachments, and bytes that are not what their records say."""
    taken, most = files.taken(connection), config.attachments_total_mb * 1_000_000
    said = f"{taken // 1_000_000} of {config.attachments_total_mb} MB are taken"
    todo = "raise total_mb in [attachments] of wasl.toml, or erase files"
    state = FINE if taken < ROOM_SHARE * most else ATTENTION
    yield Finding("attachments", state, said, "" if state == FINE else todo)
    refused = files.count(connection, files.REFUSED)
    if refused:
        said = f"{refused} files are not what their records say: none of them is kept"
        yield Finding("attachments", ATTENTION, said, "see `wasl attachment list`, and telephone their origin")


def _peers(connection: Connection) -> Iterator[Finding]:
    everyone = peers.everyone(connection)
    states = Counter(peer.state for peer in everyone)
    said = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "none yet"
    yield Finding("peers", FINE, said)
    for peer in everyone:
        tail = peer.did[-8:]
        if peer.state == peers.REQUESTED and peer.asked_by == "them":
            said = f"…{tail} waits for an answer"
            yield Finding(
                "peer", ATTENTION, said, f"compare the words, then `wasl peer accept {tail}`, or `wasl peer end {tail}`"
            )
        elif peer.state == peers.ACTIVE and peer.failures >= FAILURES_MOST:
            said = f"…{tail} failed {peer.failures} times: {peer.error_code}: {peer.error}"
            yield Finding("peer", ATTENTION, said, f"`wasl sync --peer {tail}` tries now; telephone its administrator")


def _aside(connection: Connection, now: int) -> Iterator[Finding]:
    counts = quarantine.counts(connection)
    said = f"{counts.get('pending', 0)} wait for a card or a vouch, {counts.get('held', 0)} are held"
    if counts.get("held"):
        yield Finding("quarantine", ATTENTION, said, "look at them: often a clock is wrong, here or there")
    else:
        yield Finding("quarantine", FINE, said)
    fresh = [count for count in quarantine.refusal_counts(connection) if now - count.last_at < DAY_S]
    if fresh:
        worst = fresh[0]
        times = sum(count.times for count in fresh)
        said = f"{times} refused since yesterday, most often {worst.code} brought by …{worst.via[-8:]}"
        remedy = f"tell that node's administrator; `wasl peer pause {worst.via[-8:]}` if it goes on"
        yield Finding("refusals", ATTENTION, said, remedy)


def _mail(connection: Connection, node: Node) -> Iterator[Finding]:
    """Whether the weekly mails can go out; nothing where none are wanted and no server is set."""
    config, wanted = node.config, len(mailings.confirmed(connection))
    if not (wanted or config.mail_host):
        return
    if not (config.mail_host and config.mail_sender):
        said = f"{wanted} people want the weekly mail, and host and sender of the mail server are not both set"
        yield Finding("mail", ATTENTION, said, "set host and sender in [mail] of wasl.toml (docs/following.md)")
        return
    if not composing.root(connection, node):
        said = "this node has no address that the links of mails could begin with"
        yield Finding("mail", ATTENTION, said, "set links in [mail] of wasl.toml, or `wasl node move ADDRESS`")
    try:
        with post.opened(config):
            yield Finding("mail", FINE, f"the mail server answers; {wanted} people get the weekly mail")
    except MailProblem as error:
        yield Finding("mail", ATTENTION, error.message, "correct [mail] in wasl.toml, then `wasl digest --send`")


def _soundness(connection: Connection) -> Iterator[Finding]:
    """What the daily look for bit rot has found."""
    found = soundness.last(connection)
    todo = "restore the newest backup in another folder; peers give back what came since"
    if found is not None and found.database != soundness.OK:
        yield Finding("soundness", BROKEN, f"the database is damaged: {found.database}", todo)
    elif found is not None and found.ours:
        yield Finding("soundness", BROKEN, f"{found.ours} records of ours, or cards, are damaged on the disk", todo)
    elif found is not None and found.asked_again:
        said = f"{found.asked_again} records of others were damaged on the disk, and asked for again"
        yield Finding("soundness", ATTENTION, said, "have the disk of this machine examined")


def _duration(seconds: int) -> str:
    for size, word in ((DAY_S, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word}"
    return f"{seconds} s"
