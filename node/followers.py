"""Who follows the log, and from when on a lag or a silence is worth a look: for machines, and for the doctor."""

from __future__ import annotations

from node.following import keeping

FOLLOWERS = ("hints", "files", "receipts", keeping.FOLLOWER)
"""The worker's followers besides the index, by the names of their cursors."""
LAG_MOST = 2_000
"""Entries that a follower may be behind before a person should look: some seconds of a large catch-up."""
SILENT_S = 120
"""Seconds without a sign of life after which the worker is held to be stopped; it gives one every ten."""
