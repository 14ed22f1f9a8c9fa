"""How the window feels: the longest it does not answer, and how soon a moved slider is answered.

    python -m tests.benchmarks.slider_latency [--model compact_cnn] [--images 200]

A heartbeat timer ticks on the GUI thread while the epsilon slider is dragged to and fro, first alone, then
while a sweep runs, then while a sweep and a training run. A gap is the time between two ticks less the
timer's own interval; what the GUI thread itself computed in it is shown beside it, because on a busy machine
a gap can be other programs' time. The latency is that from the last move of a drag to the inspection that it
asked for. The sliders of how the film is handled are dragged too, alone: each of their moves asks for another
film, whose gradient is taken anew.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import torch
from PIL import Image
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtWidgets import QSlider

from cxr_gui.app import create_application
from cxr_gui.core.base.progress import Event
from cxr_gui.core.demo.film import radiograph
from cxr_gui.core.models.checkpoint import save
from cxr_gui.core.models.registry import create
from cxr_gui.core.study.pipeline import study_config
from cxr_gui.core.training.events import BatchDone
from cxr_gui.session.lanes import Lane
from cxr_gui.session.session import Session
from cxr_gui.ui.attack.tab import AttackTab
from cxr_gui.ui.widgets.settings import Settings
from tests.benchmarks.heartbeat import Heart, summary, wait_until

MOVES_PER_SECOND = 60
MOVES = 45
DRAGS = 8


def drag(slider: QSlider, session: Session, number: int) -> float:
    """Move the slider through its range; seconds from the last move to its inspection."""
    steps = np.linspace(slider.minimum() + 1, slider.maximum() - number, MOVES).astype(int)
    pending = list(steps if number % 2 == 0 else steps[::-1])
    timer = QTimer(interval=1000 // MOVES_PER_SECOND, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: slider.setValue(int(pending.pop(0))) if pending else timer.stop())
    timer.start()
    wait_until(lambda: not pending)
    moved = time.perf_counter()
    wait_until(
        lambda: (
            session.inspection is not None
            and session.inspection.epsilon == session.setting.epsilon
            and session.inspection.handling == session.handling
        )
    )
    return time.perf_counter() - moved


def measure(title: str, slider: QSlider, session: Session) -> None:
    heart = Heart()
    latencies = np.array([drag(slider, session, number) for number in range(DRAGS)]) * 1000
    sys.stdout.write(
        f"{title}\n"
        f"  gaps of the GUI thread      {summary(heart.gaps)}\n"
        f"  of which it computed        {summary(heart.computed)}\n"
        f"  last move to inspection     median {np.median(latencies):.1f}, worst {latencies.max():.1f} ms\n"
    )


def write_films(folder: Path, count: int) -> None:
    """Splits of synthetic radiographs, `count` in each; a few are drawn and repeated under other names."""
    for positive, label in enumerate(("NORMAL", "PNEUMONIA")):
        films = [radiograph(0, index, positive=bool(positive)) for index in range(4)]
        for split in ("train", "test"):
            (folder / split / label).mkdir(parents=True)
            for number in range(count // 2):
                film = Image.fromarray(np.round(films[number % 4] * 255).astype(np.uint8))
                film.save(folder / split / label / f"{split}{number}_virus_{number}.png")


def sweeping(tab: AttackTab, session: Session) -> None:
    """Begin a sweep, or go on with the one that runs, and wait for its first points."""
    if session.job(Lane.SWEEP) is None:
        tab.sweep.start()
        wait_until(lambda: getattr(tab.sweep.bar._latest, "points", ()) != ())


def training(session: Session, folder: Path, model: str) -> None:
    """Train, for longer than anybody measures, and wait for the first batch."""
    config = study_config(demo=True, architecture=model, epochs=10_000)
    job = session.training.start(config, folder)
    begun: list[Event] = []
    if job is not None:
        job.events.connect(begun.extend)
    wait_until(lambda: any(isinstance(event, BatchDone) for event in begun))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="compact_cnn")
    parser.add_argument("--images", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["CXR_CACHE"] = str(folder / "cache")
        write_films(folder / "films", options.images)
        torch.manual_seed(0)
        save(create(options.model), folder / "model.safetensors")
        create_application()
        session = Session()
        tab = AttackTab(session, Settings(QSettings(str(folder / "s.ini"), QSettings.Format.IniFormat)))
        tab.resize(1280, 700)
        tab.show()
        session.opening.catalog()
        session.opening.classifier(folder / "model.safetensors")
        session.opening.dataset(folder / "films")
        wait_until(lambda: session.inspection is not None and session.job(Lane.TRACE) is None)
        sys.stdout.write(
            f"{options.model}, {torch.get_num_threads()} torch threads, {os.cpu_count()} cores\n"
        )
        epsilon = tab.controls.epsilon.slider
        measure("slider alone", epsilon, session)
        measure("gamma alone", tab.controls.handling.sliders["gamma"].slider, session)
        measure("rotation alone", tab.controls.handling.sliders["rotation"].slider, session)
        for title, train in (("while a sweep runs", False), ("while a sweep and a training run", True)):
            if train:
                training(session, folder / "run", options.model)
            sweeping(tab, session)
            measure(title, epsilon, session)
            if session.job(Lane.SWEEP) is None:
                sys.stdout.write("the sweep ended before the slider did: use more --images\n")
        session.close()


if __name__ == "__main__":
    main()
