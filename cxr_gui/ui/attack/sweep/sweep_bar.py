"""What a sweep is started with, and how far it is: epsilons, classifiers to compare, button, progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from cxr_gui.core.base import published
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.progress import Event
from cxr_gui.core.base.units import to_pixel
from cxr_gui.core.sweep import SweepProgress
from cxr_gui.ui.attack.sweep.beside import BesideButton
from cxr_gui.ui.attack.sweep.curves import Curves
from cxr_gui.ui.attack.sweep.sweep_menu import SweepMenu
from cxr_gui.ui.widgets.epsilon_fields import EpsilonsField
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import ELLIPSIS, button, check_box, label, named, row
from cxr_gui.ui.widgets.theme import GRID
from cxr_gui.ui.widgets.work_bar import WorkBar

if TYPE_CHECKING:
    from cxr_gui.core.sweep import UnfinishedSweep
    from cxr_gui.jobs import Job
    from cxr_gui.session import Session

REDRAW_MS = 100  # a growing curve need not be smoother, and the slider wants the time
ROOMY = 75 * GRID
"""Pixels from which on there is room for the name of the field of epsilons."""


class SweepBar(WorkBar):
    """Starts sweeps of the session's dataset with its attack, and while one runs says how far it is."""

    grew = Signal(object)  # Curves of the one that runs, at most ten times a second

    def __init__(
        self,
        session: Session,
        classifiers: Callable[[], list[tuple[str, Path]]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("sweep", "the sweep", parent)
        self._session = session
        self._whose = Curves("", ())  # the sweep that runs, without its points
        self._beside: list[Path] = []  # checkpoints whose turn is still to come
        self._latest: Event | None = None
        self._redraw = QTimer(self, interval=REDRAW_MS, singleShot=True)
        self._redraw.timeout.connect(self._grow)
        self.epsilons = EpsilonsField((to_pixel(each, "model") for each in published.EPSILONS), self)
        self._name_epsilons()
        least = ", ".join(f"{epsilon:g}" for epsilon in published.EPSILONS)
        self.epsilons.setMinimumWidth(self.epsilons.fontMetrics().horizontalAdvance(least) + 2 * GRID + 2)
        self._name = label("Epsilons", buddy=self.epsilons, parent=self)
        self._name.setMinimumWidth(1)  # it is hidden before there is no room for it
        tip = "Attack every test image at each epsilon and measure the accuracy"
        self.button = button("Attack the test set", "sweepButton", tip, parent=self)
        self.beside = BesideButton(session, classifiers, self)
        self.menu = SweepMenu(session, classifiers, self)
        tip = "Also look for each image's certified radius: up to it no attack can change the decision"
        self.certify = check_box(
            "Certify", "certifyToggle", tip, words="Certify in the next sweep", parent=self
        )
        idle = QWidget()
        start = row(self.button, self.menu, gap=0)
        row(start, self.beside, self._name, (self.epsilons, 1), self.certify, gap=GRID // 2, on=idle)
        self.start_with(idle)
        self.button.clicked.connect(self.start)
        epsilons().changed.connect(self._name_epsilons)

    def _name_epsilons(self) -> None:
        unit = epsilons().name
        words, tip = f"Epsilons of the sweep in {unit}", f"The epsilons to attack at, in {unit}"
        named(self.epsilons, "sweepEpsilons", words, tip)

    def start(self) -> None:
        """Sweep with the session's attack over the epsilons in the field."""
        chosen = self.chosen()
        if chosen is not None:
            self._beside = self.beside.files()
            self._start(chosen)

    def chosen(self) -> Sequence[float] | None:
        """Those in the field; None, and said why, where they make no sense."""
        try:
            return self.epsilons.chosen()
        except SettingsError as error:
            self._session.tell_error(error)
            return None

    def go_on(self, sweep: UnfinishedSweep) -> None:
        """Finish a sweep that was interrupted."""
        asked, used = sweep.asked, self._session.classifier
        file = Path(asked["classifier"])
        self._beside = []
        job = self._session.sweeping.go_on(sweep)
        self._follow(job, file.stem, asked["attack"], asked["threat"], used is not None and used.file == file)

    def _start(self, chosen: Sequence[float], beside: Path | None = None) -> None:
        """Begin a sweep, and the next one when it is done."""
        session = self._session
        job = session.sweeping.start(chosen, beside=beside, certify=self.certify.isChecked())
        if job is not None:
            used = session.classifier
            of = beside.stem if beside is not None else used.name if used is not None else ""
            self._follow(job, of, session.setting.attack, session.setting.threat, beside is None)
            job.done.connect(lambda _: self._sweep_beside(chosen))

    def _follow(self, job: Job, of: str, attack: str, threat: str, in_use: bool) -> None:
        """Show a sweep while it runs."""
        self._latest = None  # not the points of the one before it
        parts = (of, self._attack_title(attack), threat, ELLIPSIS)
        self._whose = Curves(f"{of}: {', '.join(parts[1:])}", (), parts=parts, in_use=in_use)
        self.follow(job)
        job.events.connect(self._keep)

    def _sweep_beside(self, chosen: Sequence[float]) -> None:
        if self._beside:
            self._start(chosen, self._beside.pop(0))

    def _attack_title(self, name: str) -> str:
        catalog = self._session.catalog
        return next((c.title for c in catalog.attacks if c.name == name), name) if catalog else name

    def _keep(self, events: list[Event]) -> None:
        self._latest = events[-1]
        if not self._redraw.isActive():
            self._redraw.start()

    def _grow(self) -> None:
        latest = self._latest
        if isinstance(latest, SweepProgress) and latest.points and self._job is not None:
            self.grew.emit(replace(self._whose, points=latest.points))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._name.setVisible(self.width() >= ROOMY)
