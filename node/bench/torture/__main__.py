"""`python -m node.bench.torture [--kills 200] [--seed N] [--store file|postgres|both]`: see `running`."""

from __future__ import annotations

import argparse
import secrets
import sys

from node.bench.torture import running
from node.bench.torture.running import FILE, POSTGRES

if __name__ == "__main__":
    words = argparse.ArgumentParser(description="Torture three nodes, and compare them with what was acknowledged.")
    words.add_argument("--kills", type=int, default=200)
    words.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    words.add_argument("--store", choices=(FILE, POSTGRES, "both"), default=FILE)
    given = words.parse_args()
    stores = (FILE, POSTGRES) if given.store == "both" else (given.store,)
    sys.exit(running.main(given.kills, given.seed, stores))
