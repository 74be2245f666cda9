"""What to do about a failure: the next thing, for every stable code, in the person's language.

Law: no failure is told without it. A code has a remedy here, or stands in `SAYS_ITSELF` because its sentence already
says what to do; `tests/node/test_remedies.py` walks every code that the source can give. Said by the pages, by `wasl`
(line `do:`) and by docs/errors.md. A code of a peer's own that we do not know is looked up by the class of its error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from node import speech
from node.sentences import N_

_CHANGED = N_("Ask whoever gave it to you for an unchanged copy; nothing of it was stored.")
_STATEMENT = N_("Correct this field in the file; docs/records.md has every field and its limits.")
_CLOCK = N_("Set the clocks of both machines: `timedatectl set-ntp true`.")
_AGAIN = N_("Nothing: it is tried again by itself. *Sync now* (`wasl peer sync`) tries at once.")
_DIAGNOSE = N_("Press *Diagnose* (`wasl peer diagnose`): it says which step fails. Then telephone the administrator.")
_INVITATION = N_("Ask the other administrator for a new invitation.")
_NEW_INDEX = N_("Run `wasl reindex`; no record is lost.")
_BOTH_UPDATE = N_("Update both nodes; if it goes on, report it to the peer's administrator.")
_PROXY = N_("Update both nodes; if it goes on, see that no proxy between them changes anything in a request.")
_TELEPHONE = N_("Telephone its administrator.")
_COMPARE = N_("Do not go on: telephone the other administrator and compare the fingerprint words.")
_DOCTOR = N_("Run `wasl doctor`: it says what is wrong and what to do.")
_SETTINGS = N_("Correct wasl.toml; docs/configuration.md lists every setting.")
_KEYS = N_("Run `wasl doctor`: it names the file and the command.")
_WAIT = N_("Wait until the other process has finished, then try again.")
_TYPED = N_("Check what you typed.")
_PATH = N_("Check the path, and who may read or write it.")
_PEERS = N_("The page *Peers* (`wasl peer list`) shows the state that it is in.")
_WORDS = N_("Four or five words that only you would put together are best.")
_PEOPLE = N_("The page *People* (`wasl user list`) shows who is there, in which role and language.")
_RETYPE = N_("Correct what you typed.")
_BACK = N_("Go back one page and try again.")

RECORDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("bad_field", "duplicate_key", "field_limit", "language_mismatch", "missing_field", "bad_number",
         "control_character", "bad_unicode", "too_deep", "bad_json"), _STATEMENT,
    ),
    **dict.fromkeys(
        ("altered", "bad_proof", "bad_key", "invalid_record", "many_proofs", "missing_proof", "not_canonical",
         "wrong_cryptosuite", "wrong_purpose", "protocol_error"), _CHANGED,
    ),
    "bad_chain": N_("Ask the node's administrator: its cards contradict each other."),
    "bad_time": _CLOCK,
    "future": _CLOCK,
    "card_missing": N_("Add the origin's cards: `wasl export` writes them into its files, --cards FILE reads others."),
    "key_revoked": N_("Ask the origin for the revision that it signed anew."),
    "not_a_practice": N_("To say that a node has ended, let its peers end the peering."),
    "not_ours": N_("Ask the node that published it, or block its origin: `wasl peer block DID`."),
    "private_record": N_("Tell its administrator: that node gives away what should stay there."),
    "already_ended": N_("Nothing: `wasl record history URI` shows when it was done."),
    "record_ended": N_("Look at its history, or ask the municipality."),
    "shared_already": N_("Withdraw the record, or erase it; then publish what is for this node as a new record."),
    "record_erased": N_("Nothing can follow an erasure: publish a new record."),
    "target_erased": N_("Nothing: the translation of an erased text stays out."),
    "too_large": N_("A record holds 256 KiB at most: shorten it, or publish two."),
    "hidden_here": N_("Look at its own town's node, or ask the people of this one why."),
    "not_hidden": N_("`wasl hidden list` shows what is hidden."),
    "unknown_record": N_("`wasl search` finds records and shows their URIs."),
    "unknown_reference": N_("Publish what it refers to first, or give its URI."),
    "nothing_to_verify": N_("Give a file that `wasl export` or `wasl record show --bytes` wrote."),
    "not_aside": N_("Open the list again (`wasl quarantine list`): it was let in, or forgotten."),
}  # fmt: skip
"""About records."""

PEERS: Mapping[str, str] = {
    **dict.fromkeys(("unreachable", "timeout", "peer_problem", "peer_down", "peer_trouble"), _AGAIN),
    **dict.fromkeys(("bad_cursor", "cursor_reset", "replayed"), _AGAIN),
    **dict.fromkeys(("bad_message", "frame_limit", "peer_nonsense", "no_progress", "too_many_lines"), _BOTH_UPDATE),
    **dict.fromkeys(("bad_signature", "missing_signature", "digest_mismatch", "bad_target", "compressed"), _PROXY),
    **dict.fromkeys(("clock_skew", "expired"), _CLOCK),
    **dict.fromkeys(("wrong_identity", "wrong_chain"), _COMPARE),
    **dict.fromkeys(("peer_blocked", "peer_paused", "peer_refused", "too_many_requests"), _TELEPHONE),
    **dict.fromkeys(("bad_move", "not_blocked"), _PEERS),
    "address_refused": N_("Give the peer's public https address; private addresses are for trials only."),
    "address_taken": N_("*Peers* shows who has it; *End* that peering (`wasl peer end DID`) if its node was replaced."),
    "bad_invitation": N_("Copy the whole link, from https:// to its end; or ask for a new one."),
    "bad_rules": N_("Choose `listed`, or `vouched` with 1 to 100 vouches and 1 to 20 steps."),
    "bad_url": N_("Give an address like https://wasl.rabat.example."),
    "blocked": N_("*Unblock* (`wasl peer unblock DID`) lifts the block."),
    "invitation_unknown": _INVITATION,
    "no_address": N_("Ask the other node by its address, or exchange files; or give this node a public address."),
    "not_cards": N_("The other side writes it on its page *Join*, or with `wasl peer card`: take that file unchanged."),
    "no_request": N_("*Peers* (`wasl peer list`) shows the requests that wait."),
    "nobody_reachable": N_("Give one of the two a public address, or become peers of a third node that has one."),
    "not_a_peer": N_("Telephone its administrator; then *Ask* (`wasl peer request ADDRESS`) again."),
    "not_admitted": N_("Accept the origin as a peer, or let a peer of yours vouch for it; it waits until then."),
    "not_wasl": N_("Ask the peer's administrator: a proxy answers in its place, or the address is another."),
    "wrong_type": N_("Ask the peer's administrator: something else, perhaps a proxy, answers at this address."),
    "origin_quota": N_("Raise origin_mb or origin_records in [limits] of wasl.toml, if that origin is worth it."),
    "own_address": N_("Give the address of the other node."),
    "peer_busy": N_("Nothing: it is being met at this moment."),
    "peer_not_active": N_("*Resume* it, or *Ask* it to become a peer, first."),
    "peer_not_reachable": N_("Nothing: it calls us by itself."),
    "request_refused": N_("Telephone its administrator, then ask again."),
    "unknown_key": N_("Let both nodes meet once more; then compare the fingerprint words by telephone."),
    "unknown_origin": N_("It must be a peer, or a peer must vouch for it: look at *Peers*."),
    "unknown_peer": N_("*Peers* (`wasl peer list`) shows every peer."),
    "unknown_node": N_("`wasl node list` shows the names of the nodes."),
    "unknown_version": N_("Update this node, or ask for a copy of version 1."),
    "unsupported_version": N_("Update the older of the two nodes."),
    "vouch_needs_peer": N_("Become peers first (*Ask*, or *Accept*), then vouch."),
    "waiting": N_("Telephone the other administrator: both read the fingerprint words aloud."),
    "words_not_checked": N_("Say how and with whom, such as “by telephone with Ms Alaoui”."),
    "wrong_audience": N_("Compare the fingerprint words: another node may stand at that address."),
    "unknown_name": N_("Look for a mistake in the name; else its administrator must set the name's address (DNS)."),
    "port_closed": N_("Ask its administrator whether Wasl and its web server run, and whether port 443 is open."),
    "host_silent": N_("Ask its administrator whether the machine is on and the firewall lets port 443 in."),
    "not_tls": N_("Ask its administrator: no https is spoken at this port; the web server before Wasl must do it."),
    "certificate_expired": N_("Ask its administrator to renew it; and see that the clock of this machine is right."),
    "certificate_wrong_name": N_("Ask its administrator for the right address, or for a certificate of this name."),
    "certificate_untrusted": N_("Ask its administrator for one from a public authority (Caddy gets it by itself)."),
}  # fmt: skip
"""About peers, meetings and requests between nodes."""

ACCOUNTS: Mapping[str, str] = {
    **dict.fromkeys(("password_short", "password_common"), _WORDS),
    **dict.fromkeys(("name_taken", "unknown_user", "role_unknown", "language_unknown"), _PEOPLE),
    **dict.fromkeys(("account_problem", "not_repeated", "password_wrong", "password_long"), _RETYPE),
    "foreign_form": N_("If you wished to do it, open the page of this node itself and do it there."),
    "last_administrator": N_("`wasl user role NAME administrator` makes another person one."),
    "name_wrong": N_("Choose a name like s.alaoui."),
    "no_second_factor": N_("Set one up first, on the page of your own account."),
    "role_missing": N_("Ask an administrator of this node."),
    "signin_failed": N_("Type them again; `wasl user password NAME` sets a new password at the machine itself."),
    "too_many_attempts": N_("Wait until the pause is over."),
}
"""About people of this node."""

MACHINE: Mapping[str, str] = {
    "config_problem": _SETTINGS,
    "no_organisation": N_("Choose the municipality from the list, or write the name of the organisation."),
    **dict.fromkeys(("key_broken", "keys_unsafe"), _KEYS),
    **dict.fromkeys(("node_error", "store_problem"), _DOCTOR),
    **dict.fromkeys(("index_damaged", "index_missing", "index_outdated", "search_error"), _NEW_INDEX),
    **dict.fromkeys(("bad_request", "method_not_allowed"), _BACK),
    **dict.fromkeys(("index_busy", "store_busy"), _WAIT),
    "index_away": N_("See that PostgreSQL runs and lets the node in; it is tried again by itself."),
    "no_driver": N_("Run `pip install 'wasl[postgres]'`, or leave `database` in [search] and [store] empty."),
    "store_not_empty": N_("Give an empty database, or move the file away that is there."),
    "store_differs": N_("Run `wasl doctor` on the node, then try again; report it if it goes on."),
    "same_store": N_("Nothing: `wasl doctor` says where they are."),
    "store_elsewhere": N_("Restore in a new folder without DATABASE_URL; then `wasl migrate-store` moves it."),
    **dict.fromkeys(("bucket_away", "bucket_problem", "bucket_refused", "bucket_redirects"), _DOCTOR),
    "bad_bucket": N_("Correct `bucket` in [attachments] of wasl.toml; keys never stand in it."),
    "bucket_elsewhere": N_("Restore in a new folder; then `wasl migrate-attachments` moves the files."),
    "bucket_keeps": N_("Let the keys of the bucket delete versions, or take a bucket without versions and locks."),
    "bucket_missing": N_("Make the bucket, or correct `bucket` in [attachments] of wasl.toml."),
    "file_differs": N_("Give the command again; report it if it goes on."),
    "no_bucket_client": N_("Run `pip install 'wasl[s3]'`, or leave `bucket` in [attachments] empty."),
    "same_shelf": N_("Nothing: `wasl doctor` says where they are."),
    "secret_in_settings": N_("Give it in the environment, or write it into keys/bucket.keys (docs/attachments.md)."),
    **dict.fromkeys(("file_problem", "folder_unusable"), _PATH),
    "disk_full": N_("Make room on the disk: `wasl doctor` says how much is missing. Nothing is lost meanwhile."),
    "folder_relative": N_("Give the whole path, such as /srv/wasl."),
    "internal_error": N_("Read this node's log, and report what it says."),
    "key_exists": N_("Move the old file to safe storage first, if it is truly not needed here."),
    "key_missing": N_("Put the key back from your safe storage or a backup."),
    "node_exists": N_("Choose another folder: `wasl --home FOLDER init`."),
    "not_allowed": N_("Ask whoever is responsible for this node."),
    "not_found": _TYPED,
    "personal_data": N_("Take it out; or say that it may stay, in the review or with --consent-checked."),
    "port_taken": N_("Stop that program, or choose another port in [web] of wasl.toml."),
    "recovering": N_("Let it meet its peers (`wasl sync`) until its own records are back."),
    "doubled": N_("Decide what they are (page *State*, or `wasl recover`); nothing is published until then."),
    "unknown_setting": N_("Correct the name in wasl.toml; docs/configuration.md lists every setting."),
    "usage": N_("Add --help to the command: it shows how it is written, with examples."),
}
"""About this machine: disk, database, keys, settings, index."""

KEYS: Mapping[str, str] = {
    "sheet_wrong": N_(
        "Compare each word with the sheet, from the first to the eighteenth, in any of the five languages."
    ),
    "sheet_foreign": N_("Take the sheet that was printed last; the older ones are worthless."),
    "root_key_away": N_("Take the recovery sheet out of the safe and give its words (`--sheet-file FILE`)."),
    "root_stolen": N_("Make a new recovery sheet (`wasl key rotate-root`), then revoke the signing key."),
    "no_sheet": N_("Make one: `wasl key rotate-root`."),
    "already_detached": N_("Nothing: the recovery sheet in the safe is all that is needed."),
    "key_act_under_way": N_("Do that again first: it goes on where it stopped. `wasl key show` says what it was."),
    "key_revoked_already": N_("Nothing: what it signed is void everywhere."),
    "no_such_key": N_("`wasl key show` lists the keys of this node."),
    "too_many_keys": N_("Found a new node, and let it publish what this one has published."),
    "same_address": N_("Nothing: the peers follow the card."),
    "no_contradiction": N_("Take two different revisions with one number: `wasl record history URI` shows them."),
}
"""About this node's keys and its recovery sheet."""

