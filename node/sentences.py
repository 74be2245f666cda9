"""One sentence for each stable code: what happened, and what to do. Read aloud by the pages and by `wasl`.

A code never changes its meaning; sentences may be improved. `tests/node/web/test_sentences.py` finds every code that
the source can give and asks for its sentence in five languages.
"""

from __future__ import annotations


def N_(sentence: str) -> str:
    """Mark for translation; `node.speech` translates."""
    return sentence


RECORDS = {
    "invalid_record": N_("These bytes are not a record of this network."),
    "protocol_error": N_("What came in breaks the rules of the network."),
    "bad_json": N_("The text is not JSON."),
    "duplicate_key": N_("A name stands twice in one object."),
    "not_canonical": N_("The record is not in its one canonical form: somebody has rewritten it on the way."),
    "too_deep": N_("The record is nested too deeply."),
    "bad_unicode": N_("The text is not valid Unicode."),
    "bad_number": N_("A number is not one that a record may hold."),
    "control_character": N_("A text holds control characters."),
    "too_large": N_("What was sent is larger than allowed."),
    "field_limit": N_("A field is too long or has too many entries."),
    "missing_field": N_("A required field is missing."),
    "bad_field": N_("A field has a value that it cannot have."),
    "bad_time": N_("A moment is not written in the one allowed form, or does not exist."),
    "language_mismatch": N_("A text is not in the language of its record."),
    "unknown_version": N_("The record belongs to another version of the protocol: update Wasl."),
    "unknown_reference": N_("A record refers to another that is not known."),
    "personal_data": N_("The text seems to hold personal data: take it out before publishing."),
    "altered": N_("These are not the bytes that the peer had announced: something changed them on the way."),
    "bad_proof": N_("The signature does not fit the record: it was changed after it was signed, or forged."),
    "missing_proof": N_("The record is not signed."),
    "many_proofs": N_("The record has more than one signature; exactly one is allowed."),
    "wrong_cryptosuite": N_("The record is signed by a method that this network does not use."),
    "wrong_purpose": N_("The signature was made for another purpose."),
    "bad_key": N_("The public key is malformed or unsafe."),
    "key_revoked": N_("The key that signed this was revoked by its owner."),
    "bad_chain": N_("The card of the node does not follow from the card before it."),
    "card_missing": N_("The card of the node that signed this has not arrived yet: the record waits."),
    "future": N_("The record is dated in the future: a clock is wrong."),
    "private_record": N_("A record that was never meant to leave its node has come from outside."),
    "target_erased": N_("It translates a record that was erased: its words must not come back."),
    "record_ended": N_("This record was withdrawn or erased by the municipality that published it."),
    "shared_already": N_("Other nodes hold this record already: hiding it here would not hide it there."),
    "record_erased": N_("This record was erased: nothing can follow it."),
    "already_ended": N_("This record has already ended."),
    "not_a_practice": N_("A node's card cannot be withdrawn."),
    "not_ours": N_("Only the node that published a record can change or withdraw it."),
    "hiding_unexplained": N_("Say why it is hidden, for whoever looks at it later."),
    "not_hidden": N_("This record is not hidden here."),
    "hidden_here": N_("The people of this node do not show this here. Its own town and other nodes may show it."),
    "own_record": N_("This is a record of your own: withdraw or erase it instead of hiding it."),
    "not_hideable": N_("This is read by machines, to know how the network stands. Block its node instead."),
    "too_many_hidden": N_("10,000 records are hidden already: block their nodes instead."),
    "unknown_record": N_("No such record is held here."),
    "nothing_to_verify": N_("There is no record in what was given."),
    "not_aside": N_("Nothing lies aside under this number."),
}
"""About records: what the door and the editors say."""

