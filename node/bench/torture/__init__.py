"""Torture: three nodes as real processes, under load, and everything that a machine does to them in years, in minutes.

`python -m node.bench.torture` (`make torture`). The rooms: `publishing` (who writes in a node, as `wasl publish` does),
`ledger` (what was answered as done), `wire` (a link that can be cut), `cluster` (the PostgreSQL server of a town),
`town` (one node with its processes), `faults` (what goes wrong, and when), `oracle` (is everything there that was
acknowledged), `running` (from the beginning to the table). Law: the seed decides what is done; only what a command
reported as done counts as acknowledged.
"""
