"""`wasl fediverse`: on, off, status, block and unblock, for people and for scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from node.assembly import open_node
from node.store import subscribers


def follows(home: Path, host: str) -> None:
    node = open_node(home, {})
    inbox = f"https://{host}/inbox"
    more = {"own_inbox": inbox, "inbox": inbox, "follow": f"https://{host}/1", "seq": 0}
    with node.database.writing() as connection:
        subscribers.add(connection, f"https://{host}/users/amal", host, node.now(), **more)
    node.close()


def test_node_is_followed_from_the_terminal(wasl: Any, founded: Any) -> None:
    home = founded("rabat", url="https://wasl.rabat.example")
    off = json.loads(wasl(home, "fediverse", "status", "--json").stdout)
    assert (off["on"], off["name"], off["followers"]) == (False, "rabat", 0)
    made = json.loads(wasl(home, "fediverse", "on", "rabat", "--json").stdout)
    assert made["account"] == "rabat@wasl.rabat.example"
    follows(home, "mastodon.example")
    shown = wasl(home, "fediverse", "status").stdout
    assert "@rabat@wasl.rabat.example" in shown
    assert "mastodon.example" in shown
    assert "amal" not in shown, "who follows is shown to nobody"
    assert wasl(home, "fediverse", "on", "ville").exit_code != 0, "somebody follows the present name"
    assert "cannot be followed" in wasl(home, "fediverse", "off").stdout


def test_server_is_blocked_after_saying_what_is_lost(wasl: Any, founded: Any) -> None:
    home = founded("rabat", url="https://wasl.rabat.example")
    wasl(home, "fediverse", "on", "rabat")
    follows(home, "mastodon.example")
    assert wasl(home, "fediverse", "block", "mastodon.example", input="n\n").exit_code == 1
    told = wasl(home, "fediverse", "block", "mastodon.example", "--yes", "--json").stdout
    assert json.loads(told) == {"blocked": "mastodon.example", "followers_forgotten": 1}
    assert "mastodon.example" in json.loads(wasl(home, "fediverse", "status", "--json").stdout)["blocked"]
    assert wasl(home, "fediverse", "unblock", "mastodon.example").exit_code == 0
    refused = wasl(home, "fediverse", "unblock", "mastodon.example", "--json")
    assert json.loads(refused.stderr)["error"]["code"] == "host_not_blocked"