POLICY = {
    "accepted": N_("Accepted."),
    "duplicate": N_("This record is here already."),
    "stale": N_("A newer revision of this record is here already."),
    "fork": N_("Two versions of this record are signed with the same number; both are kept."),
    "pending": N_("The record waits until its node is known and admitted."),
    "held": N_("The record is held until a person has looked at it."),
    "refused": N_("The record was refused."),
    "skipped": N_("The rules of this node leave the record out."),
    "not_admitted": N_("Nobody whom this node trusts vouches for its origin yet."),
    "blocked": N_("This node blocks its origin."),
    "origin_quota": N_("Its origin has used up the room that this node gives to one."),
}
"""Verdicts, and what local policy decides."""

PEERS = {
    "peer_problem": N_("The meeting with the peer did not work."),
    "unreachable": N_(
        "The peer does not answer: its server, its address or the connection is down. It is tried again."
    ),
    "timeout": N_("The peer answers too slowly. It is tried again."),
    "address_refused": N_("The address is not one that a peer may have."),
    "bad_url": N_("The address of the peer is not a usable web address."),
    "redirected": N_("The peer's address points elsewhere: ask its administrator for the right one."),
    "compressed": N_("The peer's answer is compressed, which this network does not use."),
    "peer_down": N_("The web server before the peer answers, but the node behind it does not."),
    "peer_trouble": N_("The peer has a problem of its own, such as a full disk. It is tried again."),
    "peer_outdated": N_("The peer speaks only an older version of the protocol: its administrator must update Wasl."),
    "node_outdated": N_("The peer speaks only a newer version of the protocol: update Wasl on this node."),
    "waiting": N_("The other administrator has not answered yet."),
    "words_not_checked": N_("Nobody has said how the fingerprint words were compared."),
    "peer_busy": N_("The worker is meeting this peer at this moment."),
    "peer_not_active": N_("This peer is not met in its present state."),
    "peer_not_reachable": N_("Nobody can reach this peer: it calls us."),
    "not_cards": N_("The file does not hold the cards of one node."),
    "not_blocked": N_("This peer is not blocked."),
    "nobody_reachable": N_("Neither of the two nodes has a public address: they could never meet."),
    "vouch_needs_peer": N_("A node vouches only for its own peers."),
    "bad_rules": N_("These are no rules that a policy can have."),
    "unknown_node": N_("No node of this name is known here."),
    "unknown_name": N_("The name in the address is not known on the internet."),
    "port_closed": N_("The machine is there, but nothing listens at this port."),
    "host_silent": N_("The machine does not answer at all."),
    "not_tls": N_("No secure connection (TLS) is spoken at this port."),
    "certificate_expired": N_("The certificate has expired, or is not valid yet."),
    "certificate_wrong_name": N_("The certificate was made for another name."),
    "certificate_untrusted": N_("The certificate comes from nobody whom this machine trusts."),
    "peer_refused": N_("The peer refused. Ask its administrator."),
    "peer_nonsense": N_("The peer's answer breaks the rules of the network."),
    "not_wasl": N_("There is no Wasl node at this address."),
    "wrong_identity": N_("Another node answers at this address: compare the fingerprint words before you go on."),
    "wrong_chain": N_("The cards that came belong to another node."),
    "wrong_type": N_("The answer is of another kind than expected."),
    "no_progress": N_("The peer repeats itself without getting further."),
    "frame_limit": N_("A message of the comparison is larger than agreed."),
    "unsupported_version": N_("The peer speaks another version of the protocol: one of the two must be updated."),
    "bad_message": N_("A message between nodes breaks its form."),
    "bad_cursor": N_("The place to go on from is not one that this node gave."),
    "cursor_reset": N_("The place to go on from is no longer valid: the two nodes compare everything once."),
    "too_many_lines": N_("Too many lines were sent at once."),
    "unknown_peer": N_("No peer with this identity is known here."),
    "unknown_origin": N_("No node with this identity is known and admitted here."),
    "not_a_peer": N_("The caller is not an accepted peer of this node."),
    "peer_blocked": N_("This peer is blocked."),
    "peer_paused": N_("This peer is paused."),
    "bad_move": N_("The peer cannot change from its present state into this one."),
    "no_request": N_("This node has not asked to be a peer."),
    "request_refused": N_("The request to become a peer was refused."),
    "own_address": N_("This is the address of this node itself."),
    "address_taken": N_("Another peer has this address already."),
    "no_address": N_("This node has no public address, so nobody can come by invitation: ask the other node instead."),
    "bad_invitation": N_("This is not an invitation."),
    "invitation_unknown": N_("This invitation was not given by this node."),
    "invitation_used": N_("This invitation was used already: ask for a new one."),
    "invitation_revoked": N_("This invitation was withdrawn: ask for a new one."),
    "invitation_expired": N_("This invitation has expired: ask for a new one."),
}
"""About peers and meetings."""

