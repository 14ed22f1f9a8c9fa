"""Tabs that do not paint what has not changed, nor what is new when somebody waits for it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QTabWidget, QWidget


class Tabs(QTabWidget):
    """Whenever something within wants another size, a label with a new text, Qt's lay out the same again and
    paint all that is visible. These only pass the wish on, unless it is their bar that has changed.
    """

    _laid_out_for = QSize()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            bar = self.tabBar()
            wanted = QSize(0, 0) if bar.isHidden() else bar.sizeHint()
            if wanted == self._laid_out_for:
                self.updateGeometry()
                return True
            self._laid_out_for = wanted
        return super().event(event)

    def pages(self) -> list[QWidget]:
        """The pages in the order of their tabs."""
        return [page for place in range(self.count()) if (page := self.widget(place)) is not None]

    def paint_hidden(self) -> None:
        """Lay out and paint the pages nobody sees, which takes twice as long the first time as ever after:
        20 ms of the start, rather than of when somebody comes to a page.
        """
        shown = self.currentWidget()
        for page in map(self.widget, range(self.count())):
            if page is not None and shown is not None and not page.isVisible():
                page.resize(shown.size())
                page.grab()
