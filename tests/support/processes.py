"""Ending what a test or a benchmark has started."""

from __future__ import annotations

import contextlib

import psutil


def end(process: int) -> None:
    """Kill a process and all that it started, as far as they still are."""
    with contextlib.suppress(psutil.NoSuchProcess):
        first = psutil.Process(process)
        for one in (first, *first.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
