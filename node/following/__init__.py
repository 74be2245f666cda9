"""Following: what people of this node want to hear of, and what of the log is news for them.

One log, many followers: `keeping` reads the log once for everybody and remembers which entries are news for which
follow; `reading` gives a person their news as they stand now, in words; `paths` says where each is read. The store
keeps numbers only (`node/store/follows.py`), so what was erased is gone from here too. Goes to: the page *Following*,
feeds of a practice, the weekly mail (`node/mailing`), `wasl digest`.
"""
