"""What becomes of whatever is opened: who reads it, where it is shown, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cxr_gui.core.study import kind_of

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from cxr_gui.jobs import Job
    from cxr_gui.ui.window.main_window import MainWindow


class Route(NamedTuple):
    """Who reads a kind of thing, what remembers it once it is open, and the tab that shows it."""

    read: Callable[[Path], Job]
    remember: Callable[[str], object]
    tab: QWidget | None = None


class Router:
    """The one way of a path into the window: from a button, a drop, the clipboard, a list of recent ones, the
    command line or an empty tab."""

    def __init__(self, window: MainWindow) -> None:
        settings, opening = window.settings, window.session.opening
        self._tabs, self._opening = window.tabs, opening
        results = Route(opening.results, partial(settings.remember, "recent"), window.attack_tab)
        self._routes = {
            "image": Route(opening.image, partial(settings.remember, "recent_images"), window.attack_tab),
            "dataset": Route(window.dataset_tab.rereading.open, settings.remember_folder, window.dataset_tab),
            "classifier": Route(opening.classifier, settings.remember_classifier),
            "run": results._replace(tab=window.training_tab),
            "shifts": results._replace(read=partial(_open_shifts, window)),
            **dict.fromkeys(("study", "sweep", "sweeps"), results),
        }

    def open(self, paths: Iterable[Path]) -> set[str]:
        """Open folders, classifiers, results and X-rays, and go to the tab that shows them.

        Returns the kinds of what came. Of several X-rays the first is shown, and the others are at hand.
        """
        kinds = {path: kind_of(path) for path in paths}
        images = [path for path, kind in kinds.items() if kind == "image"]
        for path, kind in kinds.items():
            if kind != "image":
                self._take(self._routes[kind], path)
        if images:
            several = self._routes["image"]._replace(read=lambda _: self._opening.images(images))
            self._take(several, images[0])
        return set(kinds.values())

    def reopen(self, folder: Path) -> None:
        """Open a folder known to be a dataset, whatever else has come to lie in it; no tab is turned to."""
        self._take(self._routes["dataset"]._replace(tab=None), folder)

    def _take(self, route: Route, path: Path) -> None:
        route.read(path).done.connect(lambda _: route.remember(str(path)))
        if route.tab is not None:
            self._tabs.setCurrentWidget(route.tab)


def _open_shifts(window: MainWindow, path: Path) -> Job:
    """Their table takes the place of the chart."""
    job = window.session.opening.results(path)
    job.done.connect(lambda _: window.attack_tab.show_shifts())
    return job
