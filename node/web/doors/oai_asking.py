"""What an OAI-PMH request asks, read strictly: an argument that is missing, unknown, repeated or odd is an error.

Pure. A resumption token says in the open what its list was asked with and where to go on; no state is kept, and none
needs to be signed: read as strictly as any other argument, it asks for nothing that a new request could not ask for.
Source: OAI-PMH 2.0 sections 2.5, 3.3.2, 3.5, 3.6 (http://www.openarchives.org/OAI/2.0/openarchivesprotocol.htm).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from node.errors import NodeError

OAI_DC = "oai_dc"
ARGUMENTS_MOST = 20
VALUE_MOST = 400

COMMUNE, TOPIC = "commune", "topic"
"""What the sets are by. Alone, each is the set above all of its kind, in which every practice is."""

_LIST = (("metadataPrefix",), ("from", "until", "set", "resumptionToken"))
ARGUMENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Identify": ((), ()),
    "ListMetadataFormats": ((), ("identifier",)),
    "ListSets": ((), ("resumptionToken",)),
    "ListIdentifiers": _LIST,
    "ListRecords": _LIST,
    "GetRecord": (("identifier", "metadataPrefix"), ()),
}
"""The verbs, each with the arguments that it requires and those that it may have."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SECOND = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)
_SET = re.compile(r"commune(:z6Mk[1-9A-HJ-NP-Za-km-z]{44})?|topic(:[a-z0-9-]{1,64})?", re.ASCII)
_TOKEN = re.compile(
    r"(ListIdentifiers|ListRecords)\.([0-9a-f]{8})\.([0-9]{1,15})\.(-?[0-9]{1,12})?\.(-?[0-9]{1,12})?\.([A-Za-z0-9:-]*)",
    re.ASCII,
)


class Refused(NodeError):
    """The answer is one of the protocol's errors. `code`: as OAI-PMH 2.0 section 3.6 has it."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `since`, `until`: seconds since 1970, both included; `after`, `epoch`: from a resumption token, the
    place to go on from and the store that it counts in; `said`: the arguments, to be repeated in the answer."""

    verb: str
    said: Mapping[str, str] = field(default_factory=dict)
    identifier: str = ""
    since: int | None = None
    until: int | None = None
    set: str = ""
    after: int = 0
    epoch: str = ""

    @property
    def commune(self) -> str:
        """The DID that its set is by, or empty."""
        return f"did:key:{self.set.partition(':')[2]}" if self.set.startswith(f"{COMMUNE}:") else ""

    @property
    def topic(self) -> str:
        """The topic that its set is by, or empty."""
        return self.set.partition(":")[2] if self.set.startswith(f"{TOPIC}:") else ""

    def token(self, epoch: str, after: int) -> str:
        """What to ask with for the rest of a list."""
        ends = ("" if one is None else str(one) for one in (self.since, self.until))
        return ".".join((self.verb, epoch, str(after), *ends, self.set))


def read(pairs: Iterable[tuple[str, str]]) -> Request:
    """The request of these arguments. Raises `Refused`."""
    given = list(islice(pairs, ARGUMENTS_MOST + 1))
    verbs = [value for name, value in given if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in ARGUMENTS:
        raise Refused("there must be one verb of the six of the protocol", "badVerb")
    said = dict(given)
    _check(verbs[0], given, said)
    request = Request(verbs[0], said, identifier=said.get("identifier", ""))
    if "resumptionToken" in said:
        return _resumed(request, said["resumptionToken"])
    if said.get("metadataPrefix", OAI_DC) != OAI_DC:
        raise Refused(f"the only format here is {OAI_DC}", "cannotDisseminateFormat")
    since, until = _span(said.get("from"), said.get("until"))
    request = replace(request, set=said.get("set", ""), since=since, until=until)
    if "set" in said and not _SET.fullmatch(request.set):
        raise Refused("a set is named as ListSets names it", "badArgument")
    return request


def _check(verb: str, given: list[tuple[str, str]], said: Mapping[str, str]) -> None:
    """Raises `Refused` unless these are arguments that the verb takes, each once."""
    required, optional = ARGUMENTS[verb]
    if len(given) > len(said):
        raise Refused("an argument is repeated", "badArgument")
    if any(len(value) > VALUE_MOST for value in said.values()):
        raise Refused(f"an argument is longer than {VALUE_MOST} characters", "badArgument")
    if unknown := sorted(set(said) - {"verb", *required, *optional}):
        raise Refused(f"{verb} takes no argument {unknown[0][:40]!r}", "badArgument")
    if "resumptionToken" in said:
        if len(said) > 2:
            raise Refused("a resumptionToken stands alone", "badArgument")
    elif missing := [name for name in required if name not in said]:
        raise Refused(f"{verb} needs {missing[0]}", "badArgument")


def _resumed(request: Request, token: str) -> Request:
    found = _TOKEN.fullmatch(token)
    if found is None or found[1] != request.verb or (found[6] and not _SET.fullmatch(found[6])):
        raise Refused("this resumptionToken is not from such a list of this node", "badResumptionToken")
    since, until = (int(end) if end else None for end in (found[4], found[5]))
    return replace(request, epoch=found[2], after=int(found[3]), since=since, until=until, set=found[6])


def _span(since: str | None, until: str | None) -> tuple[int | None, int | None]:
    """Both ends in seconds. Raises `Refused`."""
    given = [end for end in (since, until) if end is not None]
    days = [_DAY.fullmatch(end) is not None for end in given]
    if len(set(days)) > 1:
        raise Refused("from and until must be written alike: both to the day or both to the second", "badArgument")
    first, last = _first(since), _last(until)
    if first is not None and last is not None and first > last:
        raise Refused("from is later than until", "badArgument")
    return first, last


def _first(text: str | None) -> int | None:
    if text is None:
        return None
    form = "%Y-%m-%d" if _DAY.fullmatch(text) else "%Y-%m-%dT%H:%M:%SZ" if _SECOND.fullmatch(text) else ""
    try:
        if not form:
            raise ValueError
        return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise Refused("a moment is written YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ", "badArgument") from error


def _last(text: str | None) -> int | None:
    """The last second of a day; a second is its own."""
    first = _first(text)
    if first is None or text is None or not _DAY.fullmatch(text):
        return first
    return first + int(timedelta(days=1).total_seconds()) - 1