RESTORING: Mapping[str, str] = {
    "backup_problem": N_("Look at it with `wasl backup --check FILE`, or take an older one."),
    "backup_damaged": N_("Take another copy of the file, or an older backup; peers give back what came since."),
    "backup_newer": N_("Install the version of Wasl that made it, or a newer one, and restore it there."),
    "backup_encrypted": N_("Give its passphrase: `--passphrase-file FILE`, or type it."),
    "backup_passphrase": N_(
        "Type it again, letter by letter: large and small letters differ. There is no other way in."
    ),
    "backup_too_large": N_("Free some room, or restore it on a larger disk: `wasl --home FOLDER restore FILE`."),
    "backup_not_encrypted": N_("Add `--encrypt`; or leave the root key out: the recovery sheet in the safe is enough."),
    "backup_unsound": N_("Take an older backup, or restore from the network: `wasl restore --from-network`."),
    "passphrase_short": N_("Choose a longer one: whoever finds the file may try as many as they like."),
    "file_exists": N_("Choose another name."),
    "node_running": N_("Stop the node first, then try again."),
    "other_node": N_("Choose another folder: `wasl --home FOLDER restore FILE`."),
    "did_needed": N_("Give the words of the recovery sheet, or the node's identity with `--did`: its peers know it."),
    "not_doubled": N_("Nothing to do."),
    "bad_decision": N_("Choose one of the three explanations that the page *State* (`wasl recover`) shows."),
    "not_recovering": N_("Nothing to do: it publishes."),
    "key_replaced": N_("Take the recovery sheet out of the safe and bring a new key in: `wasl recover --new-key`."),
}
"""About backups, and about a node that comes back from one."""

