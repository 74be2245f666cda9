"""Accounts: who may sign in to this node's pages, how they prove who they are, and for how long that holds.

Laws of this folder:
- No secret leaves it: passwords are Argon2id hashes, tokens and spare codes SHA-256; what is shown is shown once.
- Whatever changes what somebody may do (password, role, disabling, second factor) ends all their sessions at once.
- Every act stands in the audit log, in the same transaction. Nothing in it is secret, and no unknown name either:
  people type passwords into the wrong field.
- There is always one administrator who can sign in. No e-mail is needed for anything.

Rooms: `names` and `passwords` (what is allowed), `people` (adding and changing), `second_factor`, `throttle`,
`signing_in`, `sessions`. Everything works on an open `Node` and reads its clock.
"""

from node.accounts.names import ADMINISTRATOR, EDITOR, PUBLISHER, READER, ROLES, check_name, may
from node.accounts.passwords import check_new, generated
from node.accounts.people import (
    anybody,
    create_user,
    disable,
    enable,
    everyone,
    get,
    set_language,
    set_password,
    set_role,
)
from node.accounts.second_factor import Offer, begin_totp, confirm_totp, new_spare_codes, remove_totp
from node.accounts.sessions import (
    SignedIn,
    keep_notice,
    open_sessions,
    renew,
    session_of,
    sign_out,
    sign_out_everywhere,
    take_notices,
)
from node.accounts.signing_in import confirm_password, sign_in
from node.store.accounts import User

__all__ = [
    "ADMINISTRATOR",
    "EDITOR",
    "PUBLISHER",
    "READER",
    "ROLES",
    "Offer",
    "SignedIn",
    "User",
    "anybody",
    "begin_totp",
    "check_name",
    "check_new",
    "confirm_password",
    "confirm_totp",
    "create_user",
    "disable",
    "enable",
    "everyone",
    "generated",
    "get",
    "keep_notice",
    "may",
    "new_spare_codes",
    "open_sessions",
    "remove_totp",
    "renew",
    "session_of",
    "set_language",
    "set_password",
    "set_role",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "take_notices",
]