REQUESTS = {
    "bad_request": N_("The request is malformed."),
    "bad_target": N_("The address of the request is malformed."),
    "not_found": N_("There is nothing at this address."),
    "not_allowed": N_("This is not allowed."),
    "method_not_allowed": N_("This address does not take such requests."),
    "too_many_requests": N_("Too many requests: wait a little and try again."),
    "internal_error": N_("Something went wrong on this node. It has been written into its log."),
    "bad_signature": N_("The signature of the request is wrong."),
    "missing_signature": N_("The request is not signed."),
    "digest_mismatch": N_("The content was changed on the way."),
    "expired": N_("The request is too old."),
    "replayed": N_("The same request came before: it was repeated by somebody."),
    "clock_skew": N_("The clocks of the two nodes differ too much: set both (`timedatectl set-ntp true`)."),
    "wrong_audience": N_("The request was meant for another node."),
    "unknown_key": N_("The request is signed with a key that is not known."),
}
"""About requests, ours and others'."""

MACHINE = {
    "node_error": N_("Something went wrong on this node."),
    "disk_full": N_("The disk is full: reading goes on, nothing new can be stored until there is room."),
    "store_problem": N_("The database does not answer as it should."),
    "store_busy": N_("The database is busy, perhaps with a backup. Try again in a moment."),
    "store_newer": N_("The database was written by a newer version of Wasl: install that version again."),
    "config_problem": N_("A setting of this node is wrong."),
    "unknown_setting": N_("There is no setting of this name."),
    "no_node": N_("There is no node in this folder: run `wasl init` first."),
    "no_database": N_("The database is missing: restore a backup."),
    "folder_relative": N_("The folder is not a whole path from the root on."),
    "folder_unusable": N_("The folder cannot be used."),
    "no_organisation": N_("Nobody has said for whom the node speaks."),
    "node_exists": N_("There is a node in this folder already."),
    "port_taken": N_("Another program uses this port."),
    "keys_unsafe": N_("The private keys can be read by others: correct the rights of the files."),
    "key_missing": N_("A private key is missing: restore it from your backup."),
    "key_broken": N_("A key file holds no usable key."),
    "key_exists": N_("The key file exists already: keys are never overwritten."),
    "clock_backwards": N_("The clock stands before the last signature: set it (`timedatectl set-ntp true`)."),
    "recovering": N_("This node is recovering: it publishes again when its own records are back."),
    "search_error": N_("The search does not answer."),
    "index_missing": N_("There is no search index yet: it is being built."),
    "index_outdated": N_("The search index is outdated: it is being rebuilt."),
    "index_damaged": N_("The search index is damaged: it is being rebuilt. Nothing is lost."),
    "index_busy": N_("The search index is being written by another process."),
    "index_away": N_("The database of the search index does not answer."),
    "no_driver": N_("PostgreSQL is to be used, but its driver is not installed."),
    "bad_database": N_("The address of the database cannot be read: it begins with postgresql://."),
    "store_not_empty": N_("Something stands already where the node's data are to go."),
    "store_differs": N_("What was copied is not the same there: nothing of it was kept."),
    "same_store": N_("The node's data are there already."),
    "store_elsewhere": N_("This node keeps its data in PostgreSQL: a backup is restored into a folder."),
    "bad_bucket": N_("The address of the bucket cannot be read: it is https://host/bucket, or with a prefix."),
    "bucket_away": N_("The store with the attached files does not answer. Nothing is lost; try again in a moment."),
    "bucket_elsewhere": N_("This node keeps its files in a bucket: a backup is restored into a folder."),
    "bucket_keeps": N_("The bucket keeps older versions that this node may not delete: what is erased would stay."),
    "bucket_missing": N_("There is no bucket of this name."),
    "bucket_problem": N_("The store with the attached files does not do what was asked."),
    "bucket_redirects": N_("The store with the attached files sends us to another address."),
    "bucket_refused": N_("The store with the attached files refuses this node."),
    "file_differs": N_("A file is not the same after it was copied."),
    "no_bucket_client": N_("Attached files are to lie in a bucket, but what is needed for it is not installed."),
    "same_shelf": N_("The attached files are there already."),
    "secret_in_settings": N_("A secret stands in wasl.toml that must not stand there."),
    "usage": N_("The command is written otherwise."),
    "file_problem": N_("A file cannot be read or written."),
}
"""About this machine: disk, database, keys, settings, index."""

