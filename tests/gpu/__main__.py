"""Everything that only a GPU can show, in one go: the suite beside this file, and the aims' numbers.

    python -m tests.gpu OUT [--device auto] [--data FOLDER] [--seconds 235]
    python -m tests.gpu OUT --device cpu --small      # rehearsed on the processor: its numbers mean nothing

Writes OUT/gpu.json and OUT/gpu.md. Each part runs in a process of its own, for so long at most; one that
fails or takes too long is recorded with what it said last, and the others go on. The suite needs pytest, the
window PySide6; where one is missing, that is what is recorded. Exit code 1 when a part or a test failed. An
aim that is missed is no failure: it is marked.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from cxr_gui.core.base import device as devices
from cxr_gui.core.training.replay import VARIABLE
from tests.gpu.made import DEVICE_VARIABLE, REPORT_VARIABLE, SMALL_VARIABLE
from tests.support.places import ROOT
from tests.support.processes import end

LIMITS = {"sweeps": 45.0, "training": 50.0, "window": 70.0, "study": 60.0, "suite": 150.0}
"""Seconds that each part may take; the last one has what is left."""


@dataclass
class Told:
    """What a part came to. rows: as `parts.Row`; tests: as conftest.py writes them."""

    part: str
    outcome: str = "done"
    seconds: float = 0.0
    why: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    tests: list[dict[str, Any]] = field(default_factory=list)


def ran(words: Sequence[object], limit: float, environment: dict[str, str]) -> tuple[str, str]:
    """How a Python process ended, "done", "failed" or "out of time" with all it started; its last line."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(
            [sys.executable, *map(str, words)],
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={VARIABLE: "1", **os.environ, **environment},
        )
        try:
            outcome = "failed" if process.wait(limit) else "done"
        except subprocess.TimeoutExpired:
            outcome = "out of time"
        finally:
            if process.poll() is None:
                end(process.pid)
                process.wait()
        said.seek(0)
        lines = said.read().strip().splitlines()
    return outcome, lines[-1] if outcome != "done" and lines else ""


def measured(part: str, limit: float, options: argparse.Namespace, device: torch.device, place: Path) -> Told:
    """One part, with the rows that it had written when it ended."""
    if part == "study" and options.data is None:
        return Told(part, "skipped", why="no folder of X-rays was named (--data)")
    start = time.monotonic()
    told, answer = Told(part), place / f"{part}.jsonl"
    answer.touch()
    if part == "suite":
        words: list[object] = ["-m", "pytest", "-q", "-c", "tests/gpu/pytest.ini", "tests/gpu"]
        words += ["-k", options.k] if options.k else []
        chosen = {DEVICE_VARIABLE: device.type, REPORT_VARIABLE: str(answer)}
        small = {SMALL_VARIABLE: "1"} if options.small else {}
        told.outcome, told.why = ran(words, limit, chosen | small)
        told.tests = [json.loads(line) for line in answer.read_text(encoding="utf-8").splitlines()]
    else:
        words = ["-m", "tests.gpu.parts", part, answer, "--device", device.type]
        words += ["--small"] if options.small else []
        words += ["--data", options.data.resolve()] if options.data else []
        told.outcome, told.why = ran(words, limit, {})
        told.rows = json.loads(answer.read_text(encoding="utf-8") or "[]")
    if told.why.startswith("ModuleNotFoundError") or "No module named pytest" in told.why:
        told.outcome = "skipped"
    told.seconds = round(time.monotonic() - start, 1)
    return told


def machine(device: torch.device) -> dict[str, Any]:
    return {
        "device": devices.describe(device),
        "kind": device.type,
        "cards": torch.cuda.device_count(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "system": platform.platform(),
    }


def table(here: dict[str, Any], parts: Sequence[Told], *, small: bool) -> str:
    """All of it as Markdown."""
    lines = [
        "# On this GPU" if not small else "# A rehearsal: these numbers mean nothing",
        "",
        f"{here['device']}, {here['cores']} cores, Python {here['python']}, PyTorch {here['torch']}",
        "",
        "| what | value | aim | met |",
        "|---|---|---|---|",
    ]
    for row in (row for part in parts for row in part.rows):
        value = "not measured" if row["value"] is None else f"{row['value']:,.4g} {row['unit']}"
        met = {True: "yes", False: "no", None: ""}[None if small else row["met"]]
        lines.append(f"| {row['what'].strip()} | {value} | {row['aim']} | {met} |")
    lines += ["", "| part | outcome | seconds | |", "|---|---|---|---|"]
    lines += [f"| {part.part} | {part.outcome} | {part.seconds:g} | {part.why} |" for part in parts]
    tests = [test for part in parts for test in part.tests]
    counts = Counter(test["outcome"] for test in tests)
    skips = Counter(test["why"] for test in tests if test["outcome"] == "skipped")
    lines += [
        "",
        f"Tests: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped",
        "",
    ]
    lines += [f"- skipped {count}: {why}" for why, count in skips.items()]
    for test in tests:
        words = [f"{name} {number}" for name, number in test["numbers"].items()]
        if test["outcome"] == "failed":
            words.append(" ".join(test["why"].split())[:300])
        if words:
            lines.append(f"- {test['outcome']} {test['test']}: {'; '.join(words)}")
    return "\n".join(lines) + "\n"


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--small", action="store_true", help="little of everything, to rehearse")
    parser.add_argument("--data", type=Path, help="a folder of X-rays for `study`")
    parser.add_argument("--parts", nargs="+", choices=list(LIMITS), default=list(LIMITS))
    parser.add_argument("-k", help="which tests of the suite, as pytest takes it")
    parser.add_argument("--seconds", type=float, default=235.0, help="that all parts together may take")
    options = parser.parse_args(words)
    device = devices.choose(options.device)
    if device.type == "cpu" and options.device != "cpu":
        parser.error("there is no GPU here; name --device cpu to rehearse")
    options.out.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + options.seconds
    parts: list[Told] = []
    with tempfile.TemporaryDirectory() as place:
        for part in options.parts:
            limit = (
                min(LIMITS[part], until - time.monotonic()) if not options.small else until - time.monotonic()
            )
            parts.append(measured(part, max(limit, 1.0), options, device, Path(place)))
            here = machine(device)
            document = {"machine": here, "small": options.small, "parts": [asdict(one) for one in parts]}
            (options.out / "gpu.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
            (options.out / "gpu.md").write_text(table(here, parts, small=options.small), encoding="utf-8")
    sys.stdout.write((options.out / "gpu.md").read_text(encoding="utf-8"))
    return int(any(part.outcome not in ("done", "skipped") for part in parts))


if __name__ == "__main__":
    sys.exit(main())
