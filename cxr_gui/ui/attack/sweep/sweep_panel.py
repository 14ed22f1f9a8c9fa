"""The sweep: its epsilons, its button, its progress, and the chart that grows while it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from cxr_gui.core.base import published
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.progress import Clock, Event
from cxr_gui.core.base.units import parse_epsilons
from cxr_gui.core.sweep import SweepProgress
from cxr_gui.ui.attack.sweep.beside import BesideButton
from cxr_gui.ui.attack.sweep.chart import SweepChart
from cxr_gui.ui.attack.sweep.curves import Curves, sweep_title
from cxr_gui.ui.attack.sweep.flipped import FlippedList
from cxr_gui.ui.attack.sweep.legend import Legend
from cxr_gui.ui.widgets.factories import button, check_box, column, field, label, progress, row, scroll

if TYPE_CHECKING:
    from cxr_gui.core.sweep import SweepResult
    from cxr_gui.jobs import Job
    from cxr_gui.session import Session

REDRAW_MS = 100  # a growing curve need not be smoother, and the slider wants the time
HINT = "Hover a point for its values; click it to list the images that flipped there."
EMPTY = "Sweep the test split to see how accuracy falls with epsilon."


class SweepPanel(QWidget):
    """Starts and shows sweeps of the session's dataset with its attack."""

    def __init__(
        self,
        session: Session,
        classifiers: Callable[[], list[tuple[str, Path]]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._job: Job | None = None
        self._job_title = ""
        self._beside: list[Path] = []  # checkpoints whose turn is still to come
        self._clock = Clock()
        self._done: list[Curves] = []
        self._growing: Curves | None = None
        self._latest: Event | None = None
        self._redraw = QTimer(self, interval=REDRAW_MS, singleShot=True)
        self._redraw.timeout.connect(self._grow)
        self.chart = SweepChart(self)
        self.legend = Legend(self)
        self.flipped = FlippedList(self)
        words, tip = "Epsilons of the sweep in model units", "The epsilons to sweep over, in model units"
        text = ", ".join(f"{epsilon:g}" for epsilon in published.EPSILONS)
        self.epsilons = field("sweepEpsilons", words, tip, text=text, parent=self)
        words = "Sweep the test split"
        tip = "Attack every test image at each epsilon and measure the accuracy"
        self.button = button("Sweep test split", "sweepButton", tip, words=words, parent=self)
        self.beside = BesideButton(session, classifiers, self)
        words = "Progress of the sweep"
        self.progress = progress("sweepProgress", words, figures=True, parent=self)
        self.state = label("", "sweepState", parent=self)
        tip = "Stop the sweep; the images it finished are kept"
        self.cancel = button("Cancel", "sweepCancelButton", tip, parent=self)
        self.readout = label(EMPTY, "sweepReadout", "muted", parent=self)
        tip = "Spread the small epsilons, where decisions flip; 0, which has no logarithm, stands at the left"
        self.log = check_box("Log", "logToggle", tip, words="Logarithmic epsilon axis", parent=self)
        tip = "Also look for each image's certified radius: up to it no attack can change the decision"
        self.certify = check_box(
            "Certify", "certifyToggle", tip, words="Certify in the next sweep", parent=self
        )
        self._top = QStackedWidget(self)
        self._side = QStackedWidget(self)
        self._lay_out()
        self.button.clicked.connect(self.start)
        self.cancel.clicked.connect(self._cancel)
        self.legend.choiceChanged.connect(self._draw)
        self.log.toggled.connect(self._draw)
        self.legend.cleared.connect(session.sweeping.clear)
        self.chart.pointHovered.connect(lambda words: self.readout.setText(words or self._hint()))
        self.chart.pointClicked.connect(self._list_flipped)
        self.flipped.closed.connect(lambda: self._side.setCurrentIndex(0))
        self.flipped.imageChosen.connect(self._open)
        session.sweepChanged.connect(self._take)
        self._draw()

    def _lay_out(self) -> None:
        name = label("Epsilons", buddy=self.epsilons, parent=self)
        idle, running = QWidget(), QWidget()
        row(self.button, self.beside, name, (self.epsilons, 1), gap=-1, on=idle)
        row((self.progress, 1), self.state, self.cancel, gap=-1, on=running)
        # Behind one another, not in turn: of another height, they would have the chart laid out anew.
        for each in (idle, running):
            self._top.addWidget(each)
        self._top.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._side.addWidget(scroll(self.legend, parent=self))
        self._side.addWidget(self.flipped)
        self._side.setFixedWidth(236)
        top, middle = (
            row((self._top, 1), self.certify, self.log, gap=-1),
            row((self.chart, 1), self._side, gap=-1),
        )
        column(top, (middle, 1), self.readout, gap=-1, on=self)
        self.setTabOrder(self.certify, self.log)

    # -- running -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Sweep with the session's attack over the epsilons in the field."""
        try:
            epsilons = parse_epsilons(self.epsilons.text())
        except SettingsError as error:
            self._session.tell_error(error)
            return
        self._beside = self.beside.files()
        self._follow(self._start(epsilons), epsilons)

    def _start(self, epsilons: Sequence[float], beside: Path | None = None) -> Job | None:
        return self._session.sweeping.start(epsilons, beside=beside, certify=self.certify.isChecked())

    def _follow(self, job: Job | None, epsilons: Sequence[float], of: str = "") -> None:
        """Show a sweep while it runs, and begin the next one when it is done."""
        if job is None:
            return
        self._job = job
        self._job_title = f"{of}{self._attack_title()}, {self._session.setting.threat}"
        self._clock.restart(0)
        self._top.setCurrentIndex(1)
        self.progress.setRange(0, 0)
        self.state.setText("Starting \N{HORIZONTAL ELLIPSIS}")
        job.events.connect(self._advance)
        job.ended.connect(lambda: self._end(job))
        job.done.connect(lambda _: self._sweep_beside(epsilons))

    def _sweep_beside(self, epsilons: Sequence[float]) -> None:
        if self._beside:
            file = self._beside.pop(0)
            self._follow(self._start(epsilons, file), epsilons, f"{file.stem}: ")

    def _attack_title(self) -> str:
        name, catalog = self._session.setting.attack, self._session.catalog
        return next((c.title for c in catalog.attacks if c.name == name), name) if catalog else name

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self.state.setText("Stopping \N{HORIZONTAL ELLIPSIS}")

    def _advance(self, events: list[Event]) -> None:
        event = events[-1]
        self.progress.advance(event.done, event.total)
        left = self._clock.seconds_left(event.done, event.total)
        of = "" if not event.total else f": {event.done} of {event.total}"
        self.state.setText(f"{event.stage}{of}" + ("" if left is None else f", {_time(left)} left"))
        self._latest = event
        if not self._redraw.isActive():
            self._redraw.start()

    def _grow(self) -> None:
        latest = self._latest
        if isinstance(latest, SweepProgress) and latest.points and self._job is not None:
            self._growing = Curves(f"{self._job_title} \N{HORIZONTAL ELLIPSIS}", latest.points)
            self._draw()

    def _end(self, job: Job) -> None:
        if job is self._job:
            self._job, self._latest = None, None
            self._top.setCurrentIndex(0)
            if self._growing is not None:  # it left nothing to keep, or `_take` had drawn that
                self._growing = None
                self._draw()

    # -- showing -----------------------------------------------------------------------------------------

    def curves(self) -> list[Curves]:
        """The finished sweeps, and the one that runs."""
        return self._done if self._growing is None else [*self._done, self._growing]

    def _take(self, result: SweepResult | None) -> None:
        """A sweep has ended, or all were cleared. One that was stopped has no bootstrap worked out yet."""
        if result is None:
            self._done = []
        else:
            points = result.points if result.complete else result.measure(replicates=0)
            self._done = [*self._done, Curves(sweep_title(result), points, result)]
        self._growing = None
        self._draw()

    def _draw(self) -> None:
        curves = self.curves()
        self.legend.name_sweeps(curves)
        self.chart.draw(curves, self.legend.quantities, self.legend.published, self.log.isChecked())
        self.readout.setText(self._hint())

    def _hint(self) -> str:
        return HINT if self.curves() else EMPTY

    def _list_flipped(self, curves: Curves, index: int) -> None:
        if self.flipped.show_point(curves, index):
            self._side.setCurrentWidget(self.flipped)

    def _open(self, name: str) -> None:
        dataset = self._session.dataset
        found = (
            []
            if dataset is None
            else [r for r in dataset.records if Path(r.path).as_posix().endswith(f"/{name}")]
        )
        if found:
            self._session.opening.image(found[0].path, found[0].label)
        else:
            self._session.tell(f"{name} is not in the dataset that is open now.", level="warning")


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