ACCOUNTS = {
    "account_problem": N_("This cannot be changed in an account."),
    "signin_failed": N_("Name, password or code is not right."),
    "second_factor_needed": N_("Your account has a second factor: type the password again, and the code."),
    "too_many_attempts": N_("Tried too often: there is a pause before the next attempt."),
    "form_expired": N_("The form has expired, or is not from this page: open the page again and repeat what you did."),
    "foreign_form": N_("The form was sent from another website: nothing was done."),
    "role_missing": N_("Your role does not allow this: an administrator of this node can."),
    "role_unknown": N_("There is no role of this name."),
    "language_unknown": N_("The pages do not speak this language."),
    "unknown_user": N_("Nobody of this name has an account here."),
    "name_wrong": N_(
        "A name has 2 to 32 characters: a letter from a to z, then letters, digits, dot, hyphen, underscore."
    ),
    "name_taken": N_("There is an account of this name already."),
    "password_short": N_("The password is too short: at least 12 characters."),
    "password_long": N_("The password is too long: at most 200 characters."),
    "password_common": N_("This password is one of those that are tried first: choose another."),
    "password_is_name": N_("The password is made of the name: choose another."),
    "password_wrong": N_("This is not your present password."),
    "not_repeated": N_("The two are not the same."),
    "code_wrong": N_("This code is not right, or was used before: take the next one, and check the telephone's clock."),
    "no_second_factor": N_("This account has no second factor."),
    "last_administrator": N_("This is the last administrator who can sign in: make somebody else administrator first."),
}
"""About people of this node: signing in, names, passwords, roles, forms."""

KEYS = {
    "sheet_wrong": N_("These are not the words of a recovery sheet: one is wrong or missing, or the order is another."),
    "sheet_foreign": N_("These are the words of a recovery sheet, but not of the newest one of this node."),
    "root_key_away": N_(
        "This needs the root key, and the root key is not on this machine: give the words of the sheet."
    ),
    "root_stolen": N_("Somebody else has signed a card of this node with its root key."),
    "no_sheet": N_("This node has no recovery sheet yet."),
    "already_detached": N_("The root key was taken off this machine already."),
    "key_act_under_way": N_("Something else was begun with the keys, and not finished."),
    "key_revoked_already": N_("This key is revoked already."),
    "no_such_key": N_("The card of this node lists no such key."),
    "too_many_keys": N_("The card of this node lists as many keys as a card may, 64: no other can be added."),
    "same_address": N_("This is the address that the card of this node gives already."),
    "no_contradiction": N_("These two records do not contradict each other: they prove nothing against their node."),
}
"""About this node's keys and its recovery sheet."""

