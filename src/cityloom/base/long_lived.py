"""Large registers that stay in memory: made without the collector looking at each of them again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def long_lived() -> Iterator[None]:
    """Within, nothing is collected; what is there afterwards is not looked at any more.

    It still goes when nobody refers to it; only circles among it would stay. A million objects made so take half the
    time, and later collections are as quick as without them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
