"""Labels, boxes and buttons that shorten what does not fit in the middle, where paths and names say least."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QStyleOptionToolButton,
    QStylePainter,
    QToolButton,
    QWidget,
)

from cxr_gui.ui.widgets.literal import PlainLabel, literal

TEXT_MARGIN = 1
"""Pixels that styles leave on both sides of a combo box's words."""

FEW_LETTERS = 108
"""Pixels of a button that is as narrow as it may be."""

FRAME = 20
"""Pixels of a tool button around and between its icon and its words."""


def shortened(text: str, widget: QWidget, width: int) -> str:
    """`text` with its middle left out where it is wider than so many pixels in the widget's font."""
    return widget.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, width)


class ElidedLabel(PlainLabel):
    """One line of text, elided in the middle unless told otherwise; its tooltip is the whole text."""

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        where: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
    ) -> None:
        super().__init__(parent)
        self._where = where
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(literal(text))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        inside = self.contentsRect()
        words = self.fontMetrics().elidedText(self.text(), self._where, inside.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(inside, self.alignment() | Qt.TextFlag.TextSingleLine, words)
        painter.end()


class ElidedComboBox(QComboBox):
    """A combo box whose chosen entry is elided in the middle; in its list the entries are whole."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        box = QStyleOptionComboBox()
        self.initStyleOption(box)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, box, part, self)
        words = self.placeholderText() if self.currentIndex() < 0 else box.currentText
        box.currentText = shortened(words, self, room.width() - 2 * TEXT_MARGIN)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, box)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, box)
        painter.end()


class ElidedButton(QPushButton):
    """A button whose words are elided in the middle; it can be as narrow as a few letters."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return super().minimumSizeHint().boundedTo(QSize(FEW_LETTERS, self.maximumHeight()))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room = self.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, self).width()
        arrow = self.style().pixelMetric(QStyle.PixelMetric.PM_MenuButtonIndicator, option, self)
        option.text = shortened(option.text, self, room - (arrow if self.menu() is not None else 0))
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_PushButton, option)


class ElidedToolButton(QToolButton):
    """A tool button whose words, beside its icon, are elided in the middle; it can be as narrow as that."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.iconSize().width() + FRAME, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        option.text = shortened(option.text, self, self.width() - self.iconSize().width() - FRAME)
        QStylePainter(self).drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