SEARCHES: Mapping[str, str] = {
    "unclear": _TYPED,
    "bad_parameter": N_("Read in `docs/doors.md`, or in `/api/1/openapi.json`, which parameters there are."),
    "unknown_search": N_("Open *Saved searches* again: it was deleted, or is somebody else's."),
    "too_many_searches": N_("Delete one that you no longer need on the page *Saved searches*."),
    "unknown_value": N_("Give its name in any of the five languages, or its id; the message lists what there is."),
}
"""About what is asked of the search."""

_MAIL_SETTINGS = N_("Correct [mail] in wasl.toml, then try `wasl digest --send`; docs/following.md has examples.")
_MAIL_TRIES = N_("Nothing: it is tried again by itself, later and later. `wasl digest --send` tries at once.")

FOLLOWING: Mapping[str, str] = {
    **dict.fromkeys(
        ("mail_problem", "mail_not_set", "mail_login", "mail_no_tls", "mail_password_file"), _MAIL_SETTINGS
    ),
    **dict.fromkeys(("mail_unreachable", "mail_refused"), _MAIL_TRIES),
    "mail_no_address": N_("Set links in [mail] of wasl.toml, or give the node an address: `wasl node move ADDRESS`."),
    "mail_link_void": N_("Ask for a new one on the page *Following*."),
    "unknown_follow": N_("Open the page *Following* again: it shows what you follow."),
    "too_many_follows": N_("Stop following one on the page *Following*."),
}
"""About following and the weekly mail."""

