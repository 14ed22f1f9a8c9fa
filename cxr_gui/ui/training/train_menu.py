"""What else the form of a training can be used for: queue it, once or with several seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.queue import train_options
from cxr_gui.session import Draft, Session
from cxr_gui.ui.training.form import RunForm
from cxr_gui.ui.widgets.menu_tool import MenuTool

SEEDS = 3


class TrainMenu(MenuTool):
    """Queues what a form describes; `hindrance` says why nothing can be trained, or ""."""

    def __init__(self, session: Session, form: RunForm, hindrance: Callable[[], str]) -> None:
        super().__init__("trainMenuButton", "Queue trainings")
        self._session, self._form, self.hindrance = session, form, hindrance
        self._once = self.add("queueTrainingAction", "Queue it", self.queue)
        self._seeds = self.add("queueSeedsAction", "", partial(self.queue, SEEDS))
        self.opening.connect(self._allow)

    def queue(self, seeds: int = 1) -> None:
        """Queue the training with so many seeds, from the form's own on."""
        dataset = self._session.dataset
        try:
            config = self._session.training.without_excluded(self._form.config())
        except SettingsError as error:
            self._session.tell_error(error)
            return
        if dataset is not None:
            name = f"{config.architecture}-{config.recipe.name}-seed"
            self._session.queueing.add(
                [
                    Draft("train", f"{name}{seed}", train_options(dataset, replace(config, seed=seed)))
                    for seed in range(config.seed, config.seed + seeds)
                ]
            )

    def _allow(self) -> None:
        first, why = self._form.seed_box.value(), self.hindrance()
        seeds = ", ".join(map(str, range(first, first + SEEDS)))
        self._seeds.setText(f"Queue it with the seeds {seeds}")
        self.allow(self._once, "After what is queued already", why)
        self.allow(self._seeds, "How far results vary with the seed", why)
