"""What a stranger may put in the place of anything, and files of which nothing good can come."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cxr_gui

DEPTH = 100_000
HUGE = 10**400
VALUES: tuple[Any, ...] = (
    None, True, -1, HUGE, 1e308, "", "x", "\0", "../../x", "x" * 5000, [], {}, [[]], {"a": {}}, [1, 2, 3],
)  # fmt: skip
"""Of every type and size that JSON has."""

NESTED = {
    "lists": "[" * DEPTH + "]" * DEPTH,
    "objects": '{"a":' * DEPTH + "1" + "}" * DEPTH,
    "unfinished": "[" * DEPTH,
}
NO_OBJECTS = ("", "null", "3", '"x"', "[]", "[{}]", "{}", "\x00", '{"format": NaN}', '{"format": 1e999}')


def with_one_changed(document: Any) -> Iterator[tuple[str, Any]]:
    """(where, the document) with each value in turn replaced by each of VALUES, and once left out."""
    for place in _places(document):
        for value in VALUES:
            changed = copy.deepcopy(document)
            _parent(changed, place)[place[-1]] = copy.deepcopy(value)
            yield f"{place} = {value!r:.30}", changed
        changed = copy.deepcopy(document)
        del _parent(changed, place)[place[-1]]
        yield f"no {place}", changed


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*place, key)
        yield from _places(part, (*place, key))


def _parent(document: Any, place: tuple[Any, ...]) -> Any:
    for key in place[:-1]:
        document = document[key]
    return document


def grown(script: str, *arguments: str | Path, seconds: float = 60.0) -> int:
    """How many bytes a process of its own grew by, at its largest, while it ran `script` after `ready()`.

    A script that ends with an error fails the test.
    """
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not say how much memory a process had")
    whole = f"""
import sys
from pathlib import Path
from cxr_gui.core.base.errors import WorkbenchError
def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
start = 0
def ready():
    global start
    start = peak()
def refused(read, *arguments):
    try:
        read(*arguments)
    except WorkbenchError as error:
        assert error.what and error.where, error
    else:
        raise SystemExit("it was taken")
{script}
print(peak() - start)
"""
    ended = subprocess.run(
        [sys.executable, "-c", whole, *map(str, arguments)],
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(Path(cxr_gui.__file__).resolve().parents[1]),
        },
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return int(ended.stdout.split()[-1])
