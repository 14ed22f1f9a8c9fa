"""All that can be done in the window, each thing declared once.

The menus, the key sheet, the palette, and what a tool tip says of keys are built from this.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QWidget

from cxr_gui.ui.widgets.factories import ELLIPSIS
from cxr_gui.ui.widgets.theme import MODES, theme
from cxr_gui.ui.window.about import AboutDialog
from cxr_gui.ui.window.actions import Action, Key
from cxr_gui.ui.window.settings_dialog import SettingsDialog

if TYPE_CHECKING:
    from cxr_gui.ui.window.main_window import MainWindow

MENUS = ("File", "Edit", "View", "Help")
NO_FOLDER = "Open a folder first"
NO_FILM = "Open an X-ray first"
NO_SELECTION = "Select images of the dataset first"


def all_actions(window: MainWindow) -> tuple[Action, ...]:
    """Everything, in the order of the menus and of the tabs."""
    pages = {window.tabs.tabText(place): page for place, page in enumerate(window.tabs.pages())}
    menus = zip(MENUS, (_file, _edit, _view, _help), strict=True)
    of_tabs = {"Dataset": _dataset, "Training": _training, "Attack": _attack, "Runs": _runs}
    groups = (*menus, *((title, of_tabs[title]) for title in pages if title in of_tabs))
    return tuple(
        replace(action, group=group, page=pages.get(group))
        for group, actions in groups
        for action in actions(window)
    )


def _file(window: MainWindow) -> list[Action]:
    return [
        Action(
            "openFolderAction",
            "Open &folder…",
            window.choose_folder,
            (Key.Open,),
            "A dataset: X-rays in a folder for each class",
            "folder",
            control=window.findChild(QWidget, "openDatasetButton"),
        ),
        Action("openImageAction", "Open &X-rays…", window.choose_images, ("Ctrl+Shift+O",), icon="film"),
        Action("openClassifierAction", "Open &classifier…", window.choose_classifier, icon="classifier"),
        Action("openDemoAction", "Open the &demo study", window.open_demo, icon="demo"),
        Action("downloadAction", "Do&wnload the Kermany data…", window.downloads.choose, icon="download"),
        Action("exportAction", "&Export…", window.export, ("Ctrl+E",), icon="export", parted=True),
        Action("quitAction", "&Quit", window.close, ("Ctrl+Q",), icon="quit", parted=True),
    ]


def _edit(window: MainWindow) -> list[Action]:
    stack, exports = window.dataset_tab.steps, window.attack_tab.exports
    return [
        Action(
            "undoAction",
            "&Undo",
            stack.undo,
            (Key.Undo,),
            ready=stack.canUndo,
            needs="Nothing was excluded, flagged or noted",
            entry=stack.createUndoAction(window, "&Undo"),
        ),
        Action(
            "redoAction",
            "&Redo",
            stack.redo,
            (Key.Redo,),
            ready=stack.canRedo,
            needs="Nothing was taken back",
            entry=stack.createRedoAction(window, "&Redo"),
        ),
        Action(
            "copyViewsEditAction",
            "Copy &views",
            exports.copy_views,
            ("Ctrl+Shift+C",),
            "Put the image of the views on the clipboard",
            "copy",
            ready=partial(_has_film, window),
            needs=NO_FILM,
            parted=True,
        ),
        Action("copyChartEditAction", "Copy c&hart", exports.copy_chart),
        Action("pasteAction", "&Paste an X-ray", window.paste, (Key.Paste,)),
        Action(
            "settingsAction",
            "&Settings…",
            lambda: SettingsDialog(window).open(),
            ("Ctrl+,",),
            "Theme, mouse, folders, what is remembered",
            parted=True,
        ),
    ]


def _view(window: MainWindow) -> list[Action]:
    tabs = window.tabs
    return [
        *(
            Action(
                f"{page.objectName()}Action",
                tabs.tabText(place),
                partial(tabs.setCurrentIndex, place),
                (f"Ctrl+{place + 1}",),
            )
            for place, page in enumerate(tabs.pages())
        ),
        Action(
            "filmFactsAction",
            "&Facts of the X-ray…",
            window.show_facts,
            ("Ctrl+I",),
            "View, age, sex, spacing, device, as far as the file says so",
            "info",
            parted=True,
        ),
        Action(
            "noteAction",
            f"Flag and &note{ELLIPSIS}",
            window.note,
            ("Ctrl+D",),
            "Of the X-ray in the inspector, or of what is selected in the dataset",
            "flag",
            ready=lambda: bool(window.at_hand()),
            needs=f"{NO_FILM}, or select images of the dataset",
        ),
        Action(
            "queueAction",
            f"&Queue{ELLIPSIS}",
            window.queue.show_queue,
            ("Ctrl+J",),
            "Trainings and sweeps that are done one after another",
            "queue",
        ),
        Action(
            "fullScreenAction",
            "F&ull screen",
            window.full_screen.toggle,
            ("F11",),
            "This tab on the whole screen; Escape leaves it",
            "maximise",
        ),
        *(
            Action(
                f"{mode}ThemeAction",
                f"{mode.capitalize()} t&heme" if mode == "system" else f"&{mode.capitalize()} theme",
                partial(window.set_theme, mode),
                checked=partial(_is_theme, mode),
                parted=mode == MODES[0],
            )
            for mode in MODES
        ),
    ]


def _help(window: MainWindow) -> list[Action]:
    keys = window.findChild(QWidget, "viewerHelpButton")
    return [
        Action(
            "paletteAction",
            "&Find an action…",
            window.show_palette,
            ("Ctrl+K",),
            "All that can be done, found by its words",
            "search",
        ),
        Action("guideAction", "&Guide", window.show_guide, ("Shift+F1",), icon="guide"),
        Action(
            "shortcutsAction",
            "&Keyboard and mouse",
            window.show_shortcuts,
            (Key.HelpContents, "Ctrl+/"),
            icon="keyboard",
            control=keys,
        ),
        Action("aboutAction", "&About", lambda: AboutDialog(window).open(), icon="info"),
    ]


def _dataset(window: MainWindow) -> list[Action]:
    tab = window.dataset_tab
    chosen = tab.grid.selectionModel
    return [
        Action(
            "rescanAction",
            "Read the folder again",
            tab.rereading.again,
            (Key.Refresh,),
            scope=tab,
            control=window.findChild(QWidget, "rescanButton"),
            needs=NO_FOLDER,
        ),
        Action(
            "searchAction",
            "Search file names",
            tab.filters.search.setFocus,
            (Key.Find,),
            scope=tab,
            control=tab.filters.search,
            ready=lambda: window.session.dataset is not None,
            needs=NO_FOLDER,
        ),
        Action(
            "excludeAction",
            "Exclude from training",
            tab.exclude_selected,
            (Key.Delete,),
            scope=tab.grid,
            ready=lambda: chosen().hasSelection(),
            needs=NO_SELECTION,
        ),
        Action(
            "saveListAction",
            f"Save the list{ELLIPSIS}",
            tab.save_list,
            ("Ctrl+S",),
            "What is shown, with labels, exclusions, flags and notes, as CSV",
            scope=tab,
            ready=lambda: window.session.dataset is not None,
            needs=NO_FOLDER,
        ),
        Action(
            "copyPathsAction",
            "Copy the paths",
            lambda: tab.copy_paths(tab.selected_paths()),
            (Key.Copy,),
            scope=tab.grid,
            ready=lambda: chosen().hasSelection(),
            needs=NO_SELECTION,
        ),
    ]


def _training(window: MainWindow) -> list[Action]:
    return [
        _same(window, "trainButton", "Train or resume"),
        _same(window, "pauseButton", "Pause the training or go on"),
        _same(window, "stopButton", "Stop the training"),
        Action(
            "queueThisTraining",
            "Queue the training",
            window.training_tab.menu.queue,
            ready=lambda: not window.training_tab.menu.hindrance(),
            needs=NO_FOLDER,
        ),
    ]


def _attack(window: MainWindow) -> list[Action]:
    return [
        *(replace(action, menu="View") for action in _viewer(window)),
        _same(window, "sweepButton", "Attack the test set", needs="A sweep is running"),
        Action(
            "queueTheseSweeps",
            f"Queue several sweeps{ELLIPSIS}",
            window.attack_tab.sweep.bar.menu.ask_several,
            ready=lambda: not window.attack_tab.sweep.bar.menu.hindrance(),
            needs=NO_FOLDER,
        ),
        _same(window, "fillChartButton", "Fill the tab with the chart"),
        _same(window, "shiftsButton", "Shifts: what befalls films without an attacker"),
        _same(window, "sweepShiftsButton", "Sweep the shifts", needs="A sweep of shifts is running"),
        *(
            _same(window, entry.objectName(), f"Export: {entry.text().lower()}")
            for entry in _entries(window, "exportMenu", "export")
        ),
    ]


def _runs(window: MainWindow) -> list[Action]:
    tab = window.runs_tab
    return [
        Action(
            "searchRunsAction", "Search runs", tab.search.setFocus, (Key.Find,), scope=tab, control=tab.search
        ),
        Action(
            "runsAgainAction",
            "Look for runs again",
            tab.again.click,
            (Key.Refresh,),
            scope=tab,
            control=tab.again,
        ),
        Action("lookInFolderAction", "Look for runs in a folder…", tab.choose_folder),
        _same(window, "compareRunsButton", "Compare the selected runs", needs="Select runs first"),
    ]


def _viewer(window: MainWindow) -> list[Action]:
    presets = _entries(window, "windowMenu", "preset")
    return [
        _same(window, "invertButton", "Invert", "I"),
        _same(window, "resetViewButton", "Reset the view", "R"),
        *(
            _same(window, entry.objectName(), f"Window: {entry.text().lower()}", str(number))
            for number, entry in enumerate(presets, 1)
        ),
        _same(window, "histogramAction", "Histogram with the window", "H"),
        _same(window, "actualSizeButton", "A dot of the screen for each pixel", "Z"),
        *(
            _same(window, entry.objectName(), f"Views: {entry.text().lower()}")
            for entry in _entries(window, "layoutMenu", "views")
        ),
        _same(window, "filmsOnlyAction", "Films only, without the cards", "F"),
        _same(window, "previousImageButton", "Previous radiograph", "Left"),
        _same(window, "nextImageButton", "Next radiograph", "Right"),
        _same(window, "blinkButton", "Blink between clean and perturbed"),
        _same(window, "swipeButton", "Swipe between clean and perturbed", "S"),
        _same(window, "otherLensAction", "Lens: the other image", "L"),
        _same(window, "differenceLensAction", "Lens: the difference", "D"),
        _same(window, "explainButton", "Explain: where the classifier looks", "E"),
        _same(window, "originalButton", "Show the radiograph in full size and depth"),
    ]


def _entries(window: MainWindow, menu: str, start: str) -> list[QAction]:
    """The entries of that menu whose names start so."""
    found = window.findChild(QWidget, menu)
    entries = [] if found is None else found.actions()
    return [entry for entry in entries if entry.objectName().startswith(start)]


def _is_theme(mode: str) -> bool:
    return theme().mode == mode


def _same(window: MainWindow, name: str, words: str, *keys: str, needs: str = NO_FILM) -> Action:
    """What the control of that name does, in a view of an X-ray unless it needs something else."""
    control = window.findChild(QAbstractButton, name)
    if control is not None:
        return Action(name, words, control.click, keys, control=control, needs=needs)
    entry = window.findChild(QAction, name)
    if entry is None:
        raise LookupError(f"no control is called {name}")
    ready = partial(_has_film, window)
    return Action(name, words, entry.trigger, keys, control=entry, ready=ready, needs=needs)


def _has_film(window: MainWindow) -> bool:
    return window.session.film is not None
