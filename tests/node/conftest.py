"""What the tests of the fediverse ask for: a town that can be followed (tests/followed.py)."""

from __future__ import annotations

from followed import rabat  # noqa: F401  (a fixture)
