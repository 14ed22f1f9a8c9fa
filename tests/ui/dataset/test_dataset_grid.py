"""The grid of cells by itself, over 100,000 rows: where cells are, what is painted, keys and selections."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPoint, QSize, Qt
from PySide6.QtGui import QCursor, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from cxr_gui.ui.dataset.grid import Grid


class Counting(QAbstractListModel):
    """A hundred thousand rows, and which of them were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[int] = set()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 100_000

    def data(self, index: QModelIndex, role: int = 0) -> str | None:
        self.asked.add(index.row())
        return f"row {index.row()}" if role == Qt.ItemDataRole.DisplayRole else None


class Plain(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        painter.drawText(option.rect, 0, index.data())


@pytest.fixture
def large(qtbot: QtBot) -> Grid:
    view = Grid(QSize(100, 120))
    qtbot.addWidget(view)
    view.setItemDelegate(Plain(view))
    view.setModel(Counting())
    view.resize(1000, 700)
    view.show()
    return view


def test_a_large_grid_asks_only_for_what_it_shows(qtbot: QtBot, large: Grid) -> None:
    model = large.model()
    large.grab()
    assert model.asked == set(large.visible_rows())
    model.asked.clear()
    large.scrollToBottom()
    large.grab()
    assert 99_999 in model.asked
    assert model.asked == set(large.visible_rows())
    assert len(model.asked) < 100


def test_a_scroll_paints_what_comes_into_sight_only(qtbot: QtBot, large: Grid) -> None:
    with qtbot.waitExposed(large):
        large.show()
    before = set(large.visible_rows())
    model = large.model()
    model.asked.clear()
    large.verticalScrollBar().setValue(large.cell.height())
    qtbot.waitUntil(lambda: max(large.visible_rows()) in model.asked)
    still_there = set(range(large.columns(), max(before) + 1 - large.columns()))
    pointed_at = large.indexAt(large.viewport().mapFromGlobal(QCursor.pos())).row()
    assert model.asked & still_there <= {pointed_at}


def test_some_rows_can_be_painted_anew(qtbot: QtBot, large: Grid) -> None:
    with qtbot.waitExposed(large):
        large.show()
    large.model().asked.clear()
    large.update_rows([3])
    qtbot.waitUntil(lambda: bool(large.model().asked))
    assert large.model().asked == {3}


def test_every_point_of_a_cell_finds_its_row(large: Grid) -> None:
    large.verticalScrollBar().setValue(1_234)
    for row in large.visible_rows():
        cell = large.visualRect(large.model().index(row, 0))
        for point in (cell.topLeft(), cell.center(), cell.bottomRight()):
            if large.viewport().rect().contains(point):
                assert large.indexAt(point).row() == row


def test_cells_tile_the_viewport_without_gaps(large: Grid) -> None:
    first = [large.visualRect(large.model().index(row, 0)) for row in range(large.columns())]
    assert first[0].left() == 0
    assert first[-1].right() == large.viewport().width() - 1
    assert all(left.right() + 1 == right.left() for left, right in pairwise(first))


def test_the_keyboard_reaches_every_cell(qtbot: QtBot, large: Grid) -> None:
    columns = large.columns()
    page = large.viewport().height() // 120 * columns
    large.setCurrentIndex(large.model().index(columns + 1, 0))
    for key, row in [
        (Qt.Key.Key_Right, columns + 2),
        (Qt.Key.Key_Left, columns + 1),
        (Qt.Key.Key_Down, 2 * columns + 1),
        (Qt.Key.Key_Up, columns + 1),
        (Qt.Key.Key_Up, 1),
        (Qt.Key.Key_Up, 1),
        (Qt.Key.Key_PageDown, 1 + page),
        (Qt.Key.Key_End, 99_999),
        (Qt.Key.Key_Right, 99_999),
        (Qt.Key.Key_Home, 0),
    ]:
        qtbot.keyClick(large, key)
        assert large.currentIndex().row() == row
        assert large.viewport().rect().contains(large.visualRect(large.currentIndex()).center())


def test_shift_and_the_arrows_select_a_block(qtbot: QtBot, large: Grid) -> None:
    large.setCurrentIndex(large.model().index(0, 0))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(large, key, Qt.KeyboardModifier.ShiftModifier)
    selected = sorted(index.row() for index in large.selectedIndexes())
    assert selected == [0, 1, large.columns(), large.columns() + 1]


def test_a_narrower_grid_keeps_its_place(qtbot: QtBot, large: Grid) -> None:
    large.verticalScrollBar().setValue(120 * 500)
    first = large.visible_rows()[0]
    large.resize(600, 700)
    assert first in large.visible_rows()
    large.resize(80, 700)
    assert large.columns() == 1


def test_beside_the_last_cell_there_is_nothing(large: Grid) -> None:
    assert not large.indexAt(QPoint(-1, 5)).isValid()
    large.model().rowCount = lambda parent=None: 3  # type: ignore[method-assign]
    large.reset()
    last = large.visualRect(large.model().index(2, 0))
    assert large.indexAt(last.center()).row() == 2
    assert not large.indexAt(last.center() + QPoint(last.width(), 0)).isValid()
