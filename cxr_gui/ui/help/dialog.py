"""The guide in a window of its own, which may stay open beside the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QListWidget,
    QListWidgetItem,
    QTextBrowser,
    QWidget,
)

from cxr_gui.ui.help.pages import PAGES, page, page_words
from cxr_gui.ui.widgets.factories import column, field, named, row
from cxr_gui.ui.widgets.theme import GRID, theme

if TYPE_CHECKING:
    from cxr_gui.core.choices import Catalog

CONTENTS_WIDTH = 26 * GRID
ENTRY_HEIGHT = 4 * GRID
WIDTH, HEIGHT = 120 * GRID, 84 * GRID
STYLE = """
h1 {{ font-size: x-large; font-weight: 600; margin-bottom: 4px; }}
h2 {{ font-size: large; font-weight: 600; margin-top: 20px; margin-bottom: 0; }}
p, li {{ line-height: 125%; }}
a {{ color: {accent}; }}
pre {{ background-color: {raised}; font-family: monospace; }}
code {{ background-color: {raised}; font-family: monospace; }}
th {{ color: {muted}; text-align: left; font-weight: normal; padding-right: 24px; }}
td {{ padding-right: 24px; padding-top: 4px; }}
"""


class HelpDialog(QDialog):
    """Contents on the left, the page on the right; what is sought is marked, on the pages that have it.

    catalog  what there is to be chosen and checked, at the moment a page is shown; None while PyTorch loads
    """

    def __init__(self, catalog: Callable[[], Catalog | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._catalog = catalog
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        named(self, "helpDialog")
        self.setWindowTitle("Guide")
        tip = "Lists the pages that contain these words; Enter goes to the next place"
        self.find_field = field("helpFind", "Find in the guide", tip, hint="Find")
        self.find_field.setClearButtonEnabled(True)
        self.contents = named(QListWidget(), "helpContents", "Contents")
        self.text = named(QTextBrowser(openLinks=False), "helpText", "Page of the guide")
        self.text.document().setDocumentMargin(2 * GRID)
        for name, title in PAGES.items():
            entry = QListWidgetItem(title, self.contents)
            entry.setData(Qt.ItemDataRole.UserRole, name)
            entry.setSizeHint(QSize(0, ENTRY_HEIGHT))
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)  # Enter is Find's
        close.rejected.connect(self.reject)

        side = QWidget()
        side.setFixedWidth(CONTENTS_WIDTH)
        column(self.find_field, self.contents, on=side)
        pages = row(side, (self.text, 1), gap=2 * GRID)
        column(pages, close, gap=2 * GRID, around=(2 * GRID,) * 4, on=self)
        self.resize(WIDTH, HEIGHT)

        self.contents.currentItemChanged.connect(self._show_page)
        self.text.anchorClicked.connect(self._follow)
        self.find_field.textChanged.connect(self._seek)
        self.find_field.returnPressed.connect(self._next)
        theme().changed.connect(self._show_page)
        self.contents.setCurrentRow(0)
        self.contents.setFocus()

    def go_to(self, name: str, anchor: str = "") -> None:
        """Show a page, from a place of it on."""
        self.contents.setCurrentRow(list(PAGES).index(name))
        if anchor:
            self.text.scrollToAnchor(anchor)

    def _show_page(self) -> None:
        colours = theme().palette
        sheet = STYLE.format(accent=colours.accent, raised=colours.raised, muted=colours.muted)
        self.text.document().setDefaultStyleSheet(sheet)
        self.text.setHtml(page(self.contents.currentItem().data(Qt.ItemDataRole.UserRole), self._catalog()))
        self._next()

    def _follow(self, link: QUrl) -> None:
        self.go_to(link.path(), link.fragment())

    def _seek(self, words: str) -> None:
        """List the pages with these words, and go to the first of them unless the page shown is one."""
        catalog = self._catalog()
        found = [words.lower() in page_words(name, catalog).lower() for name in PAGES]
        for number, has_it in enumerate(found):
            self.contents.item(number).setHidden(not has_it)
        if any(found) and self.contents.currentItem().isHidden():
            self.contents.setCurrentRow(found.index(True))
        self._from_the_top()
        self._next()

    def _next(self) -> None:
        words = self.find_field.text()
        if words and not self.text.find(words):
            self._from_the_top()
            self.text.find(words)

    def _from_the_top(self) -> None:
        cursor = self.text.textCursor()
        cursor.setPosition(0)
        self.text.setTextCursor(cursor)