_FILE_AGAIN = N_("Save it anew with the program that made it, or print it into a PDF, and attach that.")

ATTACHMENTS: Mapping[str, str] = {
    **dict.fromkeys(("attachment_refused", "attachment_damaged", "attachment_slow", "attachment_bomb"), _FILE_AGAIN),
    **dict.fromkeys(("attachment_not_here", "attachment_no_peer"), _AGAIN),
    "attachment_empty": N_("Choose the file again."),
    "attachment_too_large": N_("Make it smaller: fewer pages, or pictures of fewer points."),
    "attachment_type": N_("Save it as one of these kinds: a text as PDF, a drawing as PNG."),
    "attachment_disguised": N_(
        "Save it anew with the program that made it, under a simple name with the right ending."
    ),
    "attachment_encrypted": N_("Save it without a password."),
    "attachment_active": N_("Print it into a PDF, or save it without macros, links to other files and embedded files."),
    "attachment_formula": N_("Save the table with values instead of formulas."),
    "attachment_quota": N_("Raise total_mb or origin_mb in [attachments] of wasl.toml, or erase files."),
    "attachment_large": N_(
        "Open it, or run `wasl attachment get`; or raise eager_bytes in [attachments] of wasl.toml."
    ),
    "attachment_not_wanted": N_("Nothing: the peer fetches it when somebody there opens it."),
    "attachment_mismatch": N_("Nothing: another peer is asked. If one peer goes on so, telephone its administrator."),
    "unknown_attachment": N_("`wasl attachment list` shows every file; it may have been erased."),
    "not_an_attachment": N_("`wasl withdraw` ends other records."),
    "too_many_attachments": N_("Put several into one PDF, or withdraw one first."),
    "already_attached": N_("Nothing: it is there."),
    "title_missing": N_("Say in a line what it is."),
    "alt_missing": N_("Describe it in a sentence for people who cannot see it."),
    "persons_unsaid": N_("Look at it once more, and say yes or no."),
    "consent_missing": N_("Give the number of the consent on paper, or take a picture without persons."),
    "bad_range": _BOTH_UPDATE,
}
"""About attached files."""

