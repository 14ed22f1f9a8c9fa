"""How cells are drawn: a view asks once for each, where Qt's own asks for seven things one by one."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from cxr_gui.ui.runs.columns import NAME
from cxr_gui.ui.runs.runs_model import RIGHT, RunsModel

PLAIN = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class Cells(QStyledItemDelegate):
    """Draws the cells of a RunsModel: half a thousand of them are visible at a time."""

    def __init__(self, model: RunsModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        model = self._model
        if model.columns[index.column()].name == NAME:  # with a picture
            super().initStyleOption(option, index)
            return
        option.index = index  # type: ignore[assignment]
        option.text = str(model.data(index, Qt.ItemDataRole.DisplayRole) or "")
        option.features |= QStyleOptionViewItem.ViewItemFeature.HasDisplay
        alignment = model.data(index, Qt.ItemDataRole.TextAlignmentRole)
        option.displayAlignment = PLAIN if alignment is None else RIGHT
        colour = model.data(index, Qt.ItemDataRole.ForegroundRole)
        if isinstance(colour, QColor):
            option.palette.setColor(QPalette.ColorRole.Text, colour)
