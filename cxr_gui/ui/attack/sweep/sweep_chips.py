"""The sweeps of the chart in a line above it: each with its colour, what tells it apart, and a menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from cxr_gui.core.sweep import QUANTITIES, noise_kinds
from cxr_gui.ui.attack.sweep.chart import sweep_colour
from cxr_gui.ui.attack.sweep.curves import Curves, brief_titles
from cxr_gui.ui.attack.sweep.samples import paint_sweep, sample_icon
from cxr_gui.ui.widgets.elided import ElidedToolButton
from cxr_gui.ui.widgets.factories import named, row
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import theme

DOT = QSize(14, 14)
OTHER = "Not of the classifier in use: its markers are hollow"
HIDDEN = "Not drawn now"
EARLY = "Each film was attacked until its first wrong decision: the AUROC is an upper bound"


class SweepChips(QWidget):
    """Says which colour is which sweep, and lets each be hidden, looked into and removed. Tab comes
    to them after `before`.
    """

    shownChanged = Signal(object, bool)  # the Curves, and whether they are to be drawn
    onlyChosen = Signal(object)
    checksRequested = Signal(object)
    subgroupsRequested = Signal(object)
    removed = Signal(object)
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None, before: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before = before
        named(self, "sweepChips", "Sweeps on the chart")
        self._chips: list[SweepChip] = []
        self._row = row(gap=2, on=self)
        self._row.addStretch(1)
        self._sweeps: Sequence[Curves] = ()
        theme().changed.connect(self._again)

    def _again(self) -> None:
        """In the theme's colours."""
        self.show_sweeps(self._sweeps)

    def show_sweeps(self, sweeps: Sequence[Curves]) -> None:
        """Name these sweeps; of several, by what differs between them."""
        self._sweeps = sweeps
        while len(self._chips) < len(sweeps):
            chip = SweepChip(self)
            self._row.insertWidget(len(self._chips), chip)
            if (before := self._chips[-1] if self._chips else self._before) is not None:
                self.setTabOrder(before, chip)
            self._chips.append(chip)
        for chip, curves, brief in zip(self._chips, sweeps, brief_titles(sweeps), strict=False):
            chip.show_curves(curves, brief)
        for number, chip in enumerate(self._chips):
            chip.setVisible(number < len(sweeps))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Shorten the longest names first, where there is not room for all."""
        chips = self._chips[: len(self._sweeps)]
        room, widest = self.width() - self._row.spacing() * len(chips), 0
        for left, width in zip(
            range(len(chips), 0, -1), sorted(chip.sizeHint().width() for chip in chips), strict=True
        ):
            widest = max(min(width, room // left), widest)
            room -= min(width, room // left)
        for chip in chips:
            chip.setMaximumWidth(max(widest, chip.minimumSizeHint().width()))


class SweepChip(ElidedToolButton):
    """One sweep; pressed, it offers what can be done with it."""

    def __init__(self, chips: SweepChips) -> None:
        super().__init__(chips)
        self._curves = Curves("", ())
        self._looks: tuple[object, ...] = ()
        self._chips = chips
        named(self, "sweepChip")
        self.setAccessibleDescription("Press to hide it, to look into it or to remove it")
        self.setPopupMode(self.ToolButtonPopupMode.InstantPopup)
        self.setIconSize(DOT)
        menu = named(QMenu(self), "sweepMenu")
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)

    def show_curves(self, curves: Curves, brief: str) -> None:
        self._curves = curves
        colour = sweep_colour(curves.number) if curves.shown else QColor(theme().palette.muted)
        looks = (brief, curves.title, curves.result, curves.in_use, curves.shown, colour.name())
        if looks == self._looks:  # as with most points that come: Qt keeps the images of all icons
            return
        self._looks = looks
        failed = curves.result is not None and not all(check.passed for check in curves.result.checks)
        self.setText((f"\N{WARNING SIGN} {brief}" if failed else brief).replace("&", "&&"))
        font = self.font()
        font.setStrikeOut(not curves.shown)
        self.setFont(font)
        self.setIcon(sample_icon(partial(paint_sweep, colour=colour, in_use=curves.in_use), DOT))
        words = [curves.title, *notes(curves)]
        self.setToolTip(literal("\n".join(words)))
        self.setAccessibleName(". ".join(words))

    def _fill(self) -> None:
        menu, chips, curves = self.menu(), self._chips, self._curves
        menu.clear()

        def add(name: str, words: str, act: Callable[[], object], *, enabled: bool = True) -> None:
            action = menu.addAction(words)
            action.setObjectName(name)
            action.setEnabled(enabled)
            action.triggered.connect(lambda: act())

        add(
            "showSweepAction",
            "Hide" if curves.shown else "Show",
            lambda: chips.shownChanged.emit(curves, not curves.shown),
        )
        add("onlySweepAction", "Show only this one", lambda: chips.onlyChosen.emit(curves))
        if curves.result is None:  # on its way
            return
        menu.addSeparator()
        add(
            "sweepChecksAction",
            f"{_trust(curves) or 'No trust checks'}\N{HORIZONTAL ELLIPSIS}",
            lambda: chips.checksRequested.emit(curves),
            enabled=bool(curves.result.checks),
        )
        words = "By subgroup\N{HORIZONTAL ELLIPSIS}"
        known = curves.result.paths is not None
        add("subgroupsAction", words, lambda: chips.subgroupsRequested.emit(curves), enabled=known)
        menu.addSeparator()
        add("removeSweepAction", "Remove", lambda: chips.removed.emit(curves))
        add("clearSweepsAction", "Remove all sweeps", chips.cleared.emit)


def notes(curves: Curves) -> list[str]:
    """What else there is to know of a sweep on the chart."""
    noise, certified = noise_kinds(curves.points), QUANTITIES["certified"].known(curves.points)
    early = curves.result is not None and curves.result.attack.early_stop
    proof = "Certified: nothing, the bound is vacuous" if curves.vacuous else "Hatched: undecided"
    return [
        *([] if curves.in_use else [OTHER]),
        *([] if curves.shown else [HIDDEN]),
        *([f"Random noise: {noise}"] if noise else []),
        *([proof] if certified else []),
        *([EARLY] if early else []),
        *([_trust(curves)] if _trust(curves) else []),
    ]


def _trust(curves: Curves) -> str:
    checks = () if curves.result is None else curves.result.checks
    passed = sum(check.passed for check in checks)
    return f"{passed} of {len(checks)} trust checks passed" if checks else ""
