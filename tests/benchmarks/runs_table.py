"""The table of 10,000 runs: the worst frame of the window while it is scrolled, sorted and searched.

python -m tests.benchmarks.runs_table [--count 10000]      # exit code 1 where scrolling misses its aim
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings, Qt

from cxr_gui.app import create_application, create_window
from cxr_gui.core.runs import AtEpsilon, Entry

RECIPES = ("paper", "balanced", "robust-fgsm", "robust-pgd", "certified")
KINDS = ("run", "sweep", "study")
EPSILONS = (0.0, 0.005, 0.015, 0.025, 0.05)
LIMIT = 50.0
"""Milliseconds of a frame while it is scrolled."""


def made_entries(count: int) -> list[Entry]:
    """As many entries, three seeds of each setting, that differ in all columns."""
    chance = random.Random(0)
    return [
        Entry(
            KINDS[number % 3],
            folder=f"/runs/group-{number // 30}/run-{number}",
            name=f"group-{number // 30}/run-{number}",
            recipe=RECIPES[number % 5],
            architecture="compact_cnn",
            data="chest_xray",
            seed=number % 7,
            begun=1.7e9 + number,
            ended=1.7e9 + chance.random() * 1e7,
            metrics={"validation_auroc": chance.random(), "validation_balanced_accuracy": chance.random()},
            points=tuple(AtEpsilon(epsilon, 624, chance.random(), chance.random()) for epsilon in EPSILONS),
            attack="fgsm, rgb",
            settings=f"{number // 9}",
        )
        for number in range(count)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    count = parser.parse_args().count
    application = create_application()
    with tempfile.TemporaryDirectory() as folder:
        window = create_window(QSettings(str(Path(folder) / "s.ini"), QSettings.Format.IniFormat))
        window.resize(1920, 1080)
        window.show()
        while window.session.catalog is None:  # PyTorch would be loaded meanwhile
            application.processEvents()
        tab, table = window.runs_tab, window.runs_tab.table
        window.tabs.setCurrentWidget(tab)
        window.session.set_entries(tuple(made_entries(count)))
        application.processEvents()
        if tab.model.rowCount() != count:
            raise AssertionError("The table does not hold what was made for it.")

        def worst(steps: list[Callable[[], object]]) -> tuple[float, float]:
            """The longest time in milliseconds from a step to its frame, and of it at work."""
            took = []
            for step in steps:
                began, worked = time.perf_counter(), time.thread_time()
                step()
                table.viewport().repaint()
                application.processEvents()
                took.append((1000 * (time.perf_counter() - began), 1000 * (time.thread_time() - worked)))
            return max(wall for wall, _ in took), max(work for _, work in took)

        orders = (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder)
        columns = range(len(tab.model.columns))
        rows = range(0, count, max(count // 200, 1))
        found = {
            "scroll": worst([partial(table.verticalScrollBar().setValue, row) for row in rows]),
            "sort": worst(
                [partial(table.sortByColumn, place, order) for place in columns for order in orders]
            ),
            "search": worst([partial(tab.model.show_only, text, "") for text in _typed("group-12 pgd")]),
            "kind": worst([partial(tab.model.show_only, "", kind) for kind in (*KINDS, "")]),
            "group": worst([partial(tab.model.set_grouped, on) for on in (True, False)]),
        }
        window.close()
    for name, (wall, work) in found.items():
        sys.stdout.write(f"{name:8} worst frame {wall:6.1f} ms, of which at work {work:6.1f} ms\n")
    return int(found["scroll"][0] > LIMIT)


def _typed(text: str) -> list[str]:
    return [text[:end] for end in range(1, len(text) + 1)]


if __name__ == "__main__":
    raise SystemExit(main())
