"""The images that were opened together, in a row, each small and with its verdict; one click shows one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from cxr_gui.core.base.units import to_pixel
from cxr_gui.ui.attack.strip.short_names import short_classes, short_names
from cxr_gui.ui.attack.verdict.verdict import STATES
from cxr_gui.ui.attack.viewer.annotations import GROUND
from cxr_gui.ui.attack.viewer.plate import as_image
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import named
from cxr_gui.ui.widgets.icons import pixmap
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import DARK, blend, theme

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Judged

PADDING = 8
GAP = 6  # between a film and what stands beside it
LINES = 3
SMALL = 0.9  # of the font, for what stands beside a film
VERDICT = Qt.ItemDataRole.UserRole  # (words, colour's role)
FILM = VERDICT + 1  # a QImage of the radiograph, once it has been read
ANSWERS = VERDICT + 2  # "PNEU 0.97 -> NORM 0.04"
SHORT = VERDICT + 3  # the name without what all names have in common
USUAL = to_pixel(0.0045, "model")  # a critical epsilon with as many digits as most have
STEPS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)
WAITING = ("\N{HORIZONTAL ELLIPSIS}", "muted")
UNREADABLE = ("\N{WARNING SIGN}  Unreadable", "warning")
NO_ANSWER = ("\N{WARNING SIGN}  No answer", "warning")


def verdict_of(judged: Judged) -> tuple[str, str]:
    """A verdict in a symbol and a word or two, with the critical epsilon, and the role of its colour."""
    if judged.error is not None:
        return UNREADABLE if judged.state == "unreadable" else NO_ANSWER
    symbol, word, role = STATES[judged.state]
    if judged.critical and math.isfinite(judged.critical):
        way = "from" if judged.state == "flipped" else "to"
        word = f"{word} {way} {epsilons().shown(judged.critical, digits=2)}"
    return f"{symbol}  {word}", role


def answers_of(judged: Judged) -> str:
    """What is decided before and after, with P(positive): "PNEU 0.97 -> NORM 0.04"; "" without answer."""
    if judged.clean is None or judged.attacked is None:
        return ""
    short = short_classes(judged.classes)
    before, after = (f"{short[place]} {share:.2f}" for place, share in (judged.clean, judged.attacked))
    return f"{before} \N{RIGHTWARDS ARROW} {after}"


class Filmstrip(QListWidget):
    """Films from left to right, each beside its name, its answers and its verdict; hidden while there is only
    one. Arrow keys step; what it has no use for is the views'.
    """

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
        self.small = QFont(self.font())
        self.small.setPointSizeF(self.font().pointSizeF() * SMALL)
        self.setFixedHeight(QFontMetrics(self.small).height() * LINES + 26)
        self.setItemDelegate(_Frame(self))
        self.currentRowChanged.connect(self._choose)
        epsilons().changed.connect(self._fit)
        self.hide()

    def show_paths(self, paths: Sequence[Path]) -> None:
        """Take another set of images."""
        self.paths = tuple(dict.fromkeys(Path(path) for path in paths))
        with QSignalBlocker(self):
            self.clear()
            short = short_names([path.name for path in self.paths])
            for path, name in zip(self.paths, short, strict=True):
                item = QListWidgetItem(path.name)
                item.setData(SHORT, name)
                item.setToolTip(literal(str(path)))
                self.addItem(item)
        self._fit()
        self.setVisible(len(self.paths) > 1)

    def show_verdict(self, judged: Judged) -> None:
        """Say beside an image what was found."""
        item = self.item(self.paths.index(judged.path))
        words, answers = verdict_of(judged)[0], answers_of(judged)
        item.setData(VERDICT, verdict_of(judged))
        item.setData(ANSWERS, answers)
        said = ", ".join(filter(None, (answers, words)))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{judged.path.name}: {said}")
        item.setToolTip(literal("\n".join((str(judged.path), judged.sentence, *judged.warnings))))
        if judged.thumbnail is not None:
            item.setData(FILM, as_image(judged.thumbnail))

    def clear_verdicts(self) -> None:
        """Take the verdicts away: others are being worked out."""
        for row, path in enumerate(self.paths):
            self.item(row).setData(VERDICT, None)
            self.item(row).setData(ANSWERS, None)
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

    def _fit(self) -> None:
        size = QSize(self._width(), self.height() - 16)
        for row in range(self.count()):
            self.item(row).setSizeHint(size)

    def _width(self) -> int:
        """Of each image the same; the usual words are whole, a long name is shortened in its middle."""
        critical = epsilons().shown(USUAL, digits=2)
        usual = ("PNEU 0.00 \N{RIGHTWARDS ARROW} NORM 0.00", f"\N{CHECK MARK}  Flipped from {critical}")
        words = max(map(QFontMetrics(self.small).horizontalAdvance, usual))
        return self.height() - 16 + GAP + words + PADDING

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in STEPS:
            super().keyPressEvent(event)
        else:
            event.ignore()

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
        painter.setFont(self._strip.small)
        metrics = QFontMetrics(self._strip.small)
        colour = palette.muted if self._strip.pale else getattr(palette, role)
        middle, right = Qt.TextElideMode.ElideMiddle, Qt.TextElideMode.ElideRight
        lines = (
            (index.data(SHORT), palette.text, middle),
            (index.data(ANSWERS) or "", palette.muted if self._strip.pale else palette.text, right),
            (words, colour, right),
        )
        shown = [line for line in lines if line[0]]
        for place, (line, ink, elide) in enumerate(shown):
            top = box.top() + place * box.height() / len(shown)
            painter.setPen(QColor(ink))
            room = QRectF(box.left(), top, box.width(), box.height() / len(shown))
            painter.drawText(
                room, Qt.AlignmentFlag.AlignVCenter, metrics.elidedText(line, elide, box.width())
            )
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
