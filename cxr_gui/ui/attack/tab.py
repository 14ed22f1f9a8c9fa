"""The attack tab: the radiograph's three views over its controls, its verdict and the sweep chart."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QSplitter, QStackedWidget, QWidget

from cxr_gui.session import Lane
from cxr_gui.ui.attack.export.exports import Exports
from cxr_gui.ui.attack.export.sheets import NOTICE
from cxr_gui.ui.attack.settings.controls import AttackControls
from cxr_gui.ui.attack.settings.remembered import AttackTabSettings
from cxr_gui.ui.attack.shifts.shift_panel import ShiftPanel
from cxr_gui.ui.attack.strip.dropped import LOW, DroppedImages
from cxr_gui.ui.attack.sweep.sweep_panel import SweepPanel
from cxr_gui.ui.attack.verdict.verdict import Verdict
from cxr_gui.ui.attack.viewer.explain_bar import ExplainBar
from cxr_gui.ui.attack.viewer.frame_bar import FrameBar
from cxr_gui.ui.attack.viewer.mouse import Bindings, ViewerSettings
from cxr_gui.ui.attack.viewer.toolbar import ViewerToolbar
from cxr_gui.ui.attack.viewer.views import LinkedViews
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.empty import EmptyState
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import ELLIPSIS, button, column, named, row
from cxr_gui.ui.widgets.theme import set_role

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset
    from cxr_gui.core.inspect import Inspection
    from cxr_gui.jobs import Job
    from cxr_gui.session import AttackSetting, OpenFilm, Session
    from cxr_gui.ui.widgets.settings import Settings

NO_CLASSIFIER = "There is no classifier yet: train one, or open a checkpoint."
ATTACKING = f"Attacking the radiograph {ELLIPSIS}"
USUAL_HEIGHT = 700  # of the tab in a window of 1280 x 800
BELOW = 315  # of that, what lies below the views; of more room the views get three quarters
SHARES = (24, 27, 49)  # of its width, for the controls, the verdict and the sweeps


class AttackTab(QWidget):
    """Shows what the session inspects and asks the session for it; the window for the demo study, for X-rays
    to open, for the keys, and for what is noted of the film."""

    demoRequested = Signal()
    imagesRequested = Signal()
    helpRequested = Signal()
    noteRequested = Signal()

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "attackTab")
        self._session, self._settings = session, settings
        self._splitter = QSplitter(Qt.Orientation.Vertical, self)
        self._viewer = QStackedWidget(self._splitter)
        self._shown, self._below = QWidget(self._viewer), QWidget(self._splitter)
        self.views = LinkedViews(self._shown)
        self.toolbar = ViewerToolbar(self.views, self._shown)
        self.exports = Exports(session, self)
        self.frames = FrameBar(session, self._shown)
        self.explain_bar = ExplainBar(session, self.views.look, self._shown)
        self._viewer_settings = ViewerSettings(settings.store, fresh=settings.fresh)
        self._tab_settings = AttackTabSettings(settings.store, fresh=settings.fresh)
        session.set_epsilon(self._tab_settings.epsilon)
        self.views.arrangement.show(self._tab_settings.views)
        self.views.look.set_bindings(Bindings.parse(self._viewer_settings.mouse))
        self.dropped = DroppedImages(session, self)
        self.filmstrip = self.dropped.filmstrip
        cards = (_card(self._below), _card(self._below), _card(self._below))
        self.controls = AttackControls(session, cards[0])
        self.verdict = Verdict(cards[1])
        self._sweeps = QStackedWidget(cards[2])
        known = self.controls.classifier.files
        self.sweep = SweepPanel(session, known, self, self._sweeps)
        self.shifts = ShiftPanel(session, known, self, self._sweeps)
        self._lay_out(cards)
        self.views.arrangement.changed.connect(self._arrange)
        self.views.stepRequested.connect(self.step)
        self.views.frameStepRequested.connect(self.frames.step)
        self.views.look.bindingsChanged.connect(self._remember_bindings)
        self.views.explainRequested.connect(self.explain_bar.toggle)
        self.toolbar.helpRequested.connect(self.helpRequested)
        self.toolbar.noteRequested.connect(self.noteRequested)
        self.sweep.shiftsRequested.connect(self.show_shifts)
        self.shifts.attackRequested.connect(lambda: self._show_sweeps(self.sweep))
        session.jobStarted.connect(self._follow_sweeps)
        session.explaining.changed.connect(self.views.show_explanation)
        session.explaining.methodChanged.connect(self.toolbar.show_explaining)
        session.filmChanged.connect(self._show_film)
        session.notesChanged.connect(self._show_note)
        session.inspectionChanged.connect(self._show_inspection)
        session.traceChanged.connect(self.verdict.trace.show_trace)
        session.proofChanged.connect(self.verdict.show_proof)
        self.verdict.trace.bracketChanged.connect(self.controls.epsilon.slider.show_bracket)
        session.settingChanged.connect(self._remember_epsilon)
        # After what else shows a dataset: all at once would keep the window busy
        session.datasetChanged.connect(lambda: QTimer.singleShot(1, self, self._show_something))
        self.controls.classifier.chosen.connect(self._remember_classifier)
        self.verdict.trace.epsilonChosen.connect(session.set_epsilon)
        epsilons().changed.connect(self._say_again)

    # -- layout ------------------------------------------------------------------------------------------

    def _lay_out(self, cards: tuple[QFrame, ...]) -> None:
        splitter, shown = self._splitter, self._shown
        splitter.addWidget(self._viewer)
        splitter.addWidget(self._below)
        splitter.setChildrenCollapsible(False)
        self._arranged = False
        splitter.splitterMoved.connect(lambda: setattr(self, "_arranged", True))
        column(splitter, around=(8, 8, 8, 8), on=self)
        self._viewer.addWidget(self._empty())
        self._viewer.addWidget(shown)
        top = row((self.toolbar, 1), self.exports.button, gap=-1)
        self._strip = QWidget(shown)
        column(self.dropped, on=self._strip)
        self._alone = named(ElidedLabel(parent=shown), "aloneVerdict")
        self._alone.hide()
        parts = (top, self.frames, self.explain_bar, (self.views, 1), self._strip, self._alone)
        column(*parts, gap=4, on=shown)
        for panel in (self.sweep, self.shifts):
            self._sweeps.addWidget(panel)
        for card, content in zip(cards, (self.controls, self.verdict, self._sweeps), strict=True):
            column(content, around=(10, 8, 10, 8), on=card)
        row(*zip(cards, SHARES, strict=True), on=self._below)

    def _arrange(self) -> None:
        """While the films have the whole tab, one line stands for the cards and the strip."""
        alone = self.views.arrangement.alone
        self._below.setHidden(alone)
        self._strip.setHidden(alone)
        self._alone.setVisible(alone)
        self._tab_settings.views = self.views.arrangement.count

    def show_shifts(self) -> None:
        """Show the sweep of shifts in the place of the chart."""
        self._show_sweeps(self.shifts)

    def _show_sweeps(self, panel: SweepPanel | ShiftPanel) -> None:
        """Show those of attacks or those of shifts; neither fills the tab any more."""
        for each in (self.sweep, self.shifts):
            each.fill_button.setChecked(False)
        self._sweeps.setCurrentWidget(panel)

    def _follow_sweeps(self, job: Job) -> None:
        """Show what has begun, from wherever it was started."""
        panels: dict[str, SweepPanel | ShiftPanel] = {Lane.SWEEP: self.sweep, Lane.SHIFTS: self.shifts}
        panel = panels.get(job.name)
        if panel is not None and panel is not self._sweeps.currentWidget():
            self._show_sweeps(panel)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.dropped.set_low(self.height() < LOW)
        if not self._arranged:
            below = BELOW + max(self.height() - USUAL_HEIGHT, 0) // 4
            self._splitter.setSizes([self.height() - below, below])

    def _empty(self) -> QWidget:
        demo = button("Open the demo study", "attackDemoButton", parent=self)
        demo.clicked.connect(self.demoRequested)
        image = button(f"Open an X-ray{ELLIPSIS}", "attackOpenButton", role="primary", parent=self)
        image.clicked.connect(self.imagesRequested)
        text = "Its perturbed twin, their difference and what the classifier makes of both appear here."
        return EmptyState("target", "Drop an X-ray here, or open the demo study", text, (image, demo))

    # -- following the session ---------------------------------------------------------------------------

    def _show_film(self, film: OpenFilm) -> None:
        self._viewer.setCurrentIndex(1)
        waiting = NO_CLASSIFIER if self._session.classifier is None else ATTACKING
        self.verdict.clear(waiting)
        self._alone.setText(f"{waiting} {NOTICE}")
        self.views.setAccessibleDescription(f"{film.path.name}. {waiting}")
        self.views.show_film(film, waiting=waiting)
        self.filmstrip.mark(film.path)
        _, place, count = self._sequence() or (None, 0, 0)
        number = f"   {place + 1} of {count}" if count > 1 else ""
        height, width = film.radiograph.pixels.shape
        source = film.radiograph.source
        size = f"{height} \N{MULTIPLICATION SIGN} {width}, {source.bits} bits"
        self.toolbar.show_radiograph(film.path.name, f"{size}{number}")
        self._show_note()

    def _show_note(self) -> None:
        film = self._session.film
        self.toolbar.show_note(None if film is None else self._session.notes.get(str(film.path)))

    def _show_inspection(self, inspection: Inspection) -> None:
        self.views.show_inspection(inspection)
        self.toolbar.show_colour(inspection.difference.ndim == 3)
        self.verdict.show_inspection(inspection)
        self._say()

    def _say_again(self) -> None:
        """In another unit."""
        if self._session.inspection is not None:
            self._say()

    def _say(self) -> None:
        """The verdict where the views stand alone, and to those who do not see them."""
        self._alone.setText(f"{self.verdict.sentence.text()}. {NOTICE}")
        name = "" if self._session.film is None else self._session.film.path.name
        self.views.setAccessibleDescription(f"{name}. {self.verdict.sentence.text()}")

    def _show_something(self) -> None:
        """Open a first radiograph of the dataset when there is none to look at."""
        session = self._session
        if session.dataset is not None and session.film is None and not session.job(Lane.RADIOGRAPH):
            self.show_first(session.dataset)

    def show_first(self, dataset: Dataset) -> None:
        """Open its first radiograph without the finding: making it ill says more than the other way."""
        record = dataset.first("test", dataset.classes[0]) or dataset.first("test") or dataset.records[0]
        self._session.opening.image(record.path, record.label)

    def _remember_bindings(self) -> None:
        self._viewer_settings.mouse = str(self.views.look.bindings)

    def _remember_epsilon(self, setting: AttackSetting) -> None:
        self._tab_settings.stored_epsilon = setting.epsilon

    def _remember_classifier(self, file: str) -> None:
        self._settings.last_classifier = file

    # -- previous and next -------------------------------------------------------------------------------

    def step(self, by: int) -> None:
        """Open the image so many places further among those dropped together, or in the dataset's split."""
        if (sequence := self._sequence()) is not None:
            path_at, number, count = sequence
            if 0 <= number + by < count:
                self._session.opening.image(path_at(number + by))

    def _sequence(self) -> tuple[Callable[[int], str], int, int] | None:
        """What the shown image can be stepped from: the path at a number, its own number, and how many.

        There may be 100,000: no list is made of them.
        """
        film, dataset = self._session.film, self._session.dataset
        here = "" if film is None else str(film.path)
        dropped = [str(path) for path in self.filmstrip.paths]
        if here in dropped:
            return dropped.__getitem__, dropped.index(here), len(dropped)
        place = None if dataset is None else dataset.columns.places.get(here)
        if dataset is None or place is None:
            return None
        records = dataset.records
        places = dataset.columns.group(records[place].split)
        number = int(places.searchsorted(place))
        return lambda number: records[int(places[number])].path, number, len(places)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no control wanted are the viewer's."""
        self.views.keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self.views.keyReleaseEvent(event)


def _card(parent: QWidget) -> QFrame:
    card = QFrame(parent)
    set_role(card, "card")
    return card
