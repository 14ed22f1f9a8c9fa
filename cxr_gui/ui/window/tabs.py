"""Tabs that do not paint what has not changed, nor what is new when somebody waits for it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QStackedWidget, QTabWidget, QWidget

from cxr_gui.ui.widgets.icons import icon
from cxr_gui.ui.widgets.theme import theme


class Tabs(QTabWidget):
    """Whenever something within wants another size, a label with a new text, Qt's lay out the same again and
    paint all that is visible. These only pass the wish on, unless it is their bar that has changed.
    """

    def __init__(self) -> None:
        super().__init__(documentMode=True)
        self._laid_out_for = QSize()
        self._icons: tuple[str, ...] = ()
        self._marks: dict[QWidget, str] = {}
        theme().changed.connect(self._tint)

    def set_icons(self, names: Iterable[str]) -> None:
        """Give the tabs these icons, in the colours of the theme."""
        self._icons = tuple(names)
        self._tint()

    def mark(self, page: QWidget, why: str) -> None:
        """Put a dot on a page's tab, for whoever is on another; "" takes it away."""
        if self._marks.get(page, "") != why:
            self._marks[page] = why
            self._tint()

    def _tint(self) -> None:
        for place, (page, name) in enumerate(zip(self.pages(), self._icons, strict=True)):
            why = self._marks.get(page, "")
            self.setTabIcon(place, icon(name, dot=theme().palette.accent if why else ""))
            self.setTabToolTip(place, why)
            self.tabBar().setAccessibleTabName(place, f"{self.tabText(place)}, {why}" if why else "")

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            bar = self.tabBar()
            wanted = QSize(0, 0) if bar.isHidden() else bar.sizeHint()
            if wanted == self._laid_out_for:
                self.updateGeometry()
                return True
            self._laid_out_for = wanted
        return super().event(event)

    @property
    def inside(self) -> QWidget:
        """What the pages are in, so that they can be built where they will be."""
        stack = self.findChild(QStackedWidget)
        assert stack is not None  # noqa: S101
        return stack

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
