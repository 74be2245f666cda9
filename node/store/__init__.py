"""The truth, in SQLAlchemy Core on SQLite (WAL). Rows never leave this folder: functions take a connection and give
frozen dataclasses. One log, append-only; everything else in here can be computed from it or is local opinion
(peers, quarantine, followers' cursors)."""
