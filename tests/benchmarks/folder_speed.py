"""A folder of 116,800 radiographs: `python -m tests.benchmarks.folder_speed DATA [--copies 20] [--keep DIR]`.

Makes hard links of every image of DATA, twenty of each, in a folder beside it (or in DIR, kept for next
time), and prints, with the limit of each:

- how long indexing takes from a warm disk, how much memory, and how long again when nothing or one folder
  has changed;
- in the real window: how soon after opening the indexed folder the first thumbnails and all visible ones are
  there, with thumbnails of an earlier start and without; the longest the window does not answer meanwhile;
- scrolling through all of it, while thumbnails are read: the median and the longest frame, from the scroll
  bar's move to the painted cells with all that came in between; beside them the most that the GUI thread
  itself computed in one, because on a machine with few cores the rest is other threads' and programs' time;
- filtering: how long from typing or choosing to the new rows.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QSettings

from cxr_gui.app import create_application, create_window
from cxr_gui.core.base import progress
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.records import Dataset
from cxr_gui.ui.window.main_window import MainWindow
from tests.benchmarks.heartbeat import Heart, wait_until
from tests.support.patience import LONG

STEPS = 300
SCAN = """
import sys, time
from cxr_gui.core import progress
from cxr_gui.core.data.dataset import scan

def memory(word):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(word))

before, start = memory("VmRSS"), time.perf_counter()
dataset = progress.run(scan(sys.argv[1]))
print(time.perf_counter() - start, memory("VmHWM") - before, len(dataset.records))
"""


def tell(what: str, value: float, unit: str, limit: float | None = None) -> None:
    verdict = "" if limit is None else f"   {'within' if value <= limit else 'OVER'} {limit:g} {unit}"
    sys.stdout.write(f"{what:<58}{value:>10.1f} {unit}{verdict}\n")
    sys.stdout.flush()


def link(data: Path, folder: Path, copies: int, every: int = 1) -> None:
    """Hard links of DATA's images, `copies` of every so many-th, below its classes: their names stay."""
    files = [file for file in sorted(data.rglob("*")) if file.is_file()]
    for file in files[::every]:
        if len(file.relative_to(data).parts) < 3:
            continue
        split, label, *_, name = file.relative_to(data).parts
        for copy in range(copies):
            place = folder / split / label / f"part{copy:02}"
            place.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.link(file, place / name)


@contextlib.contextmanager
def place_for(data: Path, keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="cxr-links-", dir=data.resolve().parent) as folder:
        yield Path(folder)


def index(folder: Path) -> Dataset:
    """Prints what indexing costs; returns the index."""
    for turn in ("indexing, first time", "indexing, warm disk"):
        done = subprocess.run(
            [sys.executable, "-c", SCAN, str(folder)], capture_output=True, text=True, check=True
        )
        seconds, megabytes, number = (float(word) for word in done.stdout.split())
        tell(f"{turn}: {number:,.0f} files", seconds, "s", 3.0 if "warm" in turn else None)
    tell("memory for it", megabytes, "MiB", 200)
    first = progress.run(scan(folder))
    tell(
        "indexing again, nothing changed",
        _milliseconds(lambda: progress.run(scan(folder, previous=first))),
        "ms",
    )
    tell("its columns, made on the lane that scans", _milliseconds(lambda: first.columns.make_all()), "ms")
    changed = next(parts for parts, listing in first.listings.items() if listing.files)
    os.utime(folder.joinpath(*changed))
    again = _milliseconds(lambda: progress.run(scan(folder, previous=first)))
    tell("indexing again, one folder changed", again, "ms")
    return first


def open_in(window: MainWindow, heart: Heart, dataset: Dataset, words: str) -> None:
    """Hand the window an indexed folder, as the session does, and wait for the visible thumbnails."""
    tab = window.dataset_tab
    heart.clear()
    start = time.perf_counter()
    window.session.set_dataset(dataset)
    shown = time.perf_counter() - start
    wait_until(lambda: any(tab.thumbnails.get(path) for path in _visible(window)))
    first = time.perf_counter() - start
    wait_until(lambda: all(tab.thumbnails.get(path) for path in _visible(window)))
    tell(f"{words}: the window has the records after", 1000 * shown, "ms")
    tell(f"{words}: the first thumbnail after", 1000 * first, "ms", 300)
    number = len(_visible(window))
    tell(f"{words}: all {number} visible ones after", 1000 * (time.perf_counter() - start), "ms")
    tell(f"{words}: the window did not answer for at most", max(heart.gaps), "ms")


def _visible(window: MainWindow) -> list[str]:
    tab = window.dataset_tab
    return [tab.model.record(row).path for row in tab.grid.visible_rows()]


def scroll(window: MainWindow, words: str, step: int) -> None:
    """Scroll by `step` pixels a frame; thumbnails arrive meanwhile, as they do."""
    bar = window.dataset_tab.grid.verticalScrollBar()
    bar.setValue(0)
    QCoreApplication.processEvents()
    frames, computed = [], []
    for _ in range(STEPS):
        start, worked = time.perf_counter(), time.thread_time()
        bar.setValue(bar.value() + step)
        QCoreApplication.processEvents()  # which paints it
        frames.append(1000 * (time.perf_counter() - start))
        computed.append(1000 * (time.thread_time() - worked))
    tell(f"{words}: a frame, median", statistics.median(frames), "ms")
    tell(f"{words}: the longest frame", max(frames), "ms", 50)
    tell(f"{words}: the most that the GUI thread computed in one", max(computed), "ms", 10)


def filters(window: MainWindow) -> None:
    """Through the controls, as a hand would."""
    bar = window.dataset_tab.filters
    search, patient, split, label = bar.search, bar.patient, bar.split, bar.label
    choices: dict[str, Callable[[], object]] = {
        "search: virus": lambda: search.setText("virus"),
        "search: two words": lambda: search.setText("person1 bacteria"),
        "search: cleared": search.clear,
        "patient": lambda: patient.setText("person12"),
        "patient: cleared": patient.clear,
        "split": lambda: split.setCurrentIndex(1),
        "split and class": lambda: label.setCurrentIndex(1),
    }
    for words, choose in choices.items():
        start = time.perf_counter()
        choose()
        window.dataset_tab.grid.viewport().repaint()
        took = 1000 * (time.perf_counter() - start)
        tell(f"filter, {words}: {window.dataset_tab.model.rowCount():,} rows after", took, "ms", 200)


def _milliseconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with (
        place_for(options.data, options.keep) as folder,
        tempfile.TemporaryDirectory(prefix="cxr-gui-") as private,
    ):
        link(options.data, folder, options.copies)
        dataset = index(folder)
        os.environ["CXR_CACHE"] = private
        application = create_application([])
        settings = QSettings(str(Path(private) / "settings.ini"), QSettings.Format.IniFormat)
        window = create_window(settings)
        window.resize(1280, 800)
        window.show()
        window.tabs.setCurrentWidget(window.dataset_tab)
        wait_until(lambda: window.session.catalog is not None)
        heart = Heart()
        open_in(window, heart, dataset, "no thumbnail on disk")
        scroll(window, "scrolling by lines", 40)
        scroll(window, "scrolling far", 20_000)
        open_in(window, heart, dataset, "thumbnails on disk")
        filters(window)
        window.close()
        window.session.close(LONG)
        application.quit()


if __name__ == "__main__":
    main()