_TEMPLATE = N_("Begin with a template: `wasl import --template ods`.")

FILES: Mapping[str, str] = {
    "bad_file": _TEMPLATE,
    "bad_text": N_("Save the file as UTF-8."),
    "bad_table": _TEMPLATE,
    "table_too_large": N_("Divide it: 500 rows to a file at most."),
    "unknown_column": _TEMPLATE,
    "bad_front_matter": N_("`wasl record export URI --format markdown` shows how a file is written."),
    "unknown_heading": N_("`wasl record export URI --format markdown` shows how a file is written."),
}

FEDIVERSE: Mapping[str, str] = {
    "activitypub_off": N_("An administrator switches it on, on the page *Fediverse* or with `wasl fediverse on NAME`."),
    "bad_actor_name": N_("Choose a name such as rabat or ville_de_fes."),
    "no_public_address": N_("Give this node a public address without a path: `wasl node move ADDRESS`."),
    "actor_name_fixed": N_("Keep the name."),
    "fediverse_host_blocked": N_("Ask the administrator of this node."),
    "bad_host": N_("Give the host alone, such as mastodon.example."),
    "host_not_blocked": N_("`wasl fediverse status` lists the servers that are blocked."),
}
"""About the account that people elsewhere can follow."""

BY_CODE: Mapping[str, str] = {
    **ATTACHMENTS, **FILES, **RECORDS, **PEERS, **ACCOUNTS, **MACHINE, **KEYS, **RESTORING, **SEARCHES,
    **FEDIVERSE,
    **FOLLOWING,
}  # fmt: skip
"""By stable code."""

