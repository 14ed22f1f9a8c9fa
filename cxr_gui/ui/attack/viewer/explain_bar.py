"""What is said and chosen while the views show where the classifier looks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from cxr_gui.core.inspect import METHODS, OF_THE_MODEL, SIDES, STRENGTH, agreement
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.factories import box, label, named, row, slider
from cxr_gui.ui.widgets.theme import GRID, theme

if TYPE_CHECKING:
    from cxr_gui.session import Explained, Session
    from cxr_gui.ui.attack.viewer.look import Look

WORKING = "Working it out \N{HORIZONTAL ELLIPSIS}"
SCALE = "Each image on its own scale"


class ExplainBar(QWidget):
    """Method, opacity and legend; in sight only while the session explains."""

    def __init__(self, session: Session, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        named(self, "explainBar")
        self.method = box("explainMethodBox", "Method of explanation", parent=self)
        for number, (name, method) in enumerate(METHODS.items()):
            self.method.addItem(method.title, name)
            self.method.setItemData(number, method.summary, Qt.ItemDataRole.ToolTipRole)
        words = "Opacity of the explanation"
        tip = "How much the explanation covers the images; 0 is the image alone"
        self.opacity = slider("explainOpacitySlider", words, tip, parent=self)
        self.opacity.setRange(0, 100)
        self.opacity.setFixedSize(GRID * 12, GRID * 3)
        self.opacity.setValue(round(100 * look.opacity))
        self.legend = ColourScale(self)
        self.words = named(ElidedLabel(parent=self), "explainWords", role="muted")
        tip = (
            "It says what the classifier's answer depends on, which may be a letter on the film as well as a"
            " lung. It does not say where a disease is."
        )
        self.warning = label(OF_THE_MODEL, "explainWarning", "warning", tip=tip, parent=self)
        opacity = label("Opacity", buddy=self.opacity, parent=self)
        row(self.method, opacity, self.opacity, self.legend, (self.words, 1), self.warning, on=self)
        self.method.currentIndexChanged.connect(lambda: session.explaining.explain(self.method.currentData()))
        self.opacity.valueChanged.connect(lambda value: look.set_opacity(value / 100))
        session.explaining.methodChanged.connect(self._follow)
        session.explaining.changed.connect(self._say)
        self._follow(session.explaining.method)

    def toggle(self) -> None:
        """Explain by the chosen method, or no longer."""
        on = self._session.explaining.method is not None
        self._session.explaining.explain(None if on else self.method.currentData())

    def _follow(self, method: str | None) -> None:
        self.setVisible(method is not None)
        if method is not None:
            with QSignalBlocker(self.method):
                self.method.setCurrentIndex(self.method.findData(method))
            self.method.setToolTip(METHODS[method].summary)
            self.legend.show_method(signed=METHODS[method].signed)
        self._say(self._session.explaining.explained)

    def _say(self, explained: Explained | None) -> None:
        if explained is None or explained.perturbed is None:
            self.words.setText(WORKING)
        else:
            layer = f", from {explained.clean.layer}" if explained.clean.layer else ""
            alike = agreement(explained.clean.values, explained.perturbed.values)
            agree = "" if math.isnan(alike) else f"; clean and perturbed agree to {alike:.2f} (Pearson's r)"
            self.words.setText(f"{SCALE}{layer}{agree}")


class ColourScale(QWidget):
    """The colours of an explanation from one end to the other, with a word at each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "explainLegend")
        self._signed = False
        theme().changed.connect(self.update)

    def show_method(self, *, signed: bool) -> None:
        """The colours of a method whose values speak for a decision only, or `signed`, against it too."""
        self._signed = signed
        self.setAccessibleName(f"Colours from {self.ends[0]} to {self.ends[1]} the decision")
        self.updateGeometry()
        self.update()

    @property
    def ends(self) -> tuple[str, str]:
        return ("against", "for") if self._signed else ("little for", "much for")

    def sizeHint(self) -> QSize:
        words = sum(self.fontMetrics().horizontalAdvance(end) for end in self.ends)
        return QSize(words + GRID * 10, GRID * 3)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        first, last = self.ends
        painter.setPen(QColor(theme().palette.muted))
        room = QRectF(self.rect())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, first)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, last)
        metrics = painter.fontMetrics()
        left = metrics.horizontalAdvance(first) + 6.0
        right = self.width() - metrics.horizontalAdvance(last) - 6.0
        bar = QRectF(left, self.height() / 2 - 5, right - left, 10)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        anchors = SIDES if self._signed else STRENGTH
        for number, anchor in enumerate(anchors):
            gradient.setColorAt(number / (len(anchors) - 1), QColor(f"#{anchor}"))
        painter.fillRect(bar, gradient)
        painter.end()
