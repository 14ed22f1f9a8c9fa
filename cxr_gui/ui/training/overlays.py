"""The runs before: drawn under this one, each with a colour and a name, and hidden by its box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QWidget

from cxr_gui.ui.training.curves import DASHES, RunPlot, overlay_pen
from cxr_gui.ui.widgets.curve_keys import LINE_SIZE, line_icon
from cxr_gui.ui.widgets.elided import shortened
from cxr_gui.ui.widgets.factories import check_box, row
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import GRID, theme

MOST = len(DASHES)
NAME_WIDTH = 17 * GRID


@dataclass(frozen=True, eq=False)
class Overlay:
    """A run before: where it is, by which number its colour and its curves go, and its box."""

    folder: Path
    number: int
    box: QCheckBox


class Overlays(QWidget):
    """A box for each of the last runs before this one; the oldest is forgotten for a newer one."""

    def __init__(self, plots: Sequence[RunPlot], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plots = plots
        self._current: Path | None = None
        self.shown: list[Overlay] = []
        self._row = row(..., gap=2 * GRID, on=self)
        theme().changed.connect(self._name)
        self.hide()

    def turn_to(self, folder: Path) -> None:
        """Another run is to be shown: what the plots show, if anything, is that of a run before."""
        if self._current is not None:
            self._add(self._current)
        self._remove(folder)  # it is no run before any more
        self._current = folder
        for plot in self._plots:
            plot.clear_run()
        self._name()

    def _add(self, folder: Path) -> None:
        if len(self.shown) == MOST:
            self._remove(self.shown[0].folder)
        number = min(set(range(MOST)).difference(overlay.number for overlay in self.shown))
        curves = tuple(item for plot in self._plots if (item := plot.overlay(number)) is not None)
        if not curves:
            return
        box = check_box("", f"overlay{number}Toggle", words=f"Show the run {folder.name}")
        box.setChecked(True)
        box.setIconSize(LINE_SIZE)
        box.setToolTip(literal(f"{folder}\nShow or hide its training loss and its validation accuracy"))
        for curve in curves:
            box.toggled.connect(curve.setVisible)
        self._row.insertWidget(self._row.count() - 1, box)
        self.shown.append(Overlay(folder, number, box))

    def _remove(self, folder: Path) -> None:
        for overlay in [overlay for overlay in self.shown if overlay.folder == folder]:
            self.shown.remove(overlay)
            self._row.removeWidget(overlay.box)
            overlay.box.hide()
            overlay.box.deleteLater()
            for plot in self._plots:
                plot.drop(overlay.number)

    def _name(self) -> None:
        """By as much of their folders' names as tells the runs apart, in the theme's colours."""
        self.setVisible(bool(self.shown))
        current = [] if self._current is None else [self._current.name]
        names = told_apart([*(overlay.folder.name for overlay in self.shown), *current])
        for overlay, name in zip(self.shown, names, strict=False):
            overlay.box.setText(shortened(name, overlay.box, NAME_WIDTH).replace("&", "&&"))
            overlay.box.setIcon(line_icon(overlay_pen(overlay.number)))


def told_apart(names: Sequence[str]) -> list[str]:
    """Names without the words that all of them begin with."""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    start = "".join(letters[0] for letters in alike) if len(names) > 1 else ""
    words = max(start.rfind(mark) for mark in "-_ ") + 1
    return [name[words:] for name in names]
