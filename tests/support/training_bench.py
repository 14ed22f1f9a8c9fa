"""The training tab with a session of its own and a dozen films, and all that happens on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cxr_gui.core.base.progress import Event
from cxr_gui.jobs.job import Job
from cxr_gui.session.lanes import Lane
from cxr_gui.session.session import Session
from cxr_gui.session.values import Message
from cxr_gui.ui.training.tab import TrainingTab
from cxr_gui.ui.widgets.settings import Settings
from tests.support.hands import LEFT
from tests.support.patience import PATIENCE

TRAIN_FILMS = 12


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
