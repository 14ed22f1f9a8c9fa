"""The menu bar. Every action says what it does in the status bar and has its key on the shortcut sheet."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from cxr_gui.ui.widgets.icons import set_icon
from cxr_gui.ui.widgets.theme import MODES, theme
from cxr_gui.ui.window.about import AboutDialog

if TYPE_CHECKING:
    from cxr_gui.ui.window.main_window import MainWindow

Key = QKeySequence.StandardKey
RECENT_MENUS = (
    ("&Recent folders", "recentMenu", "recent"),
    ("Recent c&lassifiers", "recentClassifiersMenu", "recent_classifiers"),
    ("Recent X-ra&ys", "recentImagesMenu", "recent_images"),
)


def build_menus(window: MainWindow) -> None:
    """Fill the window's menu bar."""
    _file_menu(window)
    _edit_menu(window)
    _view_menu(window)
    _help_menu(window)


def _file_menu(window: MainWindow) -> None:
    menu = window.menuBar().addMenu("&File")
    menu.setObjectName("fileMenu")
    _add(menu, "Open &folder…", window.choose_folder, Key.Open, "folder", "openFolderAction")
    _add(menu, "Open &X-rays…", window.choose_images, "Ctrl+Shift+O", "film", "openImageAction")
    _add(menu, "Open &classifier…", window.choose_classifier, None, "classifier", "openClassifierAction")
    _add(menu, "Open the &demo study", window.open_demo, None, "demo", "openDemoAction")
    _add(menu, "Do&wnload the Kermany data…", window.choose_download, None, "download", "downloadAction")
    recents = []
    for title, name, which in RECENT_MENUS:
        recent = menu.addMenu(title)
        recent.setObjectName(name)
        recents.append((recent, which))
    menu.aboutToShow.connect(lambda: _fill_recents(recents, window))
    menu.addSeparator()
    _add(menu, "&Export…", window.export, "Ctrl+E", "export", "exportAction")
    menu.addSeparator()
    quit_action = _add(menu, "&Quit", window.close, Key.Quit, "quit", "quitAction")
    quit_action.setMenuRole(QAction.MenuRole.QuitRole)


def _edit_menu(window: MainWindow) -> None:
    menu = window.menuBar().addMenu("&Edit")
    stack = window.dataset_tab.exclusions.stack
    for action, key, name in (
        (stack.createUndoAction(menu, "&Undo"), Key.Undo, "undoAction"),
        (stack.createRedoAction(menu, "&Redo"), Key.Redo, "redoAction"),
    ):
        action.setObjectName(name)
        action.setShortcuts(QKeySequence.keyBindings(key))
        menu.addAction(action)
    menu.addSeparator()
    exports = window.attack_tab.exports
    _add(menu, "Copy &views", exports.copy_views, "Ctrl+Shift+C", "copy", "copyViewsEditAction")
    _add(menu, "Copy c&hart", exports.copy_chart, None, "", "copyChartEditAction")
    _add(menu, "&Paste an X-ray", window.paste, Key.Paste, "", "pasteAction")


def _fill_recents(menus: list[tuple[QMenu, str]], window: MainWindow) -> None:
    for menu, which in menus:
        menu.clear()
        paths = getattr(window.settings, which)
        for path in paths:
            menu.addAction(_elided(path), partial(window.open_recent, Path(path)))
        menu.setEnabled(bool(paths))


def _view_menu(window: MainWindow) -> None:
    menu = window.menuBar().addMenu("&View")
    for number in range(window.tabs.count()):
        title = window.tabs.tabText(number)
        _add(menu, title, partial(window.tabs.setCurrentIndex, number), f"Ctrl+{number + 1}")
    menu.addSeparator()
    themes = menu.addMenu("&Theme")
    group = QActionGroup(themes)
    for mode in MODES:
        action = themes.addAction(mode.capitalize())
        action.setObjectName(f"{mode}ThemeAction")
        action.setCheckable(True)
        action.setChecked(theme().mode == mode)
        action.triggered.connect(lambda _=False, mode=mode: window.set_theme(mode))
        group.addAction(action)


def _help_menu(window: MainWindow) -> None:
    menu = window.menuBar().addMenu("&Help")
    _add(menu, "&Guide", window.show_guide, "Shift+F1", "guide", "guideAction")
    sheet = _add(menu, "&Keyboard and mouse", window.show_shortcuts, None, "keyboard")
    sheet.setShortcuts([QKeySequence(Key.HelpContents), QKeySequence("Ctrl+/")])
    sheet.setObjectName("shortcutsAction")
    about = _add(menu, "&About", lambda: AboutDialog(window).open(), None, "info", "aboutAction")
    about.setMenuRole(QAction.MenuRole.AboutRole)


def _add(
    menu: QMenu,
    text: str,
    do: Callable[[], object],
    key: Key | str | None = None,
    icon: str = "",
    name: str = "",
) -> QAction:
    action = menu.addAction(text)
    action.setObjectName(name)
    action.triggered.connect(lambda _=False: do())
    if key is not None:
        action.setShortcut(QKeySequence(key))
    if icon:
        set_icon(action, icon)
    return action


def _elided(path: str, most: int = 64) -> str:
    """A path shortened in the middle, with ampersands that menus would swallow kept."""
    half = most // 2
    short = path if len(path) <= most else f"{path[:half]}…{path[-half:]}"
    return short.replace("&", "&&")
