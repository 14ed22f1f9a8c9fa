"""What `mutmut run` has found, room by room: how many changes of the code its tests notice.

python -m tests.benchmarks.mutants [--survivors ROOM | --draw COUNT] [FOLDER]

FOLDER is where mutmut has worked, `mutants` unless given. With --survivors the names of those that no test
noticed, for `mutmut show NAME`; with --draw so many names, drawn by chance among the 1,900 of attacks and
bounds whose tests take longest, for `mutmut run NAME ...`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from pathlib import Path

CORE = Path("cxr_gui") / "core"
ENDS = {
    0: "survived",
    1: "killed",
    3: "killed",
    33: "run by no test",
    36: "too slow",
    152: "too slow",
    -24: "too slow",
}
"""The exit code of the tests of a mutant -> what became of it; others mean that they failed."""
SLOW_ROOMS, SLOWEST, SEED = ("attacks", "certify"), 1900, 1
COLUMNS = ("killed", "too slow", "survived", "run by no test", "not tried")


def ends(folder: Path) -> dict[str, Counter[str]]:
    """room -> how many mutants ended how; `base/metrics` is a room of its own."""
    found: dict[str, Counter[str]] = {}
    for file in sorted(folder.rglob("*.meta")):
        counts = found.setdefault(_room(file, folder), Counter())
        for code in json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"].values():
            counts["not tried" if code is None else ENDS.get(code, "killed")] += 1
    return {room: counts for room, counts in found.items() if counts.total()}


def survivors(folder: Path, room: str) -> list[str]:
    """The names of a room's mutants that survived, or that no test runs."""
    return [
        name
        for file in sorted(folder.rglob("*.meta"))
        if _room(file, folder) == room
        for name, code in json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"].items()
        if code is not None and ENDS.get(code) in ("survived", "run by no test")
    ]


def drawn(folder: Path, count: int) -> list[str]:
    """So many names by chance, among those whose tests take longest by mutmut's own measurement."""
    said = json.loads((folder / "mutmut-stats.json").read_text(encoding="utf-8"))
    times, tests = said["duration_by_test"], said["tests_by_mangled_function_name"]
    found = []
    for file in sorted(folder.rglob("*.meta")):
        if _room(file, folder) in SLOW_ROOMS:
            for name in json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]:
                changed = tests.get(re.sub(r"__mutmut_\d+$", "", name), [])
                found.append((sum(times.get(test, 0.0) for test in changed), name))
    slow = [name for _, name in sorted(found)[-SLOWEST:]]
    random.Random(SEED).shuffle(slow)
    return slow[:count]


def _room(file: Path, folder: Path) -> str:
    below = file.relative_to(folder / CORE)
    return below.parts[0] if below.parts[0] != "base" else "/".join(below.parts).removesuffix(".py.meta")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("mutants"))
    parser.add_argument("--survivors", metavar="ROOM")
    parser.add_argument("--draw", type=int, metavar="COUNT")
    options = parser.parse_args()
    if options.draw:
        print(*drawn(options.folder, options.draw), sep="\n")  # noqa: T201
        return
    if options.survivors:
        print(*survivors(options.folder, options.survivors), sep="\n")  # noqa: T201
        return
    print("| room | mutants |", " | ".join(COLUMNS), "|")  # noqa: T201
    print("|---" * (len(COLUMNS) + 2) + "|")  # noqa: T201
    for room, counts in ends(options.folder).items():
        print(f"| {room} | {counts.total()} |", " | ".join(str(counts[end]) for end in COLUMNS), "|")  # noqa: T201


if __name__ == "__main__":
    main()