SAYS_ITSELF = frozenset(
    {"clock_backwards", "invitation_expired", "invitation_revoked", "invitation_used", "no_database", "no_node",
     "bad_database", "redirected", "store_newer", "peer_outdated", "node_outdated",
     "unknown_draft", "draft_closed", "draft_changed", "draft_too_large", "not_your_draft", "being_revised",
     "draft_incomplete",
     "draft_unsettled", "draft_outdated", "no_difficulty", "own_draft", "own_practice", "own_record", "remark_missing",
     "not_hideable", "hiding_unexplained", "too_many_hidden",
     "reason_missing",
     "consent_incomplete", "consent_names", "consent_too_long", "voice_consent_missing", "consent_ended",
     "consent_narrow", "unknown_consent",
     "mail_address_wrong",
     "bad_date", "dates_crossed", "form_expired", "code_wrong", "password_is_name", "second_factor_needed"}
)  # fmt: skip
"""Codes whose own sentence, in every language, says what to do."""

NO_FAILURE = frozenset({"accepted", "duplicate", "stale", "fork", "pending", "held", "skipped", "refused"})
"""Verdicts: words for what happened, not for what went wrong."""

BY_CLASS: Mapping[str, str] = {
    "BackupProblem": RESTORING["backup_problem"],
    "BadMessage": _BOTH_UPDATE,
    "BadSignature": _PROXY,
    "BadCursor": _AGAIN,
    "ChainProblem": RECORDS["bad_chain"],
    "BadKey": _CHANGED,
    "BadProof": _CHANGED,
    "FieldProblem": _STATEMENT,
    "InvalidRecord": _CHANGED,
    "ProtocolError": _CHANGED,
    "ConfigProblem": _SETTINGS,
    "KeysUnsafe": _KEYS,
    "StoreBusy": _WAIT,
    "StoreProblem": _DOCTOR,
    "Unreachable": _AGAIN,
    "PeerRefused": N_("Ask the peer's administrator."),
    "PeerNonsense": _BOTH_UPDATE,
    "PeerProblem": _DIAGNOSE,
    "MailProblem": _MAIL_SETTINGS,
    "NotFound": _TYPED,
    "Unclear": _TYPED,
    "NotHere": _AGAIN,
    "AttachmentRefused": _FILE_AGAIN,
    "Unfit": _FILE_AGAIN,
    "AccountProblem": _RETYPE,
    "SheetWrong": KEYS["sheet_wrong"],
    "TooSoon": ACCOUNTS["too_many_attempts"],
    "NotAllowed": MACHINE["not_allowed"],
    "NodeError": _DOCTOR,
    "IndexBroken": _NEW_INDEX,
    "SearchError": _NEW_INDEX,
    "OSError": _PATH,
}
"""By the name of an error's class or of one of its bases: for codes that are not ours."""


def remedy_for(code: str, language: str, classes: Sequence[str] = ()) -> str:
    """What to do about a failure, in one of the five languages; empty where its sentence says so itself.

    `classes`: names of the error's class and its bases, nearest first, for a code that is not ours.
    """
    source = remedy(code, classes)
    return speech.translations(language).gettext(source) if source else ""


def remedy_of(problem: Exception, language: str) -> str:
    """What to do about an error of ours, or of the operating system (`file_problem`)."""
    code = "file_problem" if isinstance(problem, OSError) else str(getattr(problem, "code", "error"))
    return remedy_for(code, language, [kind.__name__ for kind in type(problem).__mro__])


def remedy(code: str, classes: Sequence[str] = ()) -> str:
    """As `remedy_for`, in English."""
    if code in BY_CODE:
        return BY_CODE[code]
    if code in SAYS_ITSELF:
        return ""
    return next((BY_CLASS[name] for name in classes if name in BY_CLASS), "")
