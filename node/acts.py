"""The words of the audit log as sentences: who did it stands before, on what it was done behind. One for each word.

Words are stable and stand in the database; sentences may be improved. `tests/node/test_acts.py` finds every word that
the source writes. Pages, `wasl audit` and reports say these.
"""

from __future__ import annotations

from node import speech
from node.sentences import N_
from node.store.notes import Act

ACTS: dict[str, str] = {
    "found": N_("founded this node"),
    "request": N_("asked to become peers"),
    "accept": N_("became peers"),
    "check": N_("compared the fingerprint words"),
    "sync_now": N_("had them meet at once"),
    "active": N_("resumed the peering"),
    "paused": N_("paused the peering"),
    "blocked": N_("blocked the node"),
    "unblock": N_("lifted the block"),
    "ended": N_("ended the peering, or declined the request"),
    "vouch": N_("vouched for the node"),
    "unvouch": N_("withdrew the vouch"),
    "invite": N_("gave an invitation"),
    "revoke_invitation": N_("withdrew an invitation"),
    "policy": N_("changed whose records are admitted"),
    "retry": N_("tried again what lay aside"),
    "drop": N_("forgot something that lay aside"),
    "detach_root": N_("took the root key off this machine"),
    "move": N_("changed the address of this node"),
    "rotate_signing": N_("replaced the signing key as planned"),
    "rotate_root": N_("replaced the root key"),
    "revoke_signing": N_("revoked the signing key and signed the records anew"),
    "user_added": N_("added an account"),
    "user_password": N_("set a password"),
    "user_role": N_("changed a role"),
    "user_disabled": N_("disabled an account"),
    "user_enabled": N_("enabled an account"),
    "user_language": N_("changed the language of an account"),
    "user_signed_out": N_("signed somebody out everywhere"),
    "signed_in": N_("signed in"),
    "signin_paused": N_("a pause began after failed attempts to sign in"),
    "second_factor_on": N_("set up a second factor"),
    "second_factor_off": N_("took away a second factor"),
    "spare_codes_made": N_("made new spare codes"),
    "mail_asked": N_("asked for the weekly mail"),
    "mail_confirmed": N_("confirmed an address for the weekly mail"),
    "mail_stopped": N_("stopped the weekly mail"),
    "backup": N_("wrote a backup"),
    "attached": N_("attached a file"),
    "attachment_ended": N_("withdrew or erased an attached file"),
    "files_moved": N_("copied the attached files to another place"),
    "store_moved": N_("moved what this node holds into another database"),
    "restore": N_("restored this node from a backup"),
    "rebuild": N_("built this node anew from the network"),
    "recovered": N_("ended the recovery"),
    "recover_go_on": N_("ended the recovery although not all was back"),
    "new_key": N_("brought a new signing key in with the recovery sheet"),
    "doubled": N_("stopped publishing: records signed elsewhere came in"),
    "acknowledged": N_("acknowledged what another town said"),
    "acknowledged_no_more": N_("took an acknowledgement back"),
    "record_hidden": N_("hid a record of another town here"),
    "record_shown": N_("showed a hidden record again"),
    "origin_limited": N_("began to keep, without showing it, what came in too great number from a town"),
    "origin_shown": N_("showed what had come in too great number from a town"),
    "draft_begun": N_("began a draft"),
    "draft_file": N_("attached a file to a draft"),
    "draft_file_gone": N_("took a file away from a draft"),
    "draft_discarded": N_("gave a draft up"),
    "draft_submitted": N_("submitted a draft for review"),
    "draft_taken_back": N_("took a draft back"),
    "draft_remark": N_("made a remark on a draft"),
    "draft_remark_done": N_("marked a remark as done"),
    "draft_changes": N_("asked for changes in a draft"),
    "draft_approved": N_("approved a draft"),
    "draft_published": N_("published a draft"),
    "draft_caught_up": N_("based a draft on the newest revision"),
    "review_alone": N_("decided whether one person may approve alone"),
    "record_withdrawn": N_("withdrew a practice"),
    "record_erased": N_("erased a practice"),
    "voice_erased": N_("erased a voice"),
    "fork_settled": N_("chose one of two versions"),
    "consent_recorded": N_("wrote a consent down"),
    "consent_withdrawn": N_("noted that a consent was taken back"),
    "fediverse_on": N_("let the node be followed in the fediverse"),
    "fediverse_off": N_("let nobody follow the node in the fediverse"),
    "fediverse_block": N_("blocked a server of the fediverse"),
    "fediverse_unblock": N_("lifted the block of a server of the fediverse"),
    "decide": N_("decided about records signed elsewhere"),
}
"""Word -> sentence."""


def told(act: Act, language: str) -> str:
    """What was done, in one of the five languages; the word itself where it is not ours."""
    sentence = ACTS.get(act.act)
    return speech.translations(language).gettext(sentence) if sentence else act.act.replace("_", " ")
