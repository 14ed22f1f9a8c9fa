"""The views: what they show, how the mouse and the keys change it, and that all three move together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.images.radiograph import Radiograph, Source
from cxr_gui.core.inspect.difference import DIVERGING
from cxr_gui.session.values import OpenFilm
from cxr_gui.ui.attack.viewer.look import PRESETS, Look, Window
from cxr_gui.ui.attack.viewer.plate import DifferencePlate, Plate
from cxr_gui.ui.attack.viewer.views import LinkedViews
from tests.support.patience import SOON


@dataclass(frozen=True, eq=False)
class Shown:
    """As much of an Inspection as the views look at."""

    clean: NDArray[np.float32]
    perturbed: NDArray[np.float32]
    difference: NDArray[np.float32]
    epsilon: float
    threat: str = "rgb"
    which: str = ""
    attack: object = field(default_factory=lambda: SimpleNamespace(title="FGSM"))

    @property
    def linf(self) -> float:
        return float(np.abs(self.difference).max())


def ramp(height: int = 8, width: int = 16) -> NDArray[np.float32]:
    return np.linspace(0, 1, height * width, dtype=np.float32).reshape(height, width)


def open_film(pixels: NDArray[np.float32], spacing: tuple[float, float] | None = None) -> OpenFilm:
    path = Path("film.png")
    source = Source("png", pixels.shape, 16, spacing=spacing, path=path, sha256="")
    return OpenFilm(path, Radiograph(pixels, source), None)


def inspection(epsilon: float = 0.015) -> Shown:
    clean = ramp()
    perturbed = np.clip(clean[..., None] + epsilon * np.array([1, 1, -1], np.float32), 0, 1).astype(
        np.float32
    )
    return Shown(clean, perturbed, perturbed - clean[..., None], epsilon)


@pytest.fixture
def views(qtbot: QtBot) -> LinkedViews:
    create_application()
    views = LinkedViews()
    qtbot.addWidget(views)
    views.resize(1204, 426)
    views.show()
    qtbot.waitExposed(views)
    views.show_film(open_film(ramp(80, 160)), waiting="")
    views.show_inspection(inspection())
    return views


def grey(plate: Plate, look: Look) -> NDArray[np.uint8]:
    image = plate.image(look)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].copy()


def drag(
    view: object,
    start: QPointF,
    end: QPointF,
    button: Qt.MouseButton,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    for kind, place, held in (
        (QEvent.Type.MouseButtonPress, start, button),
        (QEvent.Type.MouseMove, end, button),
        (QEvent.Type.MouseButtonRelease, end, Qt.MouseButton.NoButton),
    ):
        pressed = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else button
        event = QMouseEvent(kind, place, place, pressed, held, modifiers)
        QApplication.sendEvent(view, event)


def test_the_full_window_shows_every_value_as_it_is() -> None:
    values = np.arange(256, dtype=np.float32).reshape(16, 16) / 255
    assert np.array_equal(grey(Plate(values, "Clean"), Look()), np.arange(256).reshape(16, 16))


def test_a_window_spreads_its_range_and_clips_the_rest() -> None:
    look = Look()
    look.set_window(Window(centre=0.5, width=0.5))
    shown = grey(Plate(np.array([[0.0, 0.25, 0.5, 0.75, 1.0]], np.float32), "Clean"), look)
    assert shown.tolist() == [[0, 0, 128, 255, 255]]
    look.invert()
    inverted = grey(Plate(np.array([[0.0, 0.25, 0.5, 0.75, 1.0]], np.float32), "Clean"), look)
    assert inverted.tolist() == [[255, 255, 127, 0, 0]]


def test_a_narrow_window_tells_apart_what_eight_bits_would_not() -> None:
    look = Look()
    look.set_window(Window(centre=0.5, width=1 / 255))
    sixteen_bits = np.array([[0.5 - 0.001, 0.5, 0.5 + 0.001]], np.float32)
    assert len(set(grey(Plate(sixteen_bits, "Clean"), look)[0].tolist())) == 3


def test_the_difference_map_is_zero_centred_and_ends_at_its_limit() -> None:
    values = np.array([[-0.01, 0.0, 0.01, 0.5]], np.float32)
    image = DifferencePlate(values, "Difference", limit=0.01).image(Look())
    colours = [image.pixelColor(x, 0).getRgb()[:3] for x in range(4)]
    assert colours[0] == tuple(DIVERGING[0])
    assert colours[2] == colours[3] == tuple(DIVERGING[-1])
    assert max(colours[1]) - min(colours[1]) <= 4  # no hue where nothing changed
    assert colours[0][2] > colours[0][0]  # blue is darker than before
    assert colours[2][0] > colours[2][2]


def test_labels_say_what_each_view_is(views: LinkedViews) -> None:
    assert views.clean.label.startswith("Clean")
    assert views.perturbed.label == "Perturbed, FGSM, epsilon 0.030 (3.8/255), rgb"
    assert views.difference.label.startswith("Difference \N{MULTIPLICATION SIGN} 33")
    assert [view.accessibleName() for view in views.views] == [view.label for view in views.views]


def test_a_perturbed_image_with_three_channels_is_in_colour(views: LinkedViews) -> None:
    assert views.perturbed.plate is not None
    image = views.perturbed.plate.image(views.look)
    red, green, blue, _ = image.pixelColor(8, 4).getRgb()
    assert red == green > blue


def test_the_difference_can_show_one_channel(views: LinkedViews) -> None:
    views.set_channel(3)
    assert views.difference.plate is not None
    assert views.difference.plate.values[4, 8] == pytest.approx(-0.015, abs=1e-6)
    assert views.difference.label.endswith("blue")


def test_epsilon_zero_has_a_finite_gain(views: LinkedViews) -> None:
    views.show_inspection(inspection(0.0))
    plate = views.difference.plate
    assert isinstance(plate, DifferencePlate)
    assert plate.limit == pytest.approx(1 / 255)


def test_the_left_button_drags_the_window_of_all_views(views: LinkedViews) -> None:
    drag(views.clean, QPointF(100, 100), QPointF(60, 140), Qt.MouseButton.LeftButton)
    assert views.look.window.width == pytest.approx(0.9)
    assert views.look.window.centre == pytest.approx(0.6)


def test_the_middle_button_pans_all_views(views: LinkedViews) -> None:
    before = [view.look.frame(view.area()).left() for view in views.views]
    drag(views.perturbed, QPointF(100, 100), QPointF(130, 90), Qt.MouseButton.MiddleButton)
    after = [view.look.frame(view.area()).left() for view in views.views]
    assert [round(b - a, 6) for a, b in zip(before, after, strict=True)] == [30, 30, 30]


def test_the_wheel_zooms_at_the_cursor_in_all_views(views: LinkedViews) -> None:
    view = views.difference
    position = QPointF(90, 200)
    before = views.look.place(position, view.area())
    turn = QWheelEvent(
        position, position, QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, turn)
    after = views.look.place(position, view.area())
    assert views.look.zoom > 1.3
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()))
    assert (
        len({(frame.width(), frame.height()) for frame in (v.look.frame(v.area()) for v in views.views)}) == 1
    )


def test_the_body_keeps_its_proportions_whatever_the_classifier_sees(views: LinkedViews) -> None:
    frame = views.look.frame(views.clean.area())
    assert frame.width() / frame.height() == pytest.approx(2.0)  # read as 80 x 160


def test_anisotropic_spacing_is_honoured(views: LinkedViews) -> None:
    views.show_film(open_film(ramp(80, 160), spacing=(0.4, 0.2)), waiting="")
    frame = views.look.frame(views.clean.area())
    assert frame.width() / frame.height() == pytest.approx(1.0)
    assert views.look.height_mm == pytest.approx(32.0)


def test_the_cursor_is_shared_and_tells_the_value_in_each_view(views: LinkedViews) -> None:
    frame = views.look.frame(views.clean.area())
    place = frame.topLeft() + QPointF(frame.width() * 8.5 / 16, frame.height() * 4.5 / 8)
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, place, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(views.clean, event)
    assert views.look.cursor is not None
    said = [view.plate.value_at(views.look.cursor) for view in views.views if view.plate]
    value = float(ramp()[4, 8])
    assert said[0] == f"x 8  y 4   {value * 255:.1f} /255"
    assert len(said[1].split()) == 8  # position, three channels, unit
    assert said[2].endswith("/255")
    QApplication.sendEvent(views.clean, QEvent(QEvent.Type.Leave))
    assert views.look.cursor is None


def test_keys_invert_choose_presets_and_reset(views: LinkedViews, qtbot: QtBot) -> None:
    views.setFocus()
    qtbot.keyClick(views, Qt.Key.Key_I)
    assert views.look.inverted
    qtbot.keyClick(views, Qt.Key.Key_3)
    assert views.look.window == PRESETS[2].window(ramp(80, 160))
    assert views.look.inverted
    qtbot.keyClick(views, Qt.Key.Key_Plus)
    assert views.look.zoom == pytest.approx(1.25)
    qtbot.keyClick(views, Qt.Key.Key_R)
    assert (views.look.inverted, views.look.window, views.look.zoom) == (False, Window(), 1.0)


@pytest.mark.parametrize(("key", "step"), [(Qt.Key.Key_Left, -1), (Qt.Key.Key_Right, 1)])
def test_arrows_ask_for_the_neighbour(views: LinkedViews, qtbot: QtBot, key: Qt.Key, step: int) -> None:
    with qtbot.waitSignal(views.stepRequested) as asked:
        qtbot.keyClick(views, key)
    assert asked.args == [step]


def test_space_blinks_only_while_held_and_the_label_changes(views: LinkedViews, qtbot: QtBot) -> None:
    perturbed = views.perturbed.label
    qtbot.keyPress(views, Qt.Key.Key_Space)
    assert views.perturbed.label.startswith("Clean")
    qtbot.waitUntil(lambda: views.perturbed.label == perturbed, timeout=SOON)
    qtbot.waitUntil(lambda: views.perturbed.label.startswith("Clean"), timeout=SOON)
    qtbot.keyRelease(views, Qt.Key.Key_Space)
    assert views.perturbed.label == perturbed


def test_double_click_gives_one_view_all_the_room_and_takes_it_back(views: LinkedViews, qtbot: QtBot) -> None:
    qtbot.mouseDClick(views.perturbed, Qt.MouseButton.LeftButton)
    assert [view.isVisible() for view in views.views] == [False, True, False]
    qtbot.waitUntil(lambda: views.perturbed.width() == views.width())
    qtbot.mouseDClick(views.perturbed, Qt.MouseButton.LeftButton)
    assert all(view.isVisible() for view in views.views)


def test_the_radiograph_can_be_shown_as_it_was_read(views: LinkedViews) -> None:
    views.set_original(True)
    assert views.clean.label == "Clean, as read (80 \N{MULTIPLICATION SIGN} 160, 16 bits)"
    views.set_original(False)
    assert views.clean.label == "Clean, as classified (8 \N{MULTIPLICATION SIGN} 16)"


def test_painting_recomputes_nothing(views: LinkedViews, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Plate] = []
    original = Plate.image
    monkeypatch.setattr(Plate, "image", lambda plate, look: made.append(plate) or original(plate, look))
    views.grab()
    views.look.magnify(2.0, QPointF(10, 50), views.clean.area())
    views.grab()
    assert made == []
    views.look.invert()
    assert len(made) == 2  # clean and perturbed; the difference has its own map


def test_a_huge_radiograph_is_thinned_for_the_screen_and_still_read_in_full() -> None:
    values = np.zeros((5000, 4000), np.float32)
    values[4999, 3999] = 1.0
    plate = Plate(values, "Clean")
    assert max(plate.image(Look()).width(), plate.image(Look()).height()) <= 2048
    assert plate.value_at(QPointF(0.99999, 0.99999)).endswith("255.0 /255")
    assert plate.value_at(QPointF(1.2, 0.5)) == ""


@pytest.mark.parametrize("spacing", [(0.5, 0.25), None])
def test_the_ruler_measures_in_millimetres_where_they_are_known(
    views: LinkedViews, spacing: tuple[float, float] | None
) -> None:
    views.show_film(open_film(ramp(100, 200), spacing), waiting="")
    look, view = views.look, views.clean
    frame = look.frame(view.area())
    start, end = (
        QPointF(frame.left() + x * frame.width(), frame.top() + y * frame.height())
        for x, y in ((0.2, 0.25), (0.6, 0.85))
    )
    drag(view, start, end, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier)
    assert look.ruler is not None
    assert (look.ruler[0] - QPointF(0.2, 0.25)).manhattanLength() < 1e-6
    if spacing is None:
        assert look.measured == f"{100 * np.hypot(0.4 * 2, 0.6):.1f} % of the height (no spacing in the file)"
    else:
        assert look.measured == f"{np.hypot(0.4 * 200 * 0.25, 0.6 * 100 * 0.5):.1f} mm"
    assert look.window == Window()
    ruled = views.difference.grab().toImage()
    drag(view, start, start, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier)
    assert look.ruler is None
    assert look.measured == ""
    assert views.difference.grab().toImage() == ruled, "a view without a film has none"
    drag(view, start, end, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier)
    ruled = view.grab().toImage()
    views.reset()
    assert look.ruler is None
    assert view.grab().toImage() != ruled
