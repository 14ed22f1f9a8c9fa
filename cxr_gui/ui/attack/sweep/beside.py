"""Which other classifiers a sweep takes too, so that one chart shows them beside the one in use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from cxr_gui.core.models import ROBUST, STANDARD, find_shipped
from cxr_gui.ui.widgets.elided import ElidedButton
from cxr_gui.ui.widgets.factories import named
from cxr_gui.ui.widgets.literal import literal

if TYPE_CHECKING:
    from cxr_gui.session import Session

COUNTERPARTS = {STANDARD: ROBUST, ROBUST: STANDARD}
WHAT = "Other classifiers that are attacked after the one in use, for the same chart"


class BesideButton(ElidedButton):
    """A menu of the classifiers that are `known` as (title, file), each to be ticked.

    Until somebody ticks or unticks one, the shipped standard and robust classifiers stand beside each other.
    """

    def __init__(
        self, session: Session, known: Callable[[], list[tuple[str, Path]]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent=parent)
        self._session, self._known = session, known
        self._chosen: set[Path] | None = None
        named(self, "besideButton", "Classifiers to compare with", WHAT)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        session.classifierChanged.connect(self._say)
        self._say()

    def files(self) -> list[Path]:
        """The checkpoints to sweep beside the classifier in use."""
        used = self._used()
        if self._chosen is not None:
            return [file for _, file in self._known() if file in self._chosen and file != used]
        name = next(
            (name for name in COUNTERPARTS if (entry := find_shipped(name)) and entry.path == used), ""
        )
        other = find_shipped(COUNTERPARTS.get(name, ""))
        return [] if other is None else [other.path]

    def _used(self) -> Path | None:
        return None if self._session.classifier is None else self._session.classifier.file

    def _fill(self) -> None:
        menu, ticked = self.menu(), self.files()
        menu.clear()
        for title, file in self._known():
            if file != self._used():
                action = QAction(title.replace("&", "&&"), menu, checkable=True, checked=file in ticked)
                action.setToolTip(literal(str(file)))
                action.toggled.connect(lambda on, file=file: self._tick(file, on))
                menu.addAction(action)
        if menu.isEmpty():
            menu.addAction(QAction("There is no other classifier yet", menu, enabled=False))

    def _tick(self, file: Path, on: bool) -> None:
        self._chosen = {*self.files(), file} if on else {*self.files()} - {file}
        self._say()

    def _say(self) -> None:
        files = self.files()
        titles = [title for title, file in self._known() if file in files]
        more = titles[0] if len(titles) == 1 else f"{len(titles)} more"
        self.setText(f"Compare with: {more}" if titles else "Compare")
        self.setToolTip(literal("\n".join([WHAT, *titles])))
