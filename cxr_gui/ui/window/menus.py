"""The menu bar, and the keys that count in a part of the window only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QAbstractButton, QMenu, QWidget

from cxr_gui.ui.widgets.icons import set_icon
from cxr_gui.ui.window.actions import Action, tell_keys
from cxr_gui.ui.window.catalogue import MENUS

if TYPE_CHECKING:
    from cxr_gui.ui.window.main_window import MainWindow

RECENT_MENUS = (
    ("&Recent folders", "recentMenu", "recent"),
    ("Recent c&lassifiers", "recentClassifiersMenu", "recent_classifiers"),
    ("Recent X-ra&ys", "recentImagesMenu", "recent_images"),
)


def build_menus(window: MainWindow) -> None:
    """Fill the window's menu bar, and give its parts their keys and tool tips that tell them."""
    tell_keys(window.all_actions)
    for title in MENUS:
        menu = window.menuBar().addMenu(f"&{title}")
        menu.setObjectName(f"{title.lower()}Menu")
        menu.setToolTipsVisible(True)
        _fill(menu, [action for action in window.all_actions if action.group == title])
        if title == MENUS[0]:
            _add_recents(menu, window)
        besides = [action for action in window.all_actions if action.menu == title]
        if besides:
            _add_besides(menu, window, besides)
    for action in window.all_actions:
        if action.scope is not None:
            entry = _entry(action, action.scope)
            entry.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.scope.addAction(entry)


def _fill(menu: QMenu, actions: list[Action]) -> None:
    choices = QActionGroup(menu)
    checks = []
    for action in actions:
        if action.parted:
            menu.addSeparator()
        entry = _entry(action, menu)
        menu.addAction(entry)
        if action.checked is not None:
            entry.setCheckable(True)
            choices.addAction(entry)
            checks.append((entry, action.checked))
    menu.aboutToShow.connect(lambda: _check(checks))


def _check(entries: list[tuple[QAction, Callable[[], bool]]]) -> None:
    for entry, holds in entries:
        entry.setChecked(holds())


def _entry(action: Action, parent: QWidget) -> QAction:
    entry = action.entry
    if entry is None:
        entry = QAction(action.words, parent)
        entry.triggered.connect(lambda _=False: action.do())
    entry.setObjectName(action.id)
    entry.setShortcuts(action.sequences)
    entry.setToolTip(action.tip)
    if action.icon:
        set_icon(entry, action.icon)
    return entry


def _add_besides(menu: QMenu, window: MainWindow, actions: list[Action]) -> None:
    """A menu in the menu, of what the views of a film can do; their keys are the views' own."""
    line = next(entry for entry in menu.actions() if entry.isSeparator())
    views = QMenu("&X-ray", menu)
    views.setObjectName("filmMenu")
    views.setToolTipsVisible(True)
    menu.insertMenu(line, views)
    entries = []
    for action in actions:
        entry = views.addAction(f"{action.title}\t{action.told}", partial(window.run_action, action))
        entry.setCheckable(_can_be_on(action.control))
        entries.append((entry, action))
    views.aboutToShow.connect(lambda: _show_state(entries))


def _can_be_on(control: QObject | None) -> bool:
    return isinstance(control, QAbstractButton | QAction) and control.isCheckable()


def _show_state(entries: list[tuple[QAction, Action]]) -> None:
    """What is on, what cannot be done now, and why."""
    for entry, action in entries:
        why = action.hindrance()
        entry.setEnabled(not why)
        entry.setToolTip(why or action.title)
        if isinstance(action.control, QAbstractButton | QAction):
            entry.setChecked(action.control.isChecked())


def _add_recents(menu: QMenu, window: MainWindow) -> None:
    """Above the menu's first line, filled when it is opened."""
    line = next(entry for entry in menu.actions() if entry.isSeparator())
    recents = []
    for title, name, which in RECENT_MENUS:
        recent = QMenu(title, menu)
        recent.setObjectName(name)
        menu.insertMenu(line, recent)
        recents.append((recent, which))
    menu.aboutToShow.connect(lambda: _fill_recents(recents, window))


def _fill_recents(menus: list[tuple[QMenu, str]], window: MainWindow) -> None:
    for menu, which in menus:
        menu.clear()
        paths = getattr(window.settings, which)
        for path in paths:
            menu.addAction(_elided(path), partial(window.open_recent, Path(path)))
        menu.setEnabled(bool(paths))


def _elided(path: str, most: int = 64) -> str:
    """A path shortened in the middle, with ampersands that menus would swallow kept."""
    half = most // 2
    short = path if len(path) <= most else f"{path[:half]}…{path[-half:]}"
    return short.replace("&", "&&")
