"""Axes whose grid costs next to nothing."""

from __future__ import annotations

from functools import cache
from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QColor, QPainter

from cxr_gui.ui.widgets.theme import blend, theme

SIDES = ("left", "bottom", "right", "top")
BEHIND = -1000.0
"""Of everything else in a plot."""


class Axis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Its grid is drawn behind the curves in the colours that seen-through lines would have on the plot's
    background: over lines that can be seen through Qt's rasteriser takes twenty times as long.
    """

    def generateDrawSpecs(self, painter: QPainter) -> Any:
        specs = super().generateDrawSpecs(painter)
        if specs is None:
            return None
        axis, ticks, words = specs
        for pen, _, _ in ticks:
            pen.setColor(_opaque(pen.color().rgba(), theme().palette.panel))
        return axis, ticks, words


def axes(**own: pg.AxisItem) -> dict[str, pg.AxisItem]:
    """Those that a plot shows: on the left, at the bottom, and `own`."""
    return {side: Axis(side) for side in ("left", "bottom")} | own


@cache
def _opaque(colour: int, background: str) -> QColor:
    """What a colour, as 0xAARRGGBB, looks like on a background."""
    seen_through = QColor.fromRgba(colour)
    return blend(background, seen_through.name(), seen_through.alphaF())
