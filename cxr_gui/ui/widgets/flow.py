"""Parts from left to right that go on in another line where there is no room for all of them."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from cxr_gui.ui.widgets.theme import GRID

Line = list[QLayoutItem]


class Flow(QLayout):
    """Widgets and layouts in lines, each line as high as its highest part.

    What a line has left goes to those of its parts that want it, up to their largest widths.
    """

    def __init__(self, *parts: QWidget | QLayout, gap: int = GRID, on: QWidget | None = None) -> None:
        super().__init__(on)
        self._items: Line = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(gap)
        for part in parts:
            if isinstance(part, QWidget):
                self.addWidget(part)
            else:
                self.addChildLayout(part)
                self.addItem(part)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = self._lines(width)
        return sum(map(_height, lines)) + self.spacing() * max(len(lines) - 1, 0)

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._shown():
            size = size.expandedTo(item.minimumSize())
        return size

    def sizeHint(self) -> QSize:
        line = self._shown()
        gaps = self.spacing() * max(len(line) - 1, 0)
        return QSize(sum(item.sizeHint().width() for item in line) + gaps, _height(line))

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        top = rect.top()
        for line in self._lines(rect.width()):
            height, left = _height(line), rect.left()
            for item, width in zip(line, self._widths(line, rect.width()), strict=True):
                size = QSize(width, min(item.sizeHint().height(), height))
                item.setGeometry(QRect(QPoint(left, top + (height - size.height()) // 2), size))
                left += width + self.spacing()
            top += height + self.spacing()

    def _shown(self) -> Line:
        return [item for item in self._items if not item.isEmpty()]

    def _lines(self, room: int) -> list[Line]:
        lines: list[Line] = []
        left = -1
        for item in self._shown():
            width = item.sizeHint().width()
            if not lines or width > left:
                lines.append([])
                left = room
            lines[-1].append(item)
            left -= width + self.spacing()
        return lines

    def _widths(self, line: Line, room: int) -> list[int]:
        widths = [min(item.sizeHint().width(), room) for item in line]
        left = room - sum(widths) - self.spacing() * (len(line) - 1)
        eager = [at for at, item in enumerate(line) if item.expandingDirections() & Qt.Orientation.Horizontal]
        for place, at in enumerate(eager):
            more = min(max(left, 0) // (len(eager) - place), line[at].maximumSize().width() - widths[at])
            widths[at] += more
            left -= more
        return widths


def _height(line: Line) -> int:
    return max((item.sizeHint().height() for item in line), default=0)
