"""The blueprint, and the plain pages: home, communes, one commune, about, and the files that pages need.

The other rooms add their pages to the same blueprint at the end of this file. Every page may be kept but must be asked
about again (`no-cache` with an ETag): what was erased never comes back from a browser's cache.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from flask import Blueprint, Response, render_template, request, send_from_directory

from node import admission
from node.errors import NodeError, NotFound
from node.fediverse.place import place_of
from node.store import origins, peers, records
from node.store.records import PUBLIC
from node.web import (
    attached,
    briefing,
    crawling,
    events,
    exporting,
    figures,
    following,
    held,
    language,
    lineage,
    mail,
    network,
    organisations,
    practice,
    presenting,
    questions,
    remembering,
    searching,
    suggesting,
)
from node.web.listing import Who, counted, items, the_node
from node.web.network import LOCAL_KINDS

pages = Blueprint("pages", __name__, template_folder="templates")

LATEST = 6
"""Practices on the home page."""
OF_COMMUNE = 20
"""Practices on one page of a commune."""

_YEAR_S = 365 * 86400


@pages.get("/")
def home() -> str:
    """Search box, newest practices, how the network is, and who is in it."""
    node = the_node()
    with node.database.reading() as connection:
        who = Who(connection)
        counts = counted(connection)
        practices = _by_origin(counts, "Practice")
        newest = items(connection, who, records.latest(connection, PUBLIC, limit=LATEST))
        met = [peer.met_at for peer in peers.everyone(connection, peers.ACTIVE) if peer.met_at]
    return render_template(
        "home.html",
        latest=newest,
        communes=_communes(who, practices)[:12],
        questions=sum(_by_origin(counts, "Question").values()),
        events=sum(_by_origin(counts, "Event").values()),
        organisations=sum(_by_origin(counts, "Organisation").values()),
        nodes=len(who.cards),
        practices=sum(practices.values()),
        updated=max(met, default=None),
        now=node.now(),
    )


@pages.get("/communes")
def communes() -> str:
    """Every admitted node, with how many practices it has."""
    with the_node().database.reading() as connection:
        who = Who(connection)
        found = _communes(who, _by_origin(counted(connection), "Practice"))
    return render_template("communes.html", communes=found)


@pages.get("/communes/<did>")
def commune(did: str) -> str:
    """One node: who it says it is, how it came to be admitted, and its practices."""
    if not held.is_did(did):
        raise NotFound("no such node", "unknown_origin")
    before = request.args.get("before", type=int)
    with the_node().database.reading() as connection:
        who = Who(connection)
        origin = origins.find(connection, did)
        if origin is None or not origin.admitted or not who.known(did):
            raise NotFound("no such node is known or admitted here", "unknown_origin")
        stored = records.latest(connection, PUBLIC, origin=did, limit=OF_COMMUNE + 1, before_seq=before)
        shown = items(connection, who, stored[:OF_COMMUNE])
        counts = counted(connection)
        vouched_by = sorted(
            voucher
            for voucher, subjects in admission.vouches(connection).items()
            if did in subjects and who.known(voucher)
        )
        peer = peers.find(connection, did)
        place = place_of(connection, the_node()) if did == the_node().did else None
    return render_template(
        "commune.html",
        did=did,
        card=who.cards[did],
        name=who.name(did),
        distance=origin.distance,
        vouched_by=[(voucher, who.name(voucher)) for voucher in vouched_by],
        is_peer=peer is not None and peer.state in LOCAL_KINDS,
        practices=shown,
        total=counts.get((did, "Practice"), 0),
        questions=counts.get((did, "Question"), 0),
        events=counts.get((did, "Event"), 0),
        followed=place,
        organisations=counts.get((did, "Organisation"), 0),
        more=stored[OF_COMMUNE - 1].seq if len(stored) > OF_COMMUNE else None,
        paged=before is not None,
    )


@pages.get("/about")
def about() -> str:
    """What Wasl is; licence, accessibility and privacy in short."""
    try:
        release = version("wasl")
    except PackageNotFoundError:
        release = ""
    return render_template("about.html", release=release)


@pages.get("/static/<path:name>")
def static_file(name: str) -> Response:
    """A file of ours: kept for a year under the address that pages use, five minutes under any other."""
    response = send_from_directory(f"{pages.root_path}/static", name)
    same = request.args.get("v") == presenting.static_version(name)
    response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable" if same else "public, max-age=300"
    return response


@pages.get("/favicon.ico")
def favicon() -> Response:
    """The mark, for browsers that ask without having read the page."""
    return static_file("favicon.svg")


@pages.context_processor
def _masthead() -> dict[str, Any]:
    return {"node_name": _node_name, "the_did": the_node().did}


@pages.before_request
def _remembered() -> None:
    remembering.begin()


@pages.after_request
def _cached(response: Response) -> Response:
    remembering.allow(response)
    language.remember(response)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "private, no-cache"
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = language.language()
        response.vary.update(("Cookie", "Accept-Language"))
        if response.status_code == 200 and "no-store" not in response.headers["Cache-Control"]:
            response.add_etag(weak=True)
            response.make_conditional(request)
    return response


def _node_name() -> str:
    """This node's own name, for the masthead; empty while the database does not answer."""
    node = the_node()
    try:
        with node.database.reading() as connection:
            return Who(connection).name(node.did)
    except NodeError:
        remembering.never()
        return ""


def _by_origin(counts: dict[tuple[str, str], int], wanted: str) -> dict[str, int]:
    """How many records of a type each node has."""
    return {did: count for (did, type_), count in counts.items() if type_ == wanted}


def _communes(who: Who, practices: dict[str, int]) -> list[dict[str, Any]]:
    """Nodes by name, as the lists show them."""
    found = [
        {
            "did": did,
            "name": who.name(did),
            "country": str(card.content.get("country", "")),
            "languages": [str(code) for code in card.content.get("languages", [])],
            "practices": practices.get(did, 0),
        }
        for did, card in who.cards.items()
    ]
    return sorted(found, key=lambda entry: (-entry["practices"], str(entry["name"]).casefold()))


searching.add_to(pages)
suggesting.add_to(pages)
exporting.add_to(pages)
held.add_to(pages)
practice.add_to(pages)
questions.add_to(pages)
events.add_to(pages)
organisations.add_to(pages)
figures.add_to(pages)
lineage.add_to(pages)
attached.add_to(pages)
network.add_to(pages)
crawling.add_to(pages)
briefing.add_to(pages)
following.add_to(pages)
mail.add_to(pages)
