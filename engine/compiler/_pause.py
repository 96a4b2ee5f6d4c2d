"""Keeping the garbage collector from walking a large document again and again while it is compiled."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

LARGE = 1_000
"""Nodes. Compiling ten thousand of them took a third longer with the collector running."""


@contextmanager
def uncollected(nodes: int) -> Iterator[None]:
    """Pause the collection of cycles in the block when so many nodes are handled in it that it pays."""
    pause = nodes >= LARGE and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()
