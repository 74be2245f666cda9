"""What can go wrong in a running node, drawn as a tree.

    NodeError
    ├── ConfigProblem      a setting, folder or key file is wrong: the sentence says what to do
    ├── KeysUnsafe         a private key can be read by others, or is missing
    ├── StoreProblem       the database
    │   ├── StoreFull      the disk is full: the node is read-only until there is room
    │   ├── StoreBusy      another process holds the database for too long
    │   └── StoreNewer     the database was written by a newer version of Wasl
    ├── BucketProblem      the bucket with the bytes of attachments refuses, or is not what it should be
    │   └── BucketAway     it does not answer (tried again)
    ├── BackupProblem      a file is no backup, is damaged, or its passphrase is another
    ├── PeerProblem        a peer could not be reached, refused, or answered nonsense
    │   ├── Unreachable    no answer: name, connection, TLS, timeout (tried again)
    │   ├── AddressRefused the address is private, loopback or otherwise not one that a peer may have
    │   ├── PeerRefused    it answered with a refusal; `code` is the peer's own
    │   └── PeerNonsense   its answer breaks the protocol
    ├── MailProblem        the mail server is not set, does not answer, or refuses
    ├── AttachmentRefused  a file is not fit to be attached, or what must be said of it is missing
    ├── NotHere            the bytes of a file are fetched from a peer: ask again
    ├── FileProblem        a file that somebody wrote cannot be read as what it should be
    ├── NotFound           no such record, peer or invitation here
    ├── Unclear            something in a search cannot be read, such as a date
    ├── SheetWrong         what was typed are not the words of this node's recovery sheet
    ├── AccountProblem     a name, password, code or role that an account cannot have
    └── NotAllowed         asked for by somebody who may not, or at a time when it can't be
        └── TooSoon        tried too often: allowed again after a pause

Each error carries a stable `code` and a sentence that says what to do. HTTP statuses are chosen in `node/problems.py`,
exit codes in `node/cli`.
"""

from __future__ import annotations


class NodeError(Exception):
    """Base of this package's errors. `code`: stable, snake_case; the message is one English sentence."""

    code = "node_error"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code

    @property
    def message(self) -> str:
        """The sentence for people, in English; pages translate by `code`."""
        return str(self)


class ConfigProblem(NodeError):
    """A setting or folder is wrong."""

    code = "config_problem"


class KeysUnsafe(NodeError):
    """A private key can be read by others, or is missing."""

    code = "keys_unsafe"


class StoreProblem(NodeError):
    """The database did not do what was asked."""

    code = "store_problem"


class StoreFull(StoreProblem):
    """No room left: nothing was written, reading goes on."""

    code = "disk_full"


class StoreBusy(StoreProblem):
    """Another process holds the database."""

    code = "store_busy"


class StoreNewer(StoreProblem):
    """The database was written by a newer version of Wasl."""

    code = "store_newer"


class BucketProblem(NodeError):
    """The bucket with the bytes of attachments did not do what was asked. `said`: its own code, empty for none."""

    code = "bucket_problem"

    def __init__(self, message: str, code: str | None = None, said: str = "") -> None:
        super().__init__(message, code)
        self.said = said


class BucketAway(BucketProblem):
    """No answer, or none of an S3-compatible store: nothing is lost, and it is tried again."""

    code = "bucket_away"


class BackupProblem(NodeError):
    """A file is no backup, is damaged, or its passphrase is another; nothing was restored."""

    code = "backup_problem"


class PeerProblem(NodeError):
    """A meeting with a peer did not work."""

    code = "peer_problem"


class Unreachable(PeerProblem):
    """No answer. Tried again, later and later, up to an hour apart."""

    code = "unreachable"


class AddressRefused(PeerProblem):
    """The address is none that a peer may have (docs/security.md)."""

    code = "address_refused"


class PeerRefused(PeerProblem):
    """The peer answered with a refusal. `code`: the peer's; `status`: HTTP; `retry_after_s`: as it asked, or None.

    `their_time`: its clock, seconds since 1970, where the refusal names it.
    """

    code = "peer_refused"

    def __init__(
        self,
        message: str,
        code: str | None = None,
        status: int = 0,
        retry_after_s: int | None = None,
        their_time: int | None = None,
    ) -> None:
        super().__init__(message, code)
        self.status = status
        self.retry_after_s = retry_after_s
        self.their_time = their_time


class PeerNonsense(PeerProblem):
    """The peer's answer breaks the protocol or its limits."""

    code = "peer_nonsense"


class MailProblem(NodeError):
    """A mail was not sent: the server is not set, does not answer, or refuses."""

    code = "mail_problem"


class AttachmentRefused(NodeError):
    """A file is not fit to be attached, or something that must be said of it is missing."""

    code = "attachment_refused"


class NotHere(NodeError):
    """The bytes of a file are not here yet and were asked for. `retry_after_s`: when to ask again, seconds."""

    code = "attachment_not_here"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class FileProblem(NodeError):
    """A file that somebody wrote for us cannot be read as what it should be."""

    code = "bad_file"


class NotFound(NodeError):
    """No such record, peer or invitation here."""

    code = "not_found"


class Unclear(NodeError):
    """Something in a search cannot be read; a page shows what it can without it."""

    code = "unclear"


class NotAllowed(NodeError):
    """Asked for by somebody who may not, or at a time when it can't be."""

    code = "not_allowed"


class TooSoon(NotAllowed):
    """Tried too often. `retry_after_s`: seconds until it may be tried again."""

    code = "too_many_attempts"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class AccountProblem(NodeError):
    """What was typed for an account cannot be: name, password, code, role, or it would lock everybody out."""

    code = "account_problem"


class SheetWrong(NodeError):
    """What was typed are not the words of this node's recovery sheet.

    `place`: number of the word that is wrong, from 1, or None; `nearest`: what it may have been meant to be.
    """

    code = "sheet_wrong"

    def __init__(
        self, message: str, place: int | None = None, nearest: tuple[str, ...] = (), code: str | None = None
    ) -> None:
        super().__init__(message, code)
        self.place = place
        self.nearest = nearest
