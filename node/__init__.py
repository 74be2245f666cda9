"""One municipality's server: the door, the log, the followers, the sync, the pages and the commands.

The line that every record follows: bytes -> `intake.admit` -> the log (`store`) -> followers (search index, peers,
pages). Kept light on purpose: importing `node` must not import Flask.
"""
