"""The training tab with a session of its own and a dozen films, and all that happens on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.base import progress
from cxr_gui.core.base.progress import Event
from cxr_gui.core.demo.folder import write_demo
from cxr_gui.jobs.job import Job
from cxr_gui.session.lanes import Lane
from cxr_gui.session.session import Session
from cxr_gui.session.values import Message
from cxr_gui.ui.training.tab import TrainingTab
from cxr_gui.ui.widgets.settings import Settings
from tests.support.hands import LEFT, PATIENCE

TRAIN_FILMS = 12


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "films"
    return progress.run(write_demo(folder, train=TRAIN_FILMS, test=4))


@dataclass
class Bench:
    """A training tab with a session of its own, and all that happened on it."""

    qtbot: QtBot
    settings: Settings
    session: Session = field(default_factory=Session)
    messages: list[Message] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session.messageRaised.connect(self.messages.append)
        self.session.jobStarted.connect(self._follow)
        self.tab = TrainingTab(self.session, self.settings)
        self.tab.resize(1280, 700)
        self.qtbot.addWidget(self.tab)

    def _follow(self, job: Job) -> None:
        if job.name == "training":
            job.events.connect(self.events.extend)

    def open(self, data: Path) -> Bench:
        with self.qtbot.waitSignal(self.session.catalogChanged, timeout=PATIENCE):
            self.session.opening.catalog()
        with self.qtbot.waitSignal(self.session.datasetChanged, timeout=PATIENCE):
            self.session.opening.dataset(data)
        return self

    def click(self, name: str) -> None:
        button = self.tab.findChild(QPushButton, name)
        assert button.isEnabled(), button.toolTip()
        self.qtbot.mouseClick(button, LEFT)

    def button(self, name: str) -> QPushButton:
        return self.tab.findChild(QPushButton, name)

    def train(self, until: Callable[[list[Event]], bool]) -> Job:
        """Click Train and wait until the events of one delivery are so."""
        self.click("trainButton")
        job = self.session.job(Lane.TRAINING)
        self.qtbot.waitUntil(lambda: until(self.events), timeout=PATIENCE)
        return job

    def of(self, kind: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def new_bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[], Bench]]:
    """Makes benches that remember the same things, like starts of the program."""
    create_application([])
    benches = []

    def make() -> Bench:
        settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
        settings.store.set_value("training/runs_folder", str(tmp_path / "runs"))
        settings.store.set_value("training/architecture", "compact_cnn")
        benches.append(Bench(qtbot, settings))
        return benches[-1]

    yield make
    for bench in benches:
        assert bench.session.close(30_000)


@pytest.fixture
def bench(new_bench: Callable[[], Bench], data: Path) -> Bench:
    bench = new_bench().open(data)
    bench.tab.findChild(QSpinBox, "epochsBox").setValue(1)
    bench.tab.findChild(QSpinBox, "batchSizeBox").setValue(4)
    return bench
