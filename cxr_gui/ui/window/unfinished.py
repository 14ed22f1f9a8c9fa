"""What was at work when a window was closed or killed is offered at the next start; it never just begins."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from cxr_gui.core.base.wording import counted

if TYPE_CHECKING:
    from cxr_gui.core.sweep import UnfinishedSweep
    from cxr_gui.ui.training import ExistingRun
    from cxr_gui.ui.window.main_window import MainWindow

GO_ON, DISCARD = "Go on", "Discard"


class Unfinished(QObject):
    """Looks once, when PyTorch is there, without which nothing could go on."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        once = Qt.ConnectionType.SingleShotConnection
        self._session.catalogChanged.connect(self._look, once)
        window.training_tab.interruptionFound.connect(self._offer_training, once)

    def _look(self) -> None:
        self._session.sweeping.look_for_unfinished(self._offer_sweeps)

    def _offer_sweeps(self, sweeps: list[UnfinishedSweep]) -> None:
        for sweep in reversed(sweeps):  # the latest is shown first
            asked = sweep.asked
            if not asked["classifier"]:  # one in training, of which there is no file to go on with
                continue
            what = f"{asked['attack']}, {asked['threat']}, {Path(asked['classifier']).stem}"
            self._session.offer(
                f"A sweep was interrupted at {sweep.done:,} of {sweep.total:,} images: {what}.",
                (GO_ON, partial(self._go_on_with, sweep)),
                (DISCARD, partial(self._session.sweeping.discard, sweep)),
            )

    def _go_on_with(self, sweep: UnfinishedSweep) -> None:
        self._window.tabs.setCurrentWidget(self._window.attack_tab)
        self._window.attack_tab.sweep.bar.go_on(sweep)

    def _offer_training(self, run: ExistingRun) -> None:
        tab, epochs = self._window.training_tab, counted(run.config.recipe.epochs, "epoch")
        self._session.offer(
            f"A training was interrupted after {len(run.history)} of {epochs}: {run.folder.name}.",
            (GO_ON, self._train_on),
            (DISCARD, tab.form.new_folder),
        )

    def _train_on(self) -> None:
        self._window.tabs.setCurrentWidget(self._window.training_tab)
        self._window.training_tab.go_on()
