"""The images that were opened together, in a row, each small and with its verdict; one click shows one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import (
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from cxr_gui.ui.attack.verdict.verdict import STATES
from cxr_gui.ui.attack.viewer.annotations import GROUND
from cxr_gui.ui.attack.viewer.plate import as_image
from cxr_gui.ui.widgets.factories import named
from cxr_gui.ui.widgets.icons import pixmap
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import DARK, blend, theme

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Judged

PADDING = 16
GAP = 8  # between a film and what stands beside it
VERDICT = Qt.ItemDataRole.UserRole  # (words, colour's role)
FILM = VERDICT + 1  # a QImage of the radiograph, once it has been read
WAITING = ("\N{HORIZONTAL ELLIPSIS}", "muted")
UNREADABLE = ("\N{WARNING SIGN}  Unreadable", "warning")
NO_ANSWER = ("\N{WARNING SIGN}  No answer", "warning")


def verdict_of(judged: Judged) -> tuple[str, str]:
    """A verdict in a symbol and a word or two, and the role of its colour."""
    if judged.error is not None:
        return UNREADABLE if judged.state == "unreadable" else NO_ANSWER
    symbol, word, role = STATES[judged.state]
    return (f"{symbol}  {word}", role) if judged.known else (f"?  Label unknown: {word.lower()}", role)


class Filmstrip(QListWidget):
    """Films from left to right, each beside its name and its verdict; hidden while there is only one."""

    imageChosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.paths: tuple[Path, ...] = ()
        self.pale = False
        named(self, "filmstrip", "Images that were opened together")
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(self.fontMetrics().height() * 2 + 30)
        self.setItemDelegate(_Frame(self))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.currentRowChanged.connect(self._choose)
        self.hide()

    def show_paths(self, paths: Sequence[Path]) -> None:
        """Take another set of images."""
        self.paths = tuple(dict.fromkeys(Path(path) for path in paths))
        with QSignalBlocker(self):
            self.clear()
            for path in self.paths:
                item = QListWidgetItem(path.name)
                item.setToolTip(literal(str(path)))
                item.setSizeHint(QSize(self._width(), self.height() - 16))
                self.addItem(item)
        self.setVisible(len(self.paths) > 1)

    def show_verdict(self, judged: Judged) -> None:
        """Say below an image what was found."""
        item = self.item(self.paths.index(judged.path))
        words, _ = verdict_of(judged)
        item.setData(VERDICT, verdict_of(judged))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{judged.path.name}: {words}")
        item.setToolTip(literal("\n".join((str(judged.path), judged.sentence, *judged.warnings))))
        if judged.thumbnail is not None:
            item.setData(FILM, as_image(judged.thumbnail))

    def clear_verdicts(self) -> None:
        """Take the verdicts away: others are being worked out."""
        for row, path in enumerate(self.paths):
            self.item(row).setData(VERDICT, None)
            self.item(row).setToolTip(literal(str(path)))

    def set_pale(self, pale: bool) -> None:
        """Show the verdicts without colour: they are of another attack."""
        if pale != self.pale:
            self.pale = pale
            self.viewport().update()

    def mark(self, path: Path) -> None:
        """Show which one is in the views."""
        with QSignalBlocker(self):
            self.setCurrentRow(self.paths.index(path) if path in self.paths else -1)

    def _width(self) -> int:
        """Of each image the same; the usual verdict is whole, a long name is shortened in its middle."""
        words = self.fontMetrics().horizontalAdvance(f"?  Label unknown: {STATES['resisted'][1].lower()}")
        return self.height() - 16 + GAP + words + PADDING

    def _choose(self, row: int) -> None:
        if row >= 0:
            self.imageChosen.emit(self.paths[row])


class _Frame(QStyledItemDelegate):
    """Paints a film, black until it is read, and beside it a name over its verdict."""

    def __init__(self, strip: Filmstrip) -> None:
        super().__init__(strip)
        self._strip = strip

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        words, role = index.data(VERDICT) or WAITING
        palette = theme().palette
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            painter.fillRect(option.rect, blend(palette.panel, palette.accent, 0.2 if chosen else 0.08))
        box = option.rect.adjusted(PADDING // 2, 2, -PADDING // 2, -2)
        painter.save()
        film = QRect(box.left(), box.top(), box.height(), box.height())
        _paint_film(painter, film, index.data(FILM), broken=words == UNREADABLE[0])
        box.setLeft(film.right() + 1 + GAP)
        half = box.height() // 2
        upper = QRect(box.left(), box.top(), box.width(), half)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setPen(QColor(palette.text))
        metrics = option.fontMetrics
        name = metrics.elidedText(index.data(), Qt.TextElideMode.ElideMiddle, box.width())
        painter.drawText(upper, left, name)
        painter.setPen(QColor(palette.muted if self._strip.pale else getattr(palette, role)))
        words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(upper.translated(0, half), left, words)
        painter.restore()


def _paint_film(painter: QPainter, place: QRect, film: QImage | None, *, broken: bool) -> None:
    """A radiograph in its proportions on black, whatever the theme: the chrome is themed, never the data."""
    painter.fillRect(place, GROUND)
    if broken:
        side = place.height() // 2
        corner = place.center() - QPoint(side // 2, side // 2)
        painter.drawPixmap(corner, pixmap("broken", DARK.warning, side, painter.device().devicePixelRatio()))
    elif film is not None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        inside = QRect(place)
        inside.setSize(film.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio))
        inside.moveCenter(place.center())
        painter.drawImage(inside, film)
