"""What is in a file that somebody wishes to attach: judged by its bytes, and cleaned of what must not travel.

Law of this room: it knows bytes and nothing of nodes, records or people, and imports nothing of the node, because it
runs in a process of its own (`process` starts it, `child` is it) with little time and memory, and without files to
write. Whatever a library does with hostile bytes, it does there. `node/attaching.py` calls it.
"""
