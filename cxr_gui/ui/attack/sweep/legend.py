"""The chart's legend, beside the data and never over it; its entries switch curves on and off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from html import escape

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from cxr_gui.core.sweep import QUANTITIES, noise_kinds
from cxr_gui.ui.attack.sweep.chart import sweep_colour
from cxr_gui.ui.attack.sweep.checks import checks_in_words
from cxr_gui.ui.attack.sweep.curves import DRAWN, Curves
from cxr_gui.ui.attack.sweep.samples import SAMPLE, paint_published, paint_quantity
from cxr_gui.ui.widgets.factories import button, check_box, column, row
from cxr_gui.ui.widgets.theme import theme


class Legend(QWidget):
    """A dash for each quantity, a colour for each sweep, and the published points."""

    choiceChanged = Signal()
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = column(gap=3, on=self)
        self._clear = button("Clear", "clearSweepsButton", "Forget these sweeps", role="flat", parent=self)
        self._clear.clicked.connect(self.cleared)
        self._labels: list[QLabel] = []
        self._sweeps: Sequence[Curves] = ()
        self._names = column(gap=-1)
        line = row((self._names, 1), gap=-1)
        line.addWidget(self._clear, 0, Qt.AlignmentFlag.AlignTop)
        self._column.addLayout(line)
        self._quantities = {
            quantity.name: self._entry(
                quantity.title, f"{quantity.name}Toggle", quantity.meaning, quantity.shown
            )
            for quantity in DRAWN
        }
        self._published = self._entry(
            "Published points",
            "publishedToggle",
            "The published table: Paper CNN, recipe paper, FGSM, rgb, the 624 test films of the Kermany "
            "data. Only a sweep of the same can be compared.",
            False,
        )
        self._column.addStretch(1)
        theme().changed.connect(self._again)
        self._again()

    @property
    def quantities(self) -> set[str]:
        """The names of the quantities to draw."""
        return {name for name, box in self._quantities.items() if box.isChecked()}

    @property
    def published(self) -> bool:
        return self._published.isChecked()

    def _again(self) -> None:
        """In the theme's colours; not with every point of a sweep, for Qt keeps the images of its icons."""
        self.name_sweeps(self._sweeps)
        self._colour()

    def name_sweeps(self, sweeps: Sequence[Curves]) -> None:
        """Say which colour is which sweep."""
        self._sweeps = sweeps
        while len(self._labels) < len(sweeps):
            label = QLabel(self)
            label.setWordWrap(True)
            self._names.addWidget(label)
            self._labels.append(label)
        for number, label in enumerate(self._labels):
            label.setVisible(number < len(sweeps))
            if number < len(sweeps):
                square = f'<span style="color:{sweep_colour(number).name()}">\N{BLACK SQUARE}</span>'
                label.setText(f"{square} {escape(sweeps[number].title)}{_in_brief(sweeps[number])}")
                result = sweeps[number].result
                label.setToolTip(checks_in_words(result.checks if result is not None else ()))
        self._clear.setVisible(bool(sweeps))

    def _entry(self, title: str, name: str, meaning: str, shown: bool) -> QCheckBox:
        box = check_box(title, name, meaning, parent=self)
        box.setIconSize(SAMPLE)
        box.setChecked(shown)
        box.toggled.connect(self.choiceChanged)
        self._column.addWidget(box)
        return box

    def _colour(self) -> None:
        colour = QColor(theme().palette.text)
        for quantity in DRAWN:
            self._quantities[quantity.name].setIcon(
                _icon(partial(paint_quantity, quantity=quantity, colour=colour))
            )
        self._published.setIcon(_icon(partial(paint_published, colour=colour)))


def _in_brief(curves: Curves) -> str:
    """Below a sweep's name: what kind of noise its control is, and how many trust checks it passed."""
    noise, palette = noise_kinds(curves.points), theme().palette
    words = f'<br><span style="color:{palette.muted}">Random noise: {noise}</span>' if noise else ""
    return words + _proof_in_brief(curves) + _trust_in_brief(curves)


def _proof_in_brief(curves: Curves) -> str:
    if not QUANTITIES["certified"].known(curves.points):
        return ""
    words = "Certified: nothing, the bound is vacuous" if curves.vacuous else "Hatched: undecided"
    return f'<br><span style="color:{theme().palette.muted}">{words}</span>'


def _trust_in_brief(curves: Curves) -> str:
    checks = curves.result.checks if curves.result is not None else ()
    passed = sum(check.passed for check in checks)
    palette = theme().palette
    sign, colour = ("", palette.muted) if passed == len(checks) else ("\N{WARNING SIGN} ", palette.warning)
    words = f"{sign}{passed} of {len(checks)} trust checks passed"
    return f'<br><span style="color:{colour}">{words}</span>' if checks else ""


def _icon(paint: Callable[[QPainter, QPointF], object]) -> QIcon:
    pixmap = QPixmap(SAMPLE * 2)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint(painter, QPointF(SAMPLE.width() / 2, SAMPLE.height() / 2))
    painter.end()
    return QIcon(pixmap)
