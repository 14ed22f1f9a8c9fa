"""The bracket of a film along the epsilon axis: proven, undecided and broken, each a texture and a colour."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider, QWidget

from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.theme import theme

HEIGHT = 8
WHAT = "Proven: no attack can change the decision. Broken: this one does. Between them nothing is known."


@dataclass(frozen=True)
class Bracket:
    """Where the decision about a film is proven, and where it is known to flip; both in pixel units.

    certified  0 where nothing is proven       critical  inf where no flip is known
    """

    certified: float = 0.0
    critical: float = math.inf

    def parts(self, shown: float) -> Iterator[tuple[str, float, float]]:
        """("proven", "undecided" or "broken", from, to) along 0 to `shown`, the empty ones left out."""
        proven, broken = min(self.certified, shown), min(self.critical, shown)
        broken = max(proven, broken)
        for name, start, end in (
            ("proven", 0.0, proven),
            ("undecided", proven, broken),
            ("broken", broken, shown),
        ):
            if end > start:
                yield name, start, end

    def sentence(self) -> str:
        """The bracket in words; "" where neither end is known."""
        words = []
        if self.certified > 0:
            words.append(f"proven to {epsilons().both(self.certified)}")
        if 0 < self.critical < math.inf:
            words.append(f"flips at {epsilons().both(self.critical)}")
        return ", ".join(words)


def paint_bracket(
    painter: QPainter, bracket: Bracket, shown: float, place: Callable[[float, float], QRectF]
) -> None:
    """Fill the parts of a bracket; `place` gives the rectangle from one epsilon to another."""
    palette = theme().palette
    textures = {
        "proven": (palette.good, Qt.BrushStyle.SolidPattern),
        "undecided": (palette.muted, Qt.BrushStyle.Dense6Pattern),
        "broken": (palette.bad, Qt.BrushStyle.BDiagPattern),
    }
    for name, start, end in bracket.parts(shown):
        colour, texture = textures[name]
        painter.fillRect(place(start, end), QBrush(QColor(colour), texture))


class BracketSlider(QSlider):
    """A slider whose groove is the bracket of the film, once anything is known of it.

    shown     the epsilon at its right end     share_of  where an epsilon lies, 0..1; both in pixel units
    """

    def __init__(
        self, shown: float, share_of: Callable[[float], float], parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.bracket = Bracket()
        self._shown, self._share_of = shown, share_of
        self._tip = self._said = ""
        theme().changed.connect(self.update)

    def say(self, words: str) -> None:
        """What it stands at, for those who do not see it: to Qt its value is a number of steps."""
        self._said = words
        self._describe()

    def _describe(self) -> None:
        self.setAccessibleDescription("; ".join(filter(None, (self._said, self.bracket.sentence()))))

    def explain(self, tip: str) -> None:
        """Have this tip, below what is known of the film."""
        self._tip = tip
        self.show_bracket(self.bracket)

    def show_bracket(self, bracket: Bracket) -> None:
        """Show this one."""
        self.bracket = bracket
        sentence = bracket.sentence()
        self._describe()
        words = f"{sentence[:1].upper()}{sentence[1:]}.\n{WHAT}\n" if sentence else ""
        self.setToolTip(f"{words}{self._tip}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.bracket.sentence():
            super().paintEvent(event)
            return
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        option.subControls = QStyle.SubControl.SC_SliderHandle
        handle = self.style().subControlRect(
            QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
        )
        box = QRectF(self.rect()).adjusted(handle.width() / 2, 0, -handle.width() / 2, 0)

        def place(start: float, end: float) -> QRectF:
            left, right = (box.left() + self._share_of(at) * box.width() for at in (start, end))
            return QRectF(left, box.center().y() - HEIGHT / 2, right - left, HEIGHT)

        painter = QPainter(self)
        paint_bracket(painter, self.bracket, self._shown, place)
        self.style().drawComplexControl(QStyle.ComplexControl.CC_Slider, option, painter, self)
        painter.end()
