"""How well words stand out from what is behind them."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from PySide6.QtGui import QColor


def luminance(colour: QColor | str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = QColor(colour).getRgbF()[:3]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: QColor | str, two: QColor | str) -> float:
    """From 1, for the same colour, to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def assert_legible(axes: Axes) -> None:
    """Every number stands out from the cell of the picture that it is written on."""
    (picture,) = axes.images
    cells = picture.to_rgba(picture.get_array())
    assert axes.texts
    for text in axes.texts:
        column, row = map(int, text.get_position())
        assert contrast(to_hex(text.get_color()), to_hex(cells[row, column])) >= 4.5, text.get_text()
