"""The sweeps: what starts them, and the chart that grows while one runs, with what it lists and hides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from cxr_gui.ui.attack.sweep.chart import SweepChart
from cxr_gui.ui.attack.sweep.checks import ChecksDialog
from cxr_gui.ui.attack.sweep.curves import DRAWN, Curves, same_as
from cxr_gui.ui.attack.sweep.flipped import FlippedTable
from cxr_gui.ui.attack.sweep.legend import Legend
from cxr_gui.ui.attack.sweep.samples import markers_in_words
from cxr_gui.ui.attack.sweep.subgroups import SubgroupsDialog
from cxr_gui.ui.attack.sweep.sweep_bar import SweepBar
from cxr_gui.ui.attack.sweep.sweep_chips import SweepChips
from cxr_gui.ui.widgets.aloud import say_aloud
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.factories import ELLIPSIS, button, check_box, column, named, row
from cxr_gui.ui.widgets.solo import FillButton
from cxr_gui.ui.widgets.theme import GRID

if TYPE_CHECKING:
    from cxr_gui.core.sweep import SweepResult
    from cxr_gui.session import Session

HINT = "Click a point to list the films that flipped there."
EMPTY = "Attack the test set to see how accuracy falls with epsilon."
WIDE = 110 * GRID
"""Pixels from which on there is room for the chart and for a table beside it."""


class SweepPanel(QWidget):
    """Starts and shows sweeps of the session's dataset. It can fill the `page` that it is on."""

    filmsRequested = Signal(str, object)  # in words, and their places in the dataset
    shiftsRequested = Signal()

    def __init__(
        self,
        session: Session,
        classifiers: Callable[[], list[tuple[str, Path]]],
        page: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(page if parent is None else parent)
        named(self, "sweepPanel", "Sweeps of the test set")
        self._session = session
        self._done: list[Curves] = []
        self._growing: Curves | None = None
        self.bar = SweepBar(session, classifiers, self)
        self.chart = SweepChart(self)
        self.chips = SweepChips(self, self.bar.certify)
        self.legend = Legend(self)
        self.flipped = FlippedTable(session, self)
        self.flipped.hide()
        self.readout = ElidedLabel(EMPTY, self, where=Qt.TextElideMode.ElideRight)
        named(self.readout, "sweepReadout", role="muted")
        tip = "Spread the small epsilons, where decisions flip; 0, which has no logarithm, stands at the left"
        self.log = check_box("Log", "logToggle", tip, words="Logarithmic epsilon axis", parent=self)
        tip = "Which quantities are drawn of each sweep, and what their lines look like"
        self.curves_button = button(f"Curves{ELLIPSIS}", "curvesButton", tip, role="flat", parent=self)
        self.fill_button = FillButton(self, page, "fillChartButton", "Fill the tab with the chart", self)
        tip = "What befalls films without an attacker: exposure, motion, rotation, compression and others"
        self.shifts_button = button("Shifts", "shiftsButton", tip, role="flat", parent=self)
        shown = (self.curves_button, self.log, self.shifts_button, self.fill_button)
        tools = row((self.chips, 1), *shown, gap=4)
        seen: tuple[QWidget, ...] = (self.bar.certify, *shown, self.chart)
        for before, after in pairwise(seen):
            self.setTabOrder(before, after)
        body = row((self.chart, 1), (self.flipped, 1))
        column(self.bar, tools, (body, 1), self.readout, gap=4, on=self)
        self._connect()
        self._draw()

    def _connect(self) -> None:
        session, chips = self._session, self.chips
        self.bar.grew.connect(self._grow)
        self.bar.ended.connect(self._end)
        self.curves_button.clicked.connect(lambda: self.legend.open_below(self.curves_button))
        self.legend.choiceChanged.connect(self._draw)
        self.log.toggled.connect(self._draw)
        self.shifts_button.clicked.connect(self.shiftsRequested)
        chips.shownChanged.connect(
            lambda curves, on: self._show(lambda each: on if each is curves else each.shown)
        )
        chips.onlyChosen.connect(lambda curves: self._show(lambda each: each is curves))
        chips.checksRequested.connect(
            lambda curves: ChecksDialog(curves.title, curves.result.checks, self.window()).open()
        )
        chips.subgroupsRequested.connect(self._part)
        chips.removed.connect(lambda curves: session.sweeping.remove(curves.result))
        chips.cleared.connect(session.sweeping.clear)
        self.chart.pointHovered.connect(self._read_out)
        self.chart.pointClicked.connect(self._list_flipped)
        self.flipped.closed.connect(self._close_flipped)
        self.flipped.imageChosen.connect(self._open)
        self.flipped.filmsRequested.connect(self.filmsRequested)
        session.sweepChanged.connect(self._take)
        session.sweepRemoved.connect(self._drop)
        session.classifierChanged.connect(self._mark)
        session.datasetChanged.connect(self._close_flipped)  # it lists films of the old one

    def _read_out(self, words: str) -> None:
        """Say what is at the cursor, aloud too when keys have moved it."""
        self.readout.setText(words or self._hint())
        say_aloud(self.chart, words)

    def start(self) -> None:
        """Sweep as everything is set."""
        self.bar.start()

    # -- the sweeps --------------------------------------------------------------------------------------

    def sweeps(self) -> list[Curves]:
        """The finished sweeps, and the one that runs."""
        return self._done if self._growing is None else [*self._done, self._growing]

    def curves(self) -> list[Curves]:
        """Those that are drawn."""
        return [curves for curves in self.sweeps() if curves.shown]

    def _grow(self, curves: Curves) -> None:
        """The sweep that runs, as far as it is."""
        before = self._growing
        number = self._free_number() if before is None else before.number
        self._growing = replace(curves, number=number, shown=before is None or before.shown)
        self._draw()

    def _end(self) -> None:
        """It left nothing to keep, or `_take` has drawn that."""
        if self._growing is not None:
            self._growing = None
            self._draw()

    def _take(self, result: SweepResult | None) -> None:
        """A sweep has come, or all were cleared. One that was stopped has no bootstrap worked out yet."""
        if result is None:
            self._done = []
            self._close_flipped()
        else:
            points = result.points if result.complete else result.measure(replicates=0)
            curves = Curves(result.title, points, result, result.parts, self._free_number())
            shown = self._growing is None or self._growing.shown
            self._done = [*self._done, replace(curves, in_use=self._is_used(curves), shown=shown)]
        self._growing = None
        self._draw()

    def _drop(self, result: SweepResult) -> None:
        self._done = [curves for curves in self._done if curves.result is not result]
        self._close_flipped()
        self._draw()

    def _mark(self) -> None:
        """Another classifier is in use."""
        self._done = [replace(curves, in_use=self._is_used(curves)) for curves in self._done]
        self._draw()

    def _show(self, chosen: Callable[[Curves], bool]) -> None:
        """Draw these sweeps, and hide the others."""
        self._done = [replace(curves, shown=chosen(curves)) for curves in self._done]
        if self._growing is not None:
            self._growing = replace(self._growing, shown=chosen(self._growing))
        self._draw()

    def _is_used(self, curves: Curves) -> bool:
        used = self._session.classifier
        return used is None or curves.result is None or curves.result.is_of(used)

    def _free_number(self) -> int:
        """The first colour that no sweep on the chart has."""
        taken = {curves.number for curves in self._done}
        return next(number for number in count() if number not in taken)

    # -- showing -----------------------------------------------------------------------------------------

    def _draw(self) -> None:
        curves = self.curves()
        self.chips.show_sweeps(self.sweeps())
        self.legend.offer(curves)
        self.chart.draw(curves, self.legend.quantities, self.legend.published, self.log.isChecked())
        self.readout.setText(self._hint())

    def _hint(self) -> str:
        if not self.sweeps():
            return EMPTY
        drawn = [quantity for quantity in DRAWN if quantity.name in self.legend.quantities]
        covered = same_as(self.curves(), drawn)
        key = markers_in_words([quantity for quantity in drawn if quantity.name not in covered])
        return f"{key} {HINT}".lstrip()

    def _list_flipped(self, curves: Curves, index: int) -> None:
        if self.flipped.show_point(curves, index):
            self.flipped.show()
            self._make_room()
            self.flipped.table.setFocus()

    def _part(self, curves: Curves) -> None:
        dialog = SubgroupsDialog(self._session, curves, self.window())
        dialog.filmsRequested.connect(self.filmsRequested)
        dialog.open()

    def _open(self, path: str, label: str) -> None:
        """Show a film, and the views that it is seen in."""
        self.fill_button.setChecked(False)
        self._session.opening.image(path, label)

    def _close_flipped(self) -> None:
        self.flipped.hide()
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Where it is narrow, a table takes the chart's place."""
        self.chart.setVisible(self.flipped.isHidden() or self.width() >= WIDE)
