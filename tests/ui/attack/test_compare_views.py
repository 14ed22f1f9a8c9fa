"""Swipe, lens, histogram, explanations over the images, and mouse buttons that can be changed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QSettings, Qt
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.inspect.heat import OPAQUE_FROM
from cxr_gui.ui.attack.viewer.compare import CompareMode
from cxr_gui.ui.attack.viewer.heat import Heat
from cxr_gui.ui.attack.viewer.image_view import ImageView
from cxr_gui.ui.attack.viewer.look import Look
from cxr_gui.ui.attack.viewer.mouse import ACTIONS, BUTTONS, Bindings, MouseDialog, ViewerSettings
from cxr_gui.ui.attack.viewer.views import LinkedViews
from cxr_gui.ui.window.shortcuts import ShortcutSheet
from tests.ui.attack.test_image_view import Shown, drag, open_film, ramp

DARK, BRIGHT = 0.2, 0.8
SIDE = 200


@pytest.fixture
def views(qtbot: QtBot) -> LinkedViews:
    """A clean image all dark and a perturbed one all bright, so that a pixel tells which one is seen."""
    create_application()
    views = LinkedViews()
    qtbot.addWidget(views)
    views.resize(1204, 426)
    views.show()
    qtbot.waitExposed(views)
    clean = np.full((SIDE, SIDE), DARK, np.float32)
    perturbed = np.full((SIDE, SIDE), BRIGHT, np.float32)
    views.show_film(open_film(clean), waiting="")
    views.show_inspection(Shown(clean, perturbed, perturbed - clean, 0.6, threat="grey"))
    return views


def seen(view: ImageView, x: float, y: float = 0.6) -> int:
    """The red of what is painted at a place (fractions of the image)."""
    frame = view.look.frame(view.area())
    image: QImage = view.grab().toImage()
    ratio = image.devicePixelRatio()
    at = (frame.topLeft() + QPointF(x * frame.width(), y * frame.height())) * ratio
    return image.pixelColor(round(at.x()), round(at.y())).red()


def level(value: float) -> int:
    return round(value * 255)


def divider(view: ImageView) -> QPointF:
    return QPointF(view.divider * view.width(), view.area().center().y())


@dataclass(frozen=True, eq=False)
class Said:
    """As much of an Explanation as the views look at."""

    values: NDArray[np.float32]
    decision: str = "PNEUMONIA"
    method: str = "grad_cam"
    signed: bool = False


# -- swipe -----------------------------------------------------------------------------------------------


def test_swipe_shows_clean_left_of_the_divider_and_perturbed_right_of_it(
    views: LinkedViews, qtbot: QtBot
) -> None:
    qtbot.keyClick(views, Qt.Key.Key_S)
    view = views.perturbed
    assert [seen(view, x) for x in (0.1, 0.4, 0.6, 0.9)] == [level(DARK)] * 2 + [level(BRIGHT)] * 2
    assert view.accessibleName().startswith("Clean | Perturbed, FGSM")
    assert view.accessibleDescription() == "Divider at 50 % of the width"
    qtbot.keyClick(views, Qt.Key.Key_S)
    assert seen(view, 0.1) == level(BRIGHT)
    assert view.accessibleName().startswith("Perturbed")


def test_the_divider_is_dragged_and_everywhere_else_the_window_is(views: LinkedViews) -> None:
    views.compare(CompareMode.SWIPE)
    view, window = views.perturbed, views.look.window
    start = divider(view)
    drag(view, start, start + QPointF(100, 0), Qt.MouseButton.LeftButton)
    assert view.divider == pytest.approx(0.5 + 100 / view.width())
    assert views.look.window == window
    assert seen(view, 0.6) == level(DARK)
    drag(view, divider(view), QPointF(-50, 200), Qt.MouseButton.LeftButton)
    assert view.divider == 0.0
    assert seen(view, 0.1) == level(BRIGHT)
    drag(view, QPointF(200, 200), QPointF(160, 200), Qt.MouseButton.LeftButton)
    assert view.divider == 0.0
    assert views.look.window != window


def test_the_divider_moves_by_keys_up_to_the_edge(views: LinkedViews, qtbot: QtBot) -> None:
    views.compare(CompareMode.SWIPE)
    qtbot.keyClick(views, Qt.Key.Key_Comma)
    assert views.perturbed.divider == pytest.approx(0.45)
    for _ in range(30):
        qtbot.keyClick(views, Qt.Key.Key_Period)
    assert views.perturbed.divider == 1.0


def test_both_sides_of_a_swipe_are_under_the_same_window(views: LinkedViews) -> None:
    views.compare(CompareMode.SWIPE)
    views.look.invert()
    assert seen(views.perturbed, 0.1) == pytest.approx(level(1 - DARK), abs=1)
    assert seen(views.perturbed, 0.9) == pytest.approx(level(1 - BRIGHT), abs=1)


def test_a_swipe_follows_the_next_epsilon_and_ends_with_the_image(views: LinkedViews) -> None:
    views.compare(CompareMode.SWIPE)
    clean, perturbed = np.full((8, 8), 0.5, np.float32), np.full((8, 8), 0.6, np.float32)
    views.show_inspection(Shown(clean, perturbed, perturbed - clean, 0.1))
    assert (seen(views.perturbed, 0.1), seen(views.perturbed, 0.9)) == (level(0.5), level(0.6))
    views.show_film(open_film(ramp()), waiting="waits")
    assert views.perturbed.other is None
    assert views.perturbed.accessibleDescription() == "waits"


def test_blinking_suspends_the_swipe(views: LinkedViews, qtbot: QtBot) -> None:
    views.compare(CompareMode.SWIPE)
    qtbot.keyPress(views, Qt.Key.Key_Space)
    assert seen(views.perturbed, 0.9) == level(DARK)
    qtbot.keyRelease(views, Qt.Key.Key_Space)
    assert (seen(views.perturbed, 0.1), seen(views.perturbed, 0.9)) == (level(DARK), level(BRIGHT))


# -- lens ------------------------------------------------------------------------------------------------


def test_the_lens_shows_the_other_image_around_the_cursor_only(views: LinkedViews, qtbot: QtBot) -> None:
    qtbot.keyClick(views, Qt.Key.Key_L)
    assert seen(views.clean, 0.5) == level(DARK)  # no cursor, no lens
    views.look.set_cursor(QPointF(0.3, 0.5))
    assert (seen(views.clean, 0.35), seen(views.perturbed, 0.35)) == (level(BRIGHT), level(DARK))
    assert (seen(views.clean, 0.9), seen(views.perturbed, 0.9)) == (level(DARK), level(BRIGHT))


def test_the_lens_can_show_the_difference(views: LinkedViews, qtbot: QtBot) -> None:
    qtbot.keyClick(views, Qt.Key.Key_D)
    views.look.set_cursor(QPointF(0.3, 0.5))
    difference = views.difference.plate
    assert difference is not None
    red = difference.image(views.look).pixelColor(0, 0).red()
    assert (seen(views.clean, 0.35), seen(views.perturbed, 0.35)) == (red, red)
    qtbot.keyClick(views, Qt.Key.Key_L)
    assert views.comparison is CompareMode.LENS


def test_the_cursor_and_its_lens_move_by_keys(views: LinkedViews, qtbot: QtBot) -> None:
    asked = []
    views.stepRequested.connect(asked.append)
    qtbot.keyClick(views, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(views, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert views.look.cursor is not None
    assert (views.look.cursor.x(), views.look.cursor.y()) == pytest.approx((0.52, 0.52))
    for _ in range(40):
        qtbot.keyClick(views, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    plate = views.clean.plate
    assert plate is not None
    assert plate.value_at(views.look.cursor).startswith(f"x {SIDE - 1} ")
    assert asked == []


def test_one_comparison_takes_the_place_of_another(views: LinkedViews, qtbot: QtBot) -> None:
    changes: list[CompareMode] = []
    views.comparisonChanged.connect(changes.append)
    qtbot.keyClick(views, Qt.Key.Key_S)
    qtbot.keyClick(views, Qt.Key.Key_L)
    assert changes == [CompareMode.SWIPE, CompareMode.LENS]
    assert views.perturbed.comparison is CompareMode.LENS


@pytest.mark.parametrize("key", [Qt.Key.Key_S, Qt.Key.Key_L, Qt.Key.Key_I, Qt.Key.Key_H])
def test_a_key_held_down_switches_once(views: LinkedViews, key: Qt.Key) -> None:
    def state() -> tuple[object, ...]:
        return views.comparison, views.look.inverted, views.look.histogram

    before = state()
    for repeated in (False, True, True, True):
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, "", autorep=repeated)
        QApplication.sendEvent(views, event)
    assert state() != before


# -- explanations ----------------------------------------------------------------------------------------


def test_heat_is_clear_where_nothing_speaks_and_opaque_where_much_does() -> None:
    values = np.array([[0.0, 0.01, OPAQUE_FROM, 1.0]]) * 7
    image = Heat(values, "Grad-CAM", "PNEUMONIA", signed=False).image
    assert [image.pixelColor(x, 0).alpha() for x in range(4)] == [0, 0, 255, 255]


def test_signed_heat_has_two_hues_and_is_clear_between_them() -> None:
    image = Heat(np.array([[-1.0, 0.0, 1.0]]), "IG", "PNEUMONIA", signed=True).image
    against, middle, for_it = (image.pixelColor(x, 0) for x in range(3))
    assert middle.alpha() == 0
    assert against.blue() > against.red()
    assert for_it.red() > for_it.blue()


def test_an_explanation_that_says_nothing_says_so() -> None:
    heat = Heat(np.zeros((2, 2)), "Grad-CAM", "NORMAL", signed=False)
    assert heat.title == "Grad-CAM, nothing for NORMAL"
    assert heat.image.pixelColor(0, 0).alpha() == 0


def test_an_explanation_is_laid_over_clean_and_perturbed_as_opaque_as_chosen(views: LinkedViews) -> None:
    left = np.zeros((SIDE, SIDE), np.float32)
    left[:, : SIDE // 2] = 1.0
    views.show_explanation(SimpleNamespace(clean=Said(left), perturbed=Said(1 - left, decision="NORMAL")))
    views.look.set_opacity(1.0)
    strongest = Heat(left, "", "", signed=False).image.pixelColor(0, 0).red()
    assert (seen(views.clean, 0.2), seen(views.clean, 0.8)) == (strongest, level(DARK))
    assert (seen(views.perturbed, 0.2), seen(views.perturbed, 0.8)) == (level(BRIGHT), strongest)
    views.look.set_opacity(0.5)
    assert seen(views.clean, 0.2) == pytest.approx((strongest + level(DARK)) / 2, abs=2)
    views.set_original(True)
    assert seen(views.clean, 0.2) == pytest.approx((strongest + level(DARK)) / 2, abs=2)
    views.show_explanation(None)
    assert (seen(views.clean, 0.2), seen(views.perturbed, 0.8)) == (level(DARK), level(BRIGHT))


def test_the_cursor_reads_how_strong_an_explanation_is() -> None:
    said = Heat(np.array([[-1.0, 0.0], [0.25, 1.0]]), "IG", "PNEUMONIA", signed=True)
    places = [said.value_at(QPointF(x, y)) for x, y in ((0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8))]
    assert places == ["\N{MINUS SIGN}100 %", "+0 %", "+25 %", "+100 %"]
    assert [said.value_at(QPointF(x, 0.5)) for x in (-0.1, 1.0)] == ["", ""]
    assert Heat(np.array([[0.5, 1.0]]), "Grad-CAM", "", signed=False).value_at(QPointF(0.2, 0.5)) == "50 %"


def test_in_a_swipe_each_side_has_its_own_Said(views: LinkedViews) -> None:
    everywhere, nowhere = np.ones((4, 4), np.float32), np.zeros((4, 4), np.float32)
    views.show_explanation(SimpleNamespace(clean=Said(everywhere), perturbed=Said(nowhere)))
    views.look.set_opacity(1.0)
    views.compare(CompareMode.SWIPE)
    strongest = Heat(everywhere, "", "", signed=False).image.pixelColor(0, 0).red()
    assert (seen(views.perturbed, 0.2), seen(views.perturbed, 0.8)) == (strongest, level(BRIGHT))


def hover(view: ImageView, place: QPointF) -> None:
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, place, place, none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(view, event)


def test_the_cursor_says_where_the_divider_can_be_taken(views: LinkedViews) -> None:
    views.compare(CompareMode.SWIPE)
    view = views.perturbed
    for away, shape in ((0, Qt.CursorShape.SplitHCursor), (100, Qt.CursorShape.CrossCursor)):
        hover(view, divider(view) + QPointF(away, 0))
        assert view.cursor().shape() == shape


# -- histogram -------------------------------------------------------------------------------------------


def test_the_histogram_with_its_window_stays_when_asked(views: LinkedViews, qtbot: QtBot) -> None:
    def corner() -> QImage:
        return views.clean.grab().toImage().copy(0, 26, 160, 90)

    before = corner()
    qtbot.keyClick(views, Qt.Key.Key_H)
    shown = corner()
    assert shown != before
    qtbot.keyClick(views, Qt.Key.Key_I)
    assert corner() != shown  # the ramp falls now
    qtbot.keyClick(views, Qt.Key.Key_I)
    qtbot.keyClick(views, Qt.Key.Key_H)
    assert corner() == before


# -- mouse buttons ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [" ".join(order) for order in permutations(ACTIONS)])
def test_bindings_are_written_as_they_are_read(text: str) -> None:
    assert str(Bindings.parse(text)) == text


def test_taking_an_action_from_another_button_swaps_the_two() -> None:
    assert Bindings().swapped("right", "window") == Bindings(left="zoom", middle="pan", right="window")
    assert Bindings().swapped("left", "window") == Bindings()


@pytest.mark.parametrize("button", BUTTONS)
def test_each_button_does_what_it_is_bound_to(views: LinkedViews, button: str) -> None:
    views.look.set_bindings(Bindings().swapped(button, "pan"))
    centre, window = QPointF(views.look.centre), views.look.window
    drag(views.clean, QPointF(100, 100), QPointF(130, 90), BUTTONS[button])
    assert views.look.centre != centre
    assert (views.look.window, views.look.zoom) == (window, 1.0)


def test_dragging_up_zooms_in_where_the_drag_began_and_shift_pans_with_any_button(views: LinkedViews) -> None:
    view, start = views.clean, QPointF(120, 150)
    place = views.look.place(start, view.area())
    drag(view, start, start - QPointF(0, 40), Qt.MouseButton.RightButton)
    zoom = views.look.zoom
    assert zoom > 1
    assert (views.look.place(start, view.area()) - place).manhattanLength() < 1e-6
    shift = Qt.KeyboardModifier.ShiftModifier
    before = views.look.frame(view.area()).topLeft()
    drag(view, start, start + QPointF(20, 10), Qt.MouseButton.LeftButton, shift)
    assert views.look.frame(view.area()).topLeft() - before == QPointF(20, 10)
    assert (views.look.zoom, views.look.window) == (zoom, Look().window)


def test_the_dialog_changes_the_buttons_and_the_sheet_tells_them(qtbot: QtBot) -> None:
    create_application()
    look = Look()
    sheet, dialog = ShortcutSheet((), look), MouseDialog(look)
    for widget in (sheet, dialog):
        qtbot.addWidget(widget)
        widget.show()

    def told() -> list[str]:
        labels = (entry for entry in sheet.findChildren(QLabel) if entry.isVisible())
        return [label.text() for label in labels if "drag" in label.text()]

    assert told()[0] == "Left drag"
    box = dialog.findChild(QComboBox, "rightMouseBox")
    box.setCurrentIndex(box.findData("window"))
    assert look.bindings == Bindings(left="zoom", middle="pan", right="window")
    assert dialog.findChild(QComboBox, "leftMouseBox").currentText() == "Zoom"
    changed = ["Right drag", "Middle drag, Shift+drag", "Left drag, wheel, + and \N{MINUS SIGN}", "Ctrl+drag"]
    qtbot.waitUntil(lambda: told() == changed)
    dialog.findChild(QPushButton, "usualMouseButton").click()
    assert look.bindings == Bindings()


@pytest.mark.parametrize("stored", ["pan pan pan", "window", "", "zoom pan window brush"])
def test_stored_nonsense_counts_as_the_usual_buttons(stored: str, store: QSettings) -> None:
    store.setValue("attack/mouse", stored)
    assert Bindings.parse(ViewerSettings(store).mouse) == Bindings()
