"""A grid of equal cells. Positions are computed, not kept, so 100,000 cells cost what a screenful costs.

QListView lays out every item whenever the model or the width changes, which takes 0.2 to 0.6 s for 100,000.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QRegion, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QWidget

from cxr_gui.ui.dataset.model import Index
from cxr_gui.ui.widgets.aloud import say_aloud

Move = QAbstractItemView.CursorAction
Hint = QAbstractItemView.ScrollHint


class Grid(QAbstractItemView):
    """Shows a list model in rows of as many cells of one size as fit."""

    visibleChanged = Signal()
    typed = Signal(str)  # letters typed on the grid, for whoever searches
    zoomed = Signal(int)  # notches of the wheel with Ctrl held, up or down

    def __init__(self, cell: QSize, parent: QWidget | None = None) -> None:
        self.cell = cell  # before Qt asks where things are
        super().__init__(parent)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Always there: a bar that comes and goes changes the width, and so the columns
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.viewport().setMouseTracking(True)
        # Painted whole by `paintEvent`, so that a scroll can move what is there already
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def set_cell(self, cell: QSize) -> None:
        """Show cells of another size; the first visible one stays in sight."""
        first = self.verticalOffset() // self.cell.height() * self.columns()
        self.cell = cell
        self.updateGeometries()
        self.verticalScrollBar().setValue(first // self.columns() * cell.height())
        self.viewport().update()

    # -- where things are --------------------------------------------------------------------------------

    def columns(self) -> int:
        return max(1, self.viewport().width() // self.cell.width())

    def count(self) -> int:
        return self.model().rowCount() if self.model() is not None else 0

    def visible_rows(self, pages: float = 0) -> range:
        """The rows on screen, and of so many pages before and after them."""
        height = self.viewport().height()
        margin = round(height * pages)
        return self._rows_between(-margin, height + margin - 1)

    def _rows_between(self, top: int, bottom: int) -> range:
        """The rows with a part between two heights in the viewport."""
        height, columns, count = self.cell.height(), self.columns(), self.count()
        first = max(0, (self.verticalOffset() + top) // height)
        last = (self.verticalOffset() + bottom) // height
        return range(min(first * columns, count), min((last + 1) * columns, count))

    def visualRect(self, index: Index) -> QRect:
        return self._cell(index.row()) if index.isValid() else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:
        column = self._column(point.x())
        row = (point.y() + self.verticalOffset()) // self.cell.height() * self.columns() + column
        inside = 0 <= column < self.columns() and 0 <= row < self.count()
        return self.model().index(row, 0) if inside else QModelIndex()

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:  # noqa: ARG002
        return False

    def _cell(self, row: int) -> QRect:
        """A cell's place in the viewport; the columns share the width that is left over."""
        columns, width, height = self.columns(), self.viewport().width(), self.cell.height()
        line, column = divmod(row, columns)
        left = column * width // columns
        right = (column + 1) * width // columns
        return QRect(left, line * height - self.verticalOffset(), right - left, height)

    def reset(self) -> None:
        """Other rows: from the top, with nothing selected."""
        super().reset()
        self.updateGeometries()
        self.verticalScrollBar().setValue(0)
        self.viewport().update()

    def _column(self, x: int) -> int:
        """The column at an x of the viewport: `_cell` the other way round."""
        return ((x + 1) * self.columns() - 1) // max(self.viewport().width(), 1)

    # -- scrolling ---------------------------------------------------------------------------------------

    def updateGeometries(self) -> None:
        super().updateGeometries()
        height = self.cell.height()
        lines = -(-self.count() // self.columns())
        bar = self.verticalScrollBar()
        bar.setSingleStep(height // 4)
        bar.setPageStep(max(self.viewport().height() - height // 2, 1))
        bar.setRange(0, max(0, lines * height - self.viewport().height()))
        self.visibleChanged.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the first visible cell in sight while the number of columns changes."""
        columns = max(1, event.oldSize().width() // self.cell.width())
        first = self.verticalOffset() // self.cell.height() * columns
        super().resizeEvent(event)
        self.updateGeometries()
        if columns != self.columns() and event.oldSize().isValid():
            self.verticalScrollBar().setValue(first // self.columns() * self.cell.height())

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is painted; only what comes into sight is painted anew, and what the pointer is on."""
        self.viewport().scroll(dx, dy)
        if self.viewport().underMouse():
            pointer = self._pointer()
            for place in (pointer, pointer + QPoint(dx, dy)):  # the cell it is on now, and the one before
                self.viewport().update(self.visualRect(self.indexAt(place)))
        self.visibleChanged.emit()

    def scrollTo(self, index: Index, hint: Hint = Hint.EnsureVisible) -> None:
        cell, height, bar = self.visualRect(index), self.viewport().height(), self.verticalScrollBar()
        if hint == Hint.PositionAtCenter:
            bar.setValue(bar.value() + cell.center().y() - height // 2)
        elif hint == Hint.PositionAtTop or cell.top() < 0:
            bar.setValue(bar.value() + cell.top())
        elif hint == Hint.PositionAtBottom or cell.bottom() >= height:
            bar.setValue(bar.value() + cell.bottom() + 1 - height)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoomed.emit((event.angleDelta().y() > 0) - (event.angleDelta().y() < 0))
            event.accept()
        else:
            super().wheelEvent(event)

    # -- moving and selecting ----------------------------------------------------------------------------

    def moveCursor(self, action: Move, modifiers: Qt.KeyboardModifier) -> QModelIndex:  # noqa: ARG002
        if not self.count():
            return QModelIndex()
        page = max(1, self.viewport().height() // self.cell.height()) * self.columns()
        last = self.count() - 1
        row = self.currentIndex().row()
        if row < 0:
            return self.model().index(0, 0)
        step = {
            Move.MoveLeft: -1,
            Move.MovePrevious: -1,
            Move.MoveRight: 1,
            Move.MoveNext: 1,
            Move.MoveUp: -self.columns(),
            Move.MoveDown: self.columns(),
            Move.MovePageUp: -page,
            Move.MovePageDown: page,
            Move.MoveHome: -last,
            Move.MoveEnd: last,
        }[action]
        goal = row + step
        if action in (Move.MoveUp, Move.MoveDown) and not 0 <= goal <= last:
            goal = row  # no cell above or below: stay, rather than slide sideways
        return self.model().index(min(max(goal, 0), last), 0)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        selection, columns = QItemSelection(), self.columns()
        if self.count():
            height = self.cell.height()
            left = min(max(self._column(rect.left()), 0), columns - 1)
            right = min(max(self._column(rect.right()), 0), columns - 1)
            first = max((rect.top() + self.verticalOffset()) // height, 0)
            last = min((rect.bottom() + self.verticalOffset()) // height, (self.count() - 1) // columns)
            for line in range(first, last + 1):
                start, end = line * columns + left, min(line * columns + right, self.count() - 1)
                if start <= end:
                    selection.select(self.model().index(start, 0), self.model().index(end, 0))
        self.selectionModel().select(selection, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """Only what is on screen has to be painted anew."""
        region = QRegion()
        for row in self.visible_rows():
            if selection.contains(self.model().index(row, 0)):
                region += self._cell(row)
        return region

    def keyboardSearch(self, search: str) -> None:
        """Letters go to the search field: Qt's own way asks the model for all names, one by one."""
        if search.strip():
            self.typed.emit(search)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter acts on the cell with the focus, on every platform (macOS would edit)."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.activated.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Read out where the keys have gone: of a view of its own Qt tells no cells."""
        super().currentChanged(current, previous)
        if current.isValid():
            say_aloud(self, current.data(Qt.ItemDataRole.AccessibleTextRole) or "")

    # -- painting ----------------------------------------------------------------------------------------

    def update_rows(self, rows: Iterable[int]) -> None:
        """Paint these anew."""
        for row in rows:
            self.viewport().update(self._cell(row))

    def _pointer(self) -> QPoint:
        return self.viewport().mapFromGlobal(self.cursor().pos())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        plain, focused = option.state, self.hasFocus()
        delegate, selected = self.itemDelegate(), self.selectionModel()
        some_selected = selected.hasSelection()
        hovered = self._pointer() if self.viewport().underMouse() else QPoint(-1, -1)
        region, bounds = event.region(), event.rect()
        painter.fillRect(bounds, self.palette().base())
        for row in self._rows_between(bounds.top(), bounds.bottom()):
            cell = self._cell(row)
            if not region.intersects(cell):
                continue
            index = self.model().index(row, 0)
            option.rect, option.state = cell, plain
            if some_selected and selected.isSelected(index):
                option.state |= QStyle.StateFlag.State_Selected
            if index == self.currentIndex() and focused:
                option.state |= QStyle.StateFlag.State_HasFocus
            if cell.contains(hovered):
                option.state |= QStyle.StateFlag.State_MouseOver
            delegate.paint(painter, option, index)
        painter.end()
