"""How much room the films have, and that everything fits where there is little of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QComboBox, QFrame, QLabel, QScrollArea, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from cxr_gui.session.session import Session
from cxr_gui.ui.attack.strip.dropped import LOW
from cxr_gui.ui.attack.tab import AttackTab
from cxr_gui.ui.attack.verdict.trace_view import TraceView
from cxr_gui.ui.attack.viewer.plate import Plate
from tests.support.hands import child, inspected
from tests.support.patience import WAIT

LEFT = Qt.MouseButton.LeftButton
SMALL = (1020, 595)  # of the tab in a window of 1024 x 700
USUAL = (1276, 700)  # and of 1280 x 800


def cards(tab: AttackTab) -> list[str]:
    """Which cards are to be seen."""
    frames = (frame for frame in tab.findChildren(QFrame) if frame.property("role") == "card")
    return [frame.objectName() for frame in frames if frame.isVisible()]


def seen(tab: AttackTab) -> list[str]:
    """What stands side by side."""
    return [view.objectName() for view in tab.views.views if view.isVisible()]


def test_a_double_click_gives_a_film_the_whole_tab_and_another_takes_it_back(
    qtbot: QtBot, shown: AttackTab
) -> None:
    view, before = shown.views.perturbed, cards(shown)
    qtbot.mouseDClick(view, LEFT)
    assert seen(shown) == ["perturbedView"]
    assert not cards(shown)
    qtbot.waitUntil(lambda: view.width() == shown.views.width() and view.height() > 0.85 * shown.height())
    words = child(shown, QLabel, "aloneVerdict")
    assert words.isVisible()
    assert words.text() == f"{shown.verdict.sentence.text()}. Not for clinical use."
    qtbot.mouseDClick(view, LEFT)
    assert len(seen(shown)) == 3
    assert cards(shown) == before
    assert not words.isVisible()


def test_films_only_is_a_key_an_entry_and_left_by_escape(qtbot: QtBot, shown: AttackTab) -> None:
    entry, before = child(shown, QAction, "filmsOnlyAction"), cards(shown)
    qtbot.keyClick(shown.views, Qt.Key.Key_F)
    assert entry.isChecked()
    assert not cards(shown)
    assert len(seen(shown)) == 3
    qtbot.mouseDClick(shown.views.clean, LEFT)
    qtbot.keyClick(shown.views, Qt.Key.Key_Escape)
    assert len(seen(shown)) == 3
    assert entry.isChecked(), "Escape goes one step back"
    qtbot.keyClick(shown.views, Qt.Key.Key_Escape)
    assert not entry.isChecked()
    assert cards(shown) == before


def test_three_views_stand_side_by_side_or_two_or_one_and_that_is_remembered(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    for count, names in (
        (2, ["cleanView", "perturbedView"]),
        (1, ["perturbedView"]),
        (3, ["cleanView", "perturbedView", "differenceView"]),
    ):
        qtbot.keyClick(shown.views, Qt.Key.Key_V)
        assert seen(shown) == names
        assert child(shown, QAction, f"views{count}Action").isChecked()
    child(shown, QAction, "views2Action").trigger()
    assert shown._tab_settings.views == 2
    another = AttackTab(session, shown._settings)
    qtbot.addWidget(another)
    assert another.views.arrangement.count == 2


def test_one_to_one_is_a_dot_for_each_pixel_and_back(qtbot: QtBot, shown: AttackTab) -> None:
    clean, ratio = shown.views.clean, shown.devicePixelRatioF()
    assert clean.plate is not None
    qtbot.mouseClick(child(shown, QToolButton, "actualSizeButton"), LEFT)
    frame = shown.views.look.frame(clean.area())
    assert frame.height() * ratio == pytest.approx(clean.plate.values.shape[0])
    assert clean.magnification == 1.0
    qtbot.keyClick(shown.views, Qt.Key.Key_Z)
    assert shown.views.look.zoom == 1.0


def test_what_is_thinned_for_the_screen_says_so(
    qtbot: QtBot, shown: AttackTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        "cxr_gui.ui.attack.viewer.image_view.paint_note", lambda _, __, words, where: said.append(words)
    )
    shown.views.clean.grab()
    assert any(words.startswith(f"{100 * shown.views.clean.magnification:.0f} %   L ") for words in said)
    assert shown.views.clean.plate is not None
    thinned = Plate(shown.views.clean.plate.values, "Clean")
    thinned.step = 3
    shown.views.clean.set_plate(thinned)
    shown.views.clean.grab()
    assert any("%, 1 pixel in 3" in words for words in said)


def test_the_strip_folds_where_the_tab_is_low_unless_it_is_unfolded(
    qtbot: QtBot, tab: AttackTab, session: Session, folder: Path
) -> None:
    films = sorted(folder.rglob("*.png"))[:3]
    inspected(qtbot, session, lambda: session.opening.images(films))
    qtbot.waitUntil(lambda: session.judging.job is None, timeout=WAIT)
    assert tab.filmstrip.isVisible()
    tab.resize(*SMALL)
    assert tab.height() < LOW
    assert not tab.filmstrip.isVisible()
    line = child(tab, QWidget, "stripLine")
    assert line.isVisible()
    assert line.text().startswith("1 of 3   ")
    qtbot.mouseClick(child(tab, QAbstractButton, "stripUnfoldButton"), LEFT)
    assert tab.filmstrip.isVisible()
    qtbot.keyClick(tab.views, Qt.Key.Key_F)
    assert not tab.filmstrip.isVisible()
    qtbot.keyClick(tab.views, Qt.Key.Key_F)
    tab.resize(*USUAL)
    assert tab.filmstrip.isVisible()
    qtbot.mouseClick(child(tab, QAbstractButton, "stripFoldButton"), LEFT)
    assert not tab.filmstrip.isVisible()
    tab.resize(*SMALL)
    tab.resize(*USUAL)
    assert tab.filmstrip.isVisible()


def test_the_filmstrip_is_stepped_through_by_keys_and_leaves_the_views_theirs(
    qtbot: QtBot, tab: AttackTab, session: Session, folder: Path
) -> None:
    films = sorted(folder.rglob("*.png"))[:3]
    inspected(qtbot, session, lambda: session.opening.images(films))
    strip = tab.filmstrip
    for key, row in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_End, 2), (Qt.Key.Key_Left, 1)):
        inspected(qtbot, session, lambda key=key: qtbot.keyClick(strip, key))
        assert strip.currentRow() == row
        assert session.film is not None
        assert session.film.path == films[row]
    qtbot.keyClick(strip, Qt.Key.Key_I)
    assert tab.views.look.inverted


def test_more_than_four_films_are_in_view(
    qtbot: QtBot, tab: AttackTab, session: Session, folder: Path
) -> None:
    tab.resize(*USUAL)
    films = sorted(folder.rglob("*.png"))
    inspected(qtbot, session, lambda: session.opening.images(films))
    strip = tab.filmstrip
    places = [strip.visualItemRect(strip.item(row)) for row in range(len(films))]
    assert sum(place.right() <= strip.viewport().width() for place in places) >= 5


def test_the_tab_fits_a_window_of_1024(qtbot: QtBot, shown: AttackTab) -> None:
    shown.resize(*SMALL)
    assert shown.width() == SMALL[0]
    assert shown.minimumSizeHint().width() <= SMALL[0]
    qtbot.waitUntil(lambda: shown.toolbar.width() < SMALL[0])
    right = shown.toolbar.help.mapTo(shown, QPoint(shown.toolbar.help.width(), 0)).x()
    assert right <= shown.width()
    words = [button for button in shown.toolbar.findChildren(QToolButton) if button.text()]
    narrow = [button.toolButtonStyle() for button in words]
    shown.resize(1900, 700)
    assert narrow != [button.toolButtonStyle() for button in words]
    assert all(button.accessibleName() and button.toolTip() for button in words)


def test_a_film_is_more_than_180_high_and_the_trace_is_no_stripe_in_a_low_window(shown: AttackTab) -> None:
    shown.resize(*SMALL)
    assert shown.views.clean.area().height() > 180
    trace = child(shown, TraceView, "traceView")
    assert trace._box().height() > 50


@pytest.mark.parametrize("name", ["pgd", "mifgsm", "autoattack", "square"])
def test_nothing_of_the_settings_is_below_their_fold(qtbot: QtBot, shown: AttackTab, name: str) -> None:
    shown.resize(*USUAL)
    attacks = child(shown, QComboBox, "attackBox")
    attacks.setCurrentIndex(attacks.findData(name))
    (fold,) = shown.controls.findChildren(QScrollArea)
    inside = fold.widget()
    assert inside is not None
    qtbot.waitUntil(lambda: inside.height() <= fold.viewport().height(), timeout=WAIT)
    below = child(shown, QWidget, "threatBox").mapTo(inside, QPoint()).y()
    attack = attacks.mapTo(inside, QPoint()).y()
    controls = shown.controls.parameters.controls.values()
    parameters = [control.mapTo(inside, QPoint()).y() for control in controls if control.isVisible()]
    assert all(attack < parameter < below for parameter in parameters)
