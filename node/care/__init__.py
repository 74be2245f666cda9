"""What those who run a node ask it: is it alive, can it serve, what does it do. For supervisors and monitoring.

Law of the room: reads only, asks cheap questions only, and says nothing of a person: no search word, no address of a
reader, no name. `node/doctor.py` examines a node for a person; this room answers machines, every few seconds.
"""

from __future__ import annotations

from node.care.answering import install

__all__ = ["install"]
