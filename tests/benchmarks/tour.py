"""The whole window on a scripted tour: `python -m tests.benchmarks.tour DATA [--copies 18] [--keep DIR]`.

Opens 100,000 images (hard links of DATA's), scrolls and filters them, inspects one, drags epsilon, blinks,
trains on every tenth of DATA's, pauses, sweeps while it trains, drags again, exports, cancels, and closes
while it still trains; with `--queue` a queue of trainings and sweeps is at work beside all that. For each
station it prints how long the window did not answer: the gap between two ticks of a timer on the GUI thread,
less the timer's interval, and what the GUI thread itself computed in one.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QPushButton, QSlider, QSpinBox

from cxr_gui.session.lanes import Lane
from cxr_gui.ui.window.main_window import MainWindow
from tests.benchmarks.folder_speed import link, place_for
from tests.benchmarks.heartbeat import Heart, percentile, wait_until
from tests.benchmarks.real_window import open_window
from tests.benchmarks.slider_latency import drag
from tests.support.patience import LONG

MOST_GAP, MOST_USUAL_GAP = 50, 20  # milliseconds; the worst and the 99th percentile
EVERY = 10
FRAMES = 200


class Tour:
    """The window, its heart, and all gaps of the stations so far."""

    def __init__(self, window: MainWindow) -> None:
        self.window, self.session, self.heart = window, window.session, Heart()
        self.gaps: list[float] = []

    @contextmanager
    def station(self, name: str) -> Iterator[None]:
        """Prints the gaps of what is done within."""
        self.heart.clear()
        start = time.perf_counter()
        yield
        QCoreApplication.processEvents()
        seconds = time.perf_counter() - start
        QTest.qWait(30)  # for the tick that tells of the last moments
        say(name, self.heart.gaps, f"computed {max(self.heart.computed):5.1f} ms, took {seconds:6.2f} s")
        self.gaps += self.heart.gaps

    def click(self, name: str) -> None:
        QTest.mouseClick(self.window.findChild(QPushButton, name), Qt.MouseButton.LeftButton)

    def open(self, path: Path) -> None:
        before = id(self.session.dataset)  # to hold it would be to take it apart here, on the GUI thread
        self.window.open_paths([path])
        wait_until(lambda: id(self.session.dataset) != before)


def queue_up(tour: Tour, folder: Path, private: Path) -> None:
    """Trainings and sweeps, more of them than there is time for, and their dialog beside the window."""
    window, queueing = tour.window, tour.session.queueing
    queueing.folder = private / "queued"
    tour.open(folder)
    window.training_tab.menu.queue(seeds=6)
    window.attack_tab.sweep.bar.menu.queue()
    wait_until(lambda: len(queueing.jobs) > 6)
    window.queue.show_queue()
    with tour.station("starting the queue"):
        queueing.start()
        wait_until(lambda: queueing.latest is not None)


def say(name: str, gaps: list[float], more: str) -> None:
    sys.stdout.write(
        f"{name:<42} worst gap {max(gaps):6.1f} ms, 99 % within {percentile(gaps):5.1f} ms; {more}\n"
    )
    sys.stdout.flush()


def browse(tour: Tour, folder: Path) -> None:
    tab = tour.window.dataset_tab
    with tour.station("opening the large folder"):
        tour.open(folder)
    sys.stdout.write(f"  {len(tour.session.dataset.records):,} images\n")
    with tour.station("scrolling"):
        bar = tab.grid.verticalScrollBar()
        for _ in range(FRAMES):
            bar.setValue(bar.value() + 400)
            QTest.qWait(EVERY)
    with tour.station("filtering"):
        for words in ("virus", "person1 bacteria", ""):
            tab.filters.search.setText(words)
            QTest.qWait(EVERY)
        for index in (1, 0):
            tab.filters.split.setCurrentIndex(index)
            QTest.qWait(EVERY)
    with tour.station("inspecting an image"):
        record = tab.model.record(0)
        tour.window.inspect(record.path, record.label)
        wait_until(lambda: tour.session.inspection is not None and tour.session.job(Lane.TRACE) is None)


def handle(tour: Tour, when: str) -> None:
    """Epsilon dragged, clean and perturbed alternating."""
    tab = tour.window.attack_tab
    tour.window.tabs.setCurrentWidget(tab)
    with tour.station(f"dragging epsilon{when}"):
        for number in range(4):
            drag(tab.findChild(QSlider, "epsilonSlider"), tour.session, number)
    with tour.station(f"blinking{when}"):
        tab.setFocus()
        QTest.keyPress(tab, Qt.Key.Key_Space)
        QTest.qWait(1500)
        QTest.keyRelease(tab, Qt.Key.Key_Space)


def work(tour: Tour, folder: Path, private: Path) -> None:
    window, session = tour.window, tour.session
    with tour.station("opening the small folder"):
        tour.open(folder)
    with tour.station("going to the training tab"):
        window.tabs.setCurrentWidget(window.training_tab)
        QTest.qWait(200)  # as long as it takes a person at least, from a tab to the button on it
    boxes = {box.objectName(): box for box in window.findChildren(QComboBox)}
    boxes["architectureBox"].setCurrentIndex(boxes["architectureBox"].findData("compact_cnn"))
    window.findChild(QSpinBox, "epochsBox").setValue(200)
    seen: list[object] = []
    session.jobStarted.connect(lambda job: job.events.connect(seen.extend))
    with tour.station("preparing pixels, training"):
        tour.click("trainButton")
        wait_until(lambda: window.training_tab.watch.table.rowCount() >= 2)
    with tour.station("pausing, going on"):
        tour.click("pauseButton")
        QTest.qWait(500)
        tour.click("pauseButton")
        QTest.qWait(500)
    swept: list[object] = []
    session.sweepChanged.connect(swept.append)
    with tour.station("a sweep while it trains"):
        window.sweep()
        wait_until(lambda: bool(swept))
    handle(tour, " while it trains")
    with tour.station("exporting while it trains"):
        job = session.exporting.sweeps(private / "export")
        wait_until(lambda: job.outcome is not None)
    window.sweep()
    wait_until(lambda: session.job(Lane.SWEEP) is not None)
    QTest.qWait(500)
    with tour.station("cancelling a sweep"):
        job, start = session.job(Lane.SWEEP), time.perf_counter()
        tour.click("sweepCancelButton")
        acknowledged = 1000 * (time.perf_counter() - start)
        wait_until(lambda: job.outcome is not None)
        ended = 1000 * (time.perf_counter() - start)
    sys.stdout.write(f"  acknowledged after {acknowledged:.0f} ms, over after {ended:.0f} ms\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--copies", type=int, default=18)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--queue", action="store_true", help="with a queue at work")
    options = parser.parse_args()
    with (
        place_for(options.data, options.keep) as large,
        place_for(options.data, None) as small,
        tempfile.TemporaryDirectory(prefix="cxr-gui-") as name,
    ):
        private = Path(name)
        link(options.data, large, options.copies)
        link(options.data, small, 1, every=10)
        window = open_window(private)
        window.open_paths([shipped_classifier()])
        wait_until(lambda: window.session.catalog is not None and window.session.classifier is not None)
        tour = Tour(window)
        if options.queue:
            queue_up(tour, small, private)
        browse(tour, large)
        handle(tour, "")
        work(tour, small, private)
        say("the whole tour", tour.gaps, f"limits {MOST_GAP} and {MOST_USUAL_GAP} ms")
        run, start = window.training_tab.form.folder, time.perf_counter()
        window.close()
        closed = window.session.close(LONG)
        seconds = time.perf_counter() - start
        kept = (run / "last.ckpt").is_file()
        sys.stdout.write(f"closed while training in {seconds:.1f} s; all stopped: {closed}; kept: {kept}\n")


def shipped_classifier() -> Path:
    from cxr_gui.core.demo.folder import demo_classifier_path

    return demo_classifier_path()


if __name__ == "__main__":
    main()
