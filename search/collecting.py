"""The garbage of a process that builds an index: looked for when it is told to.

Comes from nowhere; used by the rooms that make a whole index anew.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Python looks for garbage only when it is told to: millions of new words make it look all the time, in vain."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
