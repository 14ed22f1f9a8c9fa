"""The chart's legend, beside the data and never over it; its entries switch curves on and off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from cxr_gui.ui.attack.chart import sweep_colour
from cxr_gui.ui.attack.curves import KINDS, Curves
from cxr_gui.ui.literal import literal
from cxr_gui.ui.theme import set_role, theme

SAMPLE = QSize(26, 12)


class Legend(QWidget):
    """A dash for each quantity, a colour for each sweep, and the published points."""

    choiceChanged = Signal()
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(3)
        self._clear = QPushButton("Clear", self)
        self._clear.setObjectName("clearSweepsButton")
        self._clear.setToolTip("Forget these sweeps")
        set_role(self._clear, "flat")
        self._clear.clicked.connect(self.cleared)
        self._labels: list[QLabel] = []
        self._sweeps: Sequence[Curves] = ()
        self._names = QVBoxLayout()
        line = QHBoxLayout()
        line.addLayout(self._names, 1)
        line.addWidget(self._clear, 0, Qt.AlignmentFlag.AlignTop)
        self._column.addLayout(line)
        self._kinds = {
            kind.name: self._entry(kind.title, f"{kind.name}Toggle", kind.meaning, kind.shown)
            for kind in KINDS
        }
        self._published = self._entry(
            "Published points",
            "publishedToggle",
            "The published table: FGSM, rgb, 624 real radiographs. Only a sweep of the same can be compared.",
            False,
        )
        self._column.addStretch(1)
        theme().changed.connect(self._again)
        self.name_sweeps(())

    @property
    def kinds(self) -> set[str]:
        """The names of the kinds of curves to draw."""
        return {name for name, box in self._kinds.items() if box.isChecked()}

    @property
    def published(self) -> bool:
        return self._published.isChecked()

    def _again(self) -> None:
        self.name_sweeps(self._sweeps)

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
                label.setText(f"{square} {escape(sweeps[number].title)}{_trust_in_brief(sweeps[number])}")
                label.setToolTip(literal(_trust(sweeps[number])))
        self._clear.setVisible(bool(sweeps))
        self._colour()

    def _entry(self, title: str, name: str, meaning: str, shown: bool) -> QCheckBox:
        box = QCheckBox(title, self)
        box.setObjectName(name)
        box.setToolTip(meaning)
        box.setIconSize(SAMPLE)
        box.setChecked(shown)
        box.toggled.connect(self.choiceChanged)
        self._column.addWidget(box)
        return box

    def _colour(self) -> None:
        colour = QColor(theme().palette.text)
        for kind in KINDS:
            self._kinds[kind.name].setIcon(_sample(kind.dash, colour))
        self._published.setIcon(_diamond(colour))


def _trust_in_brief(curves: Curves) -> str:
    checks = curves.result.checks if curves.result is not None else ()
    passed = sum(check.passed for check in checks)
    words = f"{passed} of {len(checks)} trust checks passed"
    return f'<br><span style="color:{theme().palette.muted}">{words}</span>' if checks else ""


def _trust(curves: Curves) -> str:
    """May these numbers be believed? One line a check."""
    checks = curves.result.checks if curves.result is not None else ()
    return "\n".join(f"{'Passed' if check.passed else 'Failed'}: {check.sentence}" for check in checks)


def _sample(dash: Qt.PenStyle, colour: QColor) -> QIcon:
    return _drawn(lambda painter: painter.drawLine(QPointF(1, 6), QPointF(25, 6)), QPen(colour, 2, dash))


def _diamond(colour: QColor) -> QIcon:
    corners = [QPointF(13, 1), QPointF(18, 6), QPointF(13, 11), QPointF(8, 6)]
    return _drawn(lambda painter: painter.drawPolygon(corners), QPen(colour, 1.5))


def _drawn(draw: Callable[[QPainter], object], pen: QPen) -> QIcon:
    pixmap = QPixmap(SAMPLE * 2)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    draw(painter)
    painter.end()
    return QIcon(pixmap)