RESTORING = {
    "backup_problem": N_("The backup cannot be used."),
    "backup_damaged": N_("The file is no backup of Wasl, or it is damaged: nothing was restored from it."),
    "backup_newer": N_("The backup was made by a newer version of Wasl."),
    "backup_encrypted": N_("The backup is encrypted."),
    "backup_passphrase": N_("The passphrase is not the one of this backup."),
    "backup_too_large": N_("There is no room on this disk for what the backup holds."),
    "backup_not_encrypted": N_("The root key goes only into an encrypted backup."),
    "backup_unsound": N_("The database in the backup is not as Wasl makes it: nothing was restored from it."),
    "passphrase_short": N_("The passphrase is too short: at least 12 characters."),
    "file_exists": N_("There is a file of this name already: nothing is overwritten."),
    "node_running": N_("The node in this folder is running: two would publish as one, or something be lost."),
    "other_node": N_("Another node stands in this folder."),
    "did_needed": N_("Without the recovery sheet nobody knows which node this was."),
    "doubled": N_("Records that this node did not write are signed with its key: decide about them first."),
    "not_doubled": N_("There is nothing to decide: nobody else has signed records as this node."),
    "bad_decision": N_("There is no such explanation to choose."),
    "not_recovering": N_("This node is not recovering."),
    "key_replaced": N_("The signing key of this copy was replaced after the copy was made: peers refuse it."),
}
"""About backups, and about a node that comes back from one."""

SEARCHES = {
    "unclear": N_("Something in the search cannot be read."),
    "bad_date": N_("This is no year, month or day: write 2019, 2019-05 or 2019-05-31."),
    "dates_crossed": N_("The end lies before the beginning: exchange the two."),
    "bad_parameter": N_("A parameter of the address is unknown, repeated or cannot be read."),
    "unknown_search": N_("No search of yours has this number."),
    "too_many_searches": N_("You have saved as many searches as one person may."),
    "unknown_value": N_("There is nothing of this name to narrow a search by."),
}
"""About what is asked of the search."""

FOLLOWING = {
    "unknown_follow": N_("There is nothing to follow under this name or number."),
    "too_many_follows": N_("You follow as many things as one person may."),
    "mail_problem": N_("The mail was not sent."),
    "mail_not_set": N_("No mail server is set for this node."),
    "mail_unreachable": N_("The mail server does not answer."),
    "mail_refused": N_("The mail server refuses the mail or its address."),
    "mail_login": N_("The mail server refuses the user or the password."),
    "mail_no_tls": N_("There is no protected connection to the mail server."),
    "mail_password_file": N_("The file with the password for the mail server cannot be read."),
    "mail_no_address": N_("This node has no address that a link in a mail could begin with."),
    "mail_address_wrong": N_("This is no e-mail address: write one like name@example.org."),
    "mail_link_void": N_("This link is void: it has expired, or another address was given since."),
}
"""About following and the weekly mail."""

ATTACHMENTS = {
    "attachment_refused": N_("This file cannot be attached."),
    "attachment_empty": N_("The file is empty."),
    "attachment_too_large": N_("The file is too large: 10 MiB at most."),
    "attachment_type": N_("Files of this kind are not taken: pdf, odt, docx, xlsx, csv, jpg, png and webp are."),
    "attachment_disguised": N_("The file is not what its name says, or could be taken for two kinds of file."),
    "attachment_damaged": N_("The file is damaged: it cannot be read to its end."),
    "attachment_encrypted": N_("The file is protected by a password."),
    "attachment_active": N_(
        "The file does more than say and show: it holds a macro, a script, another file, or fetches something."
    ),
    "attachment_formula": N_("A cell of the table begins like a formula, which a spreadsheet would run."),
    "attachment_bomb": N_("The file unfolds to far more than it seems to hold."),
    "attachment_slow": N_("The file takes too long to look through."),
    "attachment_quota": N_("The room that this node gives to attachments is used up."),
    "attachment_large": N_("The file is larger than what is fetched unasked: it comes when somebody opens it."),
    "attachment_not_here": N_("The file is not here yet: it is being asked for at other nodes."),
    "attachment_no_peer": N_("There is no peer at the moment that could be asked for the file."),
    "attachment_not_wanted": N_("The peer does not take this file."),
    "attachment_mismatch": N_("The bytes that came are not those that the record names; they were thrown away."),
    "unknown_attachment": N_("No such file is known here."),
    "not_an_attachment": N_("This record is not an attached file."),
    "too_many_attachments": N_("This record has as many files as it may have, 12."),
    "already_attached": N_("This very file is attached already."),
    "title_missing": N_("Nobody has said what the file is."),
    "alt_missing": N_("Nobody has said what the picture shows."),
    "persons_unsaid": N_("Nobody has said whether the picture shows persons."),
    "consent_missing": N_("The picture shows persons, and no consent is named."),
    "bad_range": N_("A part of the file was asked for that it does not have."),
}
"""About attached files."""

