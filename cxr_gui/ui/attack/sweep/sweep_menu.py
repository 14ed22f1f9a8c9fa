"""What else the settings of a sweep can be used for: queue it, or several."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_gui.ui.attack.sweep.queue_sweeps import QueueSweepsDialog, sweep_draft
from cxr_gui.ui.widgets.factories import ELLIPSIS
from cxr_gui.ui.widgets.menu_tool import MenuTool

if TYPE_CHECKING:
    from cxr_gui.session import Session
    from cxr_gui.ui.attack.sweep.sweep_bar import SweepBar


class SweepMenu(MenuTool):
    """Queues sweeps as a `bar` would do them; `known` are the classifiers as (title, checkpoint)."""

    def __init__(self, session: Session, known: Callable[[], list[tuple[str, Path]]], bar: SweepBar) -> None:
        super().__init__("sweepMenuButton", "Queue sweeps", bar)
        self._session, self._known, self._bar = session, known, bar
        self._one = self.add("queueSweepAction", "Queue it", self.queue)
        self._several = self.add("queueSweepsAction", f"Queue several{ELLIPSIS}", self.ask_several)
        self.opening.connect(self._allow)

    def queue(self) -> None:
        """A sweep of the classifier in use, and of those beside it."""
        session, dataset, used = self._session, self._session.dataset, self._session.classifier
        chosen = self._bar.chosen()
        if chosen is not None and dataset is not None and used is not None and used.file is not None:
            setting, certify = session.setting, self._bar.certify.isChecked()
            session.queueing.add(
                [
                    sweep_draft(session, dataset, file, setting.attack, setting.threat, chosen, certify)
                    for file in (used.file, *self._bar.beside.files())
                ]
            )

    def ask_several(self) -> None:
        """Choose attacks, threat models and classifiers, and queue a sweep of each with each."""
        chosen = self._bar.chosen()
        if chosen is not None:
            certify = self._bar.certify.isChecked()
            window = self.window()
            QueueSweepsDialog(self._session, self._known(), chosen, certify=certify, parent=window).open()

    def hindrance(self) -> str:
        """Why nothing can be queued now; empty when something can."""
        if self._session.catalog is None:
            return "PyTorch is still loading"
        return "Open a dataset first" if self._session.dataset is None else ""

    def _allow(self) -> None:
        why, used = self.hindrance(), self._session.classifier
        self.allow(self._several, "Attacks, threat models and classifiers to choose", why)
        has_file = used is not None and used.file is not None
        why = why or ("" if has_file else "The classifier in use has no file yet")
        self.allow(self._one, "After what is queued already", why)
