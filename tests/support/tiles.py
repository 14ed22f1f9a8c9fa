"""The grid of a window's Dataset tab, and what it shows."""

from __future__ import annotations

from cxr_gui.ui.dataset.grid import Grid
from cxr_gui.ui.window.main_window import MainWindow


def grid(window: MainWindow) -> Grid:
    return window.findChild(Grid, "imageGrid")


def names(window: MainWindow) -> list[str]:
    """The files it shows, in its order."""
    model = grid(window).model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]
