"""How the process takes memory: in huge pages, and kept for the next batch when it is freed.

By default glibc gives every large tensor pages of its own and returns them to Linux when the tensor is freed;
a training step then spends a third of its time on getting the same pages back, zeroed. From the heap they are
there already. tests/benchmarks/train_speed.py shows what both are worth.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

HUGE_PAGES = "THP_MEM_ALLOC_ENABLE"
"""The variable that makes PyTorch ask Linux for huge pages."""

KEEP = (
    (-4, 0),  # M_MMAP_MAX: no block gets pages of its own
    (-1, 2**31 - 1),  # M_TRIM_THRESHOLD: up to 2 GiB may stay free at the heap's end
    (-8, 1),  # M_ARENA_MAX: one heap; those of further threads, of 64 MiB, could not hold a batch
)
"""Parameters of mallopt(3), by their numbers in glibc's malloc.h, and their values."""


def settle() -> None:
    """Take memory so from now on; call it first of all, before PyTorch is imported and threads begin.

    Does nothing where the system has no such settings.
    """
    os.environ.setdefault(HUGE_PAGES, "1")
    library = _glibc()
    if library is not None:
        for parameter, value in KEEP:
            library.mallopt(parameter, value)


def give_back() -> None:
    """Return what is free to the system, as after a long job."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library where it is glibc, which alone has these settings."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
