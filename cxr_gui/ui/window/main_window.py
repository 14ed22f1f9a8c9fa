"""The window: four tabs on one session, a message bar above them, a status bar below."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QLineEdit,
    QMainWindow,
    QWidget,
)

from cxr_gui.core.base.files import exists
from cxr_gui.core.images import suffixes
from cxr_gui.session import OpenFilm, Session
from cxr_gui.ui.attack import AttackTab
from cxr_gui.ui.dataset import DatasetTab
from cxr_gui.ui.runs import RunsTab
from cxr_gui.ui.training import TrainingTab
from cxr_gui.ui.widgets.asking import ask_file, ask_files, ask_folder, chosen_places
from cxr_gui.ui.widgets.drawings import png
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import column, named
from cxr_gui.ui.widgets.settings import Settings
from cxr_gui.ui.widgets.theme import GRID, theme
from cxr_gui.ui.window.actions import Action
from cxr_gui.ui.window.catalogue import all_actions
from cxr_gui.ui.window.downloads import Downloads
from cxr_gui.ui.window.drop import DropOverlay, dropped_paths, pasted_image
from cxr_gui.ui.window.film_facts import FilmFacts
from cxr_gui.ui.window.full_screen import FullScreen
from cxr_gui.ui.window.hints import Hints
from cxr_gui.ui.window.menus import build_menus
from cxr_gui.ui.window.messages import MessageBar
from cxr_gui.ui.window.palette import CommandPalette
from cxr_gui.ui.window.preparing import Preparing
from cxr_gui.ui.window.queue.queue_notices import QueueNotices
from cxr_gui.ui.window.router import Router
from cxr_gui.ui.window.shortcuts import ShortcutSheet
from cxr_gui.ui.window.status_bar import StatusBar
from cxr_gui.ui.window.tabs import Tabs
from cxr_gui.ui.window.training_dot import TrainingDot
from cxr_gui.ui.window.unfinished import Unfinished

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cxr_gui.core.base.errors import OutputError
    from cxr_gui.core.data import Dataset
    from cxr_gui.core.models import Classifier

TABS = {"Dataset": "grid", "Training": "curve", "Attack": "target", "Runs": "runs"}
"""Titles -> icons."""

TITLE = "Chest X-ray robustness workbench"
CLOSE_MILLISECONDS = 5000
UNSHOWN_MILLISECONDS = 1000


class MainWindow(QMainWindow):
    """Everything a person sees. PyTorch is loaded, off this thread, once the window is painted."""

    paletteShown = Signal()

    def __init__(self, session: Session, settings: Settings) -> None:
        super().__init__()
        self.session, self.settings = session, settings
        chosen_places().keep_in(settings)
        session.setParent(self)
        self._loading = False
        named(self, "mainWindow")
        self.setWindowTitle(TITLE)
        self.setAcceptDrops(True)
        if theme().mode != settings.theme:
            theme().set_mode(settings.theme)
        epsilons().set_unit(settings.epsilon_unit)

        # From the outside in: Qt styles everything in a widget anew whenever that is put into another one.
        self._centre = QWidget()
        self.setCentralWidget(self._centre)
        self.tabs = named(Tabs(), "tabs", "Steps of a study")
        column((self.tabs, 1), gap=0, on=self._centre)
        self.tabs.tabBar().setAccessibleName("Steps of a study")
        self.dataset_tab = DatasetTab(session, settings, self.tabs.inside)
        self.training_tab = TrainingTab(session, settings, self.tabs.inside)
        self.attack_tab = AttackTab(session, settings, self.tabs.inside)
        self.runs_tab = RunsTab(session, settings, self.tabs.inside)
        self.tabs.tabBar().setDrawBase(False)
        pages = (self.dataset_tab, self.training_tab, self.attack_tab, self.runs_tab)
        for page, title in zip(pages, TABS, strict=True):
            self.tabs.addTab(page, title)
            page.setAccessibleName(title)
        self.tabs.set_icons(TABS.values())
        self._router = Router(self)
        self.downloads = Downloads(session, settings, self._router.reopen, self)
        self.messages = MessageBar(self._centre, self.tabs.tabBar())
        self._overlay = DropOverlay(self._centre)
        self.status_bar = StatusBar(session, self)
        self.setStatusBar(self.status_bar)
        self._preparing = Preparing(session, self)
        self._hints, self._unfinished = Hints(self), Unfinished(self)
        self.queue = QueueNotices(self)
        self.status_bar.queue.clicked.connect(self.queue.show_queue)
        TrainingDot(session, self.tabs, self.training_tab)
        self.full_screen = FullScreen(self, self.tabs)
        self.all_actions = all_actions(self)
        build_menus(self)
        for field in self.findChildren(QLineEdit):
            field.setAcceptDrops(False)  # a file dropped on a field is to be opened, not typed

        settings.store.failed.connect(self._tell_forgetting, Qt.ConnectionType.SingleShotConnection)
        session.messageRaised.connect(self.messages.show_message)
        session.messageWithdrawn.connect(self.messages.withdraw)
        session.datasetChanged.connect(self._show_dataset)
        session.classifierChanged.connect(self._remember_trained)
        self.dataset_tab.folderRequested.connect(self.choose_folder)
        self.dataset_tab.demoRequested.connect(self.open_demo)
        self.dataset_tab.downloadRequested.connect(self.downloads.choose)
        self.attack_tab.demoRequested.connect(self.open_demo)
        self.attack_tab.imagesRequested.connect(self.choose_images)
        self.attack_tab.helpRequested.connect(self.show_shortcuts)
        self.attack_tab.noteRequested.connect(self.note)
        self.attack_tab.sweep.filmsRequested.connect(self.show_films)
        self.attack_tab.shifts.filmsRequested.connect(self.show_films)
        self.dataset_tab.inspectRequested.connect(self.inspect)
        self.training_tab.sweepRequested.connect(self.sweep)
        self.training_tab.openRequested.connect(lambda path: self.open_paths([path]))
        self.runs_tab.openRequested.connect(lambda path: self.open_paths([Path(path)]))
        self._restore()
        QTimer.singleShot(UNSHOWN_MILLISECONDS, self, self.load)  # where nobody paints, as in a script

    def show_shortcuts(self) -> None:
        """All keys of the window, and the mouse buttons, which are the views'."""
        ShortcutSheet(self.all_actions, self.attack_tab.views.look, self).open()

    def show_hints(self) -> None:
        """Lead through a first study, from where somebody was."""
        self._hints.show_next()

    def show_facts(self) -> None:
        """What the file of the film in the inspector says of it."""
        facts = self.findChild(FilmFacts) or FilmFacts(self.session, self.settings, self)
        facts.show()
        facts.raise_()

    def at_hand(self) -> list[str]:
        """The paths of what is selected in the dataset while that is in front, else of the film inspected."""
        if self.tabs.currentWidget() is self.dataset_tab:
            return self.dataset_tab.selected_paths()
        return [] if self.session.film is None else [str(self.session.film.path)]

    def note(self) -> None:
        """Flag what is at hand, or write a note about it; say so where that is nothing."""
        if paths := self.at_hand():
            self.dataset_tab.flagging.ask(paths, self)
        else:
            self.session.tell("Select images of the dataset, or open an X-ray, to flag them.")

    def show_palette(self) -> None:
        """Everything that can be done, to be found by its words."""
        palette = self.findChild(CommandPalette)
        if palette is None:
            palette = CommandPalette(self.all_actions, self)
            palette.chosen.connect(self.run_action)
        palette.toggle()
        self.paletteShown.emit()

    def run_action(self, action: Action) -> None:
        """Go where it belongs, and do it."""
        self.tabs.setCurrentWidget(action.page or self.tabs.currentWidget())
        action.do()

    # -- opening -----------------------------------------------------------------------------------------

    def load(self) -> None:
        """Start loading what takes long, once."""
        if not self._loading:
            self._loading = True
            if self.isVisible():
                self.tabs.paint_hidden()  # before the import of PyTorch has the processor
            self.session.noting.load()
            job = self.session.opening.catalog()
            job.failed.connect(self.status_bar.show_no_device)

    def open_first(self, paths: Iterable[Path] = ()) -> None:
        """Open `paths`; without any what was open last, and on a first start the demo study.

        A classifier that was chosen last judges what is opened, also where only images are.
        """
        paths = list(paths)
        last = Path(self.settings.last_folder) if self.settings.last_folder else None
        if paths:
            if self._router.open(paths) == {"image"}:
                self._open_last_classifier()
        elif last is None or not exists(last):
            self.session.sweepChanged.connect(self._hints.show_next, Qt.ConnectionType.SingleShotConnection)
            self.open_demo()
        else:
            self._router.reopen(last)
            self._open_last_classifier()

    def _open_last_classifier(self) -> None:
        last = self.settings.last_classifier
        if last and exists(Path(last)):
            self.session.opening.classifier(last)

    def open_paths(self, paths: Iterable[Path]) -> None:
        """Open folders, classifiers, results and X-rays, and go to the tab that shows them."""
        self._router.open(paths)

    def open_recent(self, path: Path) -> None:
        """Open what was open before, or say that it is gone and list it no longer."""
        if exists(path):
            self.open_paths([path])
        else:
            self.settings.forget(str(path))
            self.session.tell(f"{path} is no longer there: moved, renamed or removed.", level="warning")

    def paste(self) -> None:
        """Open the files, or the image without one, that are on the clipboard."""
        data = QGuiApplication.clipboard().mimeData()
        paths, image = dropped_paths(data), pasted_image(data)
        if paths:
            self.open_paths(Path(path) for path in paths)
        elif image is not None:
            self.session.opening.pasted(lambda: png(image))
            self.tabs.setCurrentWidget(self.attack_tab)
        else:
            self.session.tell("There is no image and no file on the clipboard.", level="warning")

    def open_demo(self) -> None:
        """Open the demo study and attack it: something worth seeing without data of one's own."""
        before = self.session.film
        job = self.session.opening.demo()
        self._preparing.call("Preparing the demo study")
        job.done.connect(lambda _: self._show_demo(before))

    def _show_demo(self, before: OpenFilm | None) -> None:
        """The sweep, and a film in place of one that was in view; without one the inspector has chosen."""
        session = self.session
        if before is not None and session.film is before and session.dataset is not None:
            self.attack_tab.show_first(session.dataset)
        self.sweep()

    def sweep(self) -> None:
        """Attack the test split with the classifier of the moment, and go and watch."""
        self._attack(self.attack_tab.sweep.start)

    def _attack(self, work: Callable[[], object]) -> None:
        """Go to the tab, and begin there when it is painted: both at once would keep the window busy."""
        self.tabs.setCurrentWidget(self.attack_tab)
        QTimer.singleShot(1, self.attack_tab, work)

    def inspect(self, path: str, label: str | None) -> None:
        """Show a record in the inspector."""
        self._attack(lambda: self.session.opening.image(path, label))

    def show_films(self, name: str, places: NDArray[np.intp]) -> None:
        """Show the records at these places of the dataset, and what they have in common."""
        self.tabs.setCurrentWidget(self.dataset_tab)
        self.dataset_tab.filters.show_only(name, places)

    def choose_folder(self) -> None:
        folder = ask_folder(self, "dataset", "Open a dataset folder", self.settings.last_folder)
        if folder is not None:
            self.open_paths([folder])

    def choose_images(self) -> None:
        kinds = f"X-rays ({' '.join(f'*{suffix}' for suffix in suffixes())});;All files (*)"
        self.open_paths(ask_files(self, "films", "Open X-rays", kinds, self.settings.last_folder))

    def choose_classifier(self) -> None:
        kinds, last = "Classifiers (*.safetensors)", self.settings.last_classifier
        file = ask_file(self, "classifier", "Open a classifier", kinds, last)
        if file is not None:
            self.open_paths([file])

    def export(self) -> None:
        """Go to what can be exported and offer it."""
        self.tabs.setCurrentWidget(self.attack_tab)
        self.attack_tab.exports.button.click()

    def show_guide(self) -> None:
        """Open the guide, or bring it to the front."""
        from cxr_gui.ui.help import HelpDialog  # a start has no use for it

        guide = self.findChild(HelpDialog)
        if guide is None:
            guide = HelpDialog(lambda: self.session.catalog, self)
        guide.show()
        guide.raise_()
        guide.activateWindow()

    # -- dropping ----------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            self._overlay.appear()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._overlay.hide()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self._overlay.hide()
        event.acceptProposedAction()
        self.open_paths(Path(path) for path in dropped_paths(event.mimeData()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._overlay.setGeometry(self._centre.rect())

    # -- showing -----------------------------------------------------------------------------------------

    def set_theme(self, mode: str) -> None:
        """Choose "system", "light" or "dark", and remember it."""
        self.settings.theme = mode
        theme().set_mode(mode)

    def set_epsilon_unit(self, unit: str) -> None:
        """Show epsilons in model units ("model") or grey levels ("255"), and remember it."""
        self.settings.epsilon_unit = unit
        epsilons().set_unit(unit)

    def sizeHint(self) -> QSize:
        return QSize(160 * GRID, 100 * GRID)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._loading:
            QTimer.singleShot(0, self, self.load)

    def _show_dataset(self, dataset: Dataset) -> None:
        self.setWindowTitle(f"{dataset.root.name} \N{EN DASH} {TITLE}")

    # -- remembering and closing -------------------------------------------------------------------------

    def _remember_trained(self, classifier: Classifier) -> None:
        """A run's classifier, once it is in use; of those that are opened, the router remembers the file."""
        if self.session.run is not None and classifier is self.session.run.classifier:
            self.settings.remember_classifier(str(classifier.file))

    def _tell_forgetting(self, error: OutputError) -> None:
        self.session.tell(f"What you choose will not be remembered: {error}", level="warning")

    def _restore(self) -> None:
        if not self.restoreGeometry(self.settings.geometry):
            self.resize(self.sizeHint().boundedTo(self.screen().availableSize()))
        page = self.tabs.findChild(QWidget, self.settings.tab, Qt.FindChildOption.FindChildrenRecursively)
        if page is not None and self.tabs.indexOf(page) >= 0:
            self.tabs.setCurrentWidget(page)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask all work to stop and wait for it a bounded time; no thread is ever terminated."""
        self.settings.geometry = bytes(self.saveGeometry().data())
        self.settings.tab = self.tabs.currentWidget().objectName()
        self.settings.store.sync()
        self._loading = True  # too late to begin
        self.hide()
        self.session.close(CLOSE_MILLISECONDS)
        event.accept()