FEDIVERSE = {
    "activitypub_off": N_("This node cannot be followed in the fediverse."),
    "bad_actor_name": N_("A name in the fediverse has 1 to 30 of the characters a to z, 0 to 9 and _."),
    "no_public_address": N_("The card of this node gives no public address, or one with a path behind the host."),
    "actor_name_fixed": N_("People follow this node under its present name: another one would lose them."),
    "fediverse_host_blocked": N_("This node takes nothing from that server of the fediverse."),
    "bad_host": N_("This is no name of a server."),
    "host_not_blocked": N_("This server is not blocked."),
}
"""About the account that people elsewhere can follow."""

FILES = {
    "bad_file": N_("The file cannot be read."),
    "bad_text": N_("The file is not UTF-8 text."),
    "bad_table": N_("The file is no table that can be read: save it as ODS or CSV."),
    "table_too_large": N_("The table has too many rows or columns."),
    "unknown_column": N_("A column of the table is not known."),
    "bad_front_matter": N_("The facts at the beginning of the file cannot be read."),
    "unknown_heading": N_("A heading is not the name of a part of a practice."),
}
"""About files that people write."""

DRAFTS = {
    "unknown_draft": N_("There is no such draft here: the page Drafts shows yours."),
    "draft_closed": N_("This draft is in review, or decided: take it back to change it."),
    "draft_changed": N_("The draft was changed after you opened it. This is how it reads now: look at it again."),
    "draft_too_large": N_("A draft holds 256 KiB of text: shorten it, or write two practices."),
    "not_your_draft": N_("Only its author changes a draft: make a remark instead."),
    "being_revised": N_("Somebody is revising this practice already: talk to each other."),
    "draft_incomplete": N_("The draft is not complete: what is missing stands in its review."),
    "draft_unsettled": N_("Texts from another page lie aside: choose between them first."),
    "draft_outdated": N_("The practice was changed after this draft was begun: take it back and look at what changed."),
    "no_difficulty": N_("No difficulty is told: name at least one, since others read it most carefully."),
    "own_practice": N_("This is your own practice: it is corrected by a new revision, not adapted."),
    "own_draft": N_("You have written in this draft: another person must approve it."),
    "remark_missing": N_("Nothing says what should change: write a remark first."),
    "reason_missing": N_("No reason is given: choose why."),
    "consent_incomplete": N_(
        "Something is missing or cannot be read: what, for whom, why, in which languages, both days."
    ),
    "consent_names": N_("This may be a name: give a label with a number, such as P-12."),
    "consent_too_long": N_("A consent begins today or earlier: it holds five years at most."),
    "voice_consent_missing": N_("A voice has no consent on paper: write it down, or take the voice out."),
    "consent_ended": N_("The consent of a voice has ended: ask for a new one, or take the voice out."),
    "consent_narrow": N_("The consent of a voice is for fewer people: publish for these only, or take the voice out."),
    "unknown_consent": N_("There is no such consent here: the page Consents shows all."),
}
"""About drafts, their review, and consents."""

SENTENCES = (
    ATTACHMENTS | FILES | RECORDS | POLICY | PEERS | REQUESTS | ACCOUNTS | MACHINE | KEYS | RESTORING
    | SEARCHES | DRAFTS | FEDIVERSE | FOLLOWING
)  # fmt: skip
"""Every stable code and its sentence, in English."""
