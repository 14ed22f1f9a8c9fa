"""Clean, perturbed and difference side by side under one look, and the keys a reader of X-rays knows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from cxr_gui.core.inspect import (
    METHODS,
    difference_limit,
    difference_title,
    perturbed_title,
    signed_difference,
)
from cxr_gui.ui.attack.viewer.arrangement import ViewLayout
from cxr_gui.ui.attack.viewer.compare import CompareMode
from cxr_gui.ui.attack.viewer.heat import Heat
from cxr_gui.ui.attack.viewer.image_view import ImageView
from cxr_gui.ui.attack.viewer.look import PRESETS, Look
from cxr_gui.ui.attack.viewer.plate import DifferencePlate, Plate
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import row
from cxr_gui.ui.widgets.focus import FocusRing

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Explanation, Inspection
    from cxr_gui.session import Explained, OpenFilm

BLINK_MILLISECONDS = 400  # 2.5 changes a second stays below what can harm people with photosensitive epilepsy
PAGES = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: +1}
DIVIDER_STEP = 0.05  # of the view's width, a key press
CURSOR_STEP = 0.02  # of the image, a key press

COMPARISONS = {
    Qt.Key.Key_S: CompareMode.SWIPE,
    Qt.Key.Key_L: CompareMode.LENS,
    Qt.Key.Key_D: CompareMode.DIFFERENCE,
}
LETTERS = (Qt.Key.Key_I, Qt.Key.Key_H, Qt.Key.Key_E, Qt.Key.Key_F, Qt.Key.Key_V, Qt.Key.Key_Z)
ONCE = {*COMPARISONS, *LETTERS}  # held down they would flicker
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Down: (0, 1),
}


class LinkedViews(QWidget):
    """The three views. Zoom, place, window and cursor are one look.

    Clean and perturbed are compared by `blink`, which swaps what the second view shows, by a swipe in the
    second view, or by a lens in both that shows the other one or the difference.
    """

    stepRequested = Signal(int)
    frameStepRequested = Signal(int)
    blinkChanged = Signal(bool)
    comparisonChanged = Signal(object)  # CompareMode
    explainRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = Look(self)
        self.clean = ImageView(self.look, "cleanView", "Clean", self)
        self.perturbed = ImageView(self.look, "perturbedView", "Perturbed", self)
        self.difference = ImageView(self.look, "differenceView", "Difference", self)
        self.views = (self.clean, self.perturbed, self.difference)
        self.arrangement = ViewLayout(*self.views, self)
        self._film: OpenFilm | None = None
        self._inspection: Inspection | None = None
        self._plates: tuple[Plate, Plate] | None = None
        self._explained: Explained | None = None
        self._original = False
        self._channel = 0
        self.comparison = CompareMode.NONE
        self._blink = QTimer(self, interval=BLINK_MILLISECONDS)
        self._blink.timeout.connect(self._swap)
        epsilons().changed.connect(self._show_again)
        row(*((view, 1) for view in self.views), gap=2, on=self)
        for view in self.views:
            view.maximiseRequested.connect(self._maximise)
            view.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            view.setFocusProxy(self)
        FocusRing(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Clean, perturbed and difference views")

    # -- what is shown -----------------------------------------------------------------------------------

    def show_film(self, film: OpenFilm, *, waiting: str) -> None:
        """Show a radiograph as it was read; the other two views say what they wait for."""
        self._film, self._inspection, self._plates, self._explained = film, None, None, None
        height, width = film.radiograph.pixels.shape
        spacing = film.radiograph.source.spacing
        row_mm, column_mm = spacing or (1.0, 1.0)
        self.look.set_shape(width * column_mm / (height * row_mm), height * row_mm if spacing else None)
        self.clean.set_plate(self._original_plate())
        self.perturbed.set_plate(None, waiting)
        self.difference.set_plate(None, waiting)
        self._compare()

    def show_inspection(self, inspection: Inspection) -> None:
        """Show what the classifier saw, what the attack made of it, and what it changed."""
        showing_clean = self._showing_clean
        self._inspection = inspection
        size = " \N{MULTIPLICATION SIGN} ".join(str(side) for side in inspection.clean.shape[:2])
        clean = Plate(inspection.clean, _label("Clean", inspection.which, f"as classified ({size})"))
        self._plates = (clean, Plate(inspection.perturbed, perturbed_title(inspection, epsilons().unit)))
        self.clean.set_plate(self._original_plate() if self._original else clean)
        self.perturbed.set_plate(self._plates[0 if showing_clean else 1])
        self._show_difference(inspection)
        self.show_explanation(self._explained)

    def _show_again(self) -> None:
        """In another unit."""
        if self._inspection is not None:
            self.show_inspection(self._inspection)

    def show_explanation(self, explained: Explained | None) -> None:
        """Lay over clean and perturbed what the classifier's decision on each rests on, as far as known."""
        self._explained = explained
        if self._plates is not None:
            clean = None if explained is None else explained.clean
            perturbed = None if explained is None else explained.perturbed
            self._plates[0].heat, self._plates[1].heat = _heat(clean), _heat(perturbed)
            if self._original and self.clean.plate is not None:
                self.clean.plate.heat = self._plates[0].heat
        self.look.overlayChanged.emit()

    def set_original(self, original: bool) -> None:
        """Show the radiograph as read, in its full depth and size, beside what became of it."""
        self._original = original
        if self._plates is not None:
            self.clean.set_plate(self._original_plate() if original else self._plates[0])
            self.show_explanation(self._explained)

    def set_channel(self, channel: int) -> None:
        """Which change the difference view shows: 0 the mean of the channels, else red, green or blue."""
        self._channel = channel
        if self._inspection is not None:
            self._show_difference(self._inspection)

    def set_preset(self, number: int) -> None:
        """Set the window by a preset, 0..4."""
        if self._film is not None:
            self.look.set_window(PRESETS[number].window(self._film.radiograph.pixels))

    def _show_difference(self, inspection: Inspection) -> None:
        change = signed_difference(inspection, self._channel).astype(np.float32)
        title = difference_title(inspection, self._channel)
        self.difference.set_plate(DifferencePlate(change, title, difference_limit(inspection)))
        self._compare()

    def _original_plate(self) -> Plate | None:
        if self._film is None:
            return None
        radiograph = self._film.radiograph
        (height, width), source = radiograph.pixels.shape, radiograph.source
        read = f"as read ({height} \N{MULTIPLICATION SIGN} {width}, {source.bits} bits)"
        return Plate(radiograph.pixels, _label("Clean", source.which, read))

    # -- swipe and lens ----------------------------------------------------------------------------------

    def compare(self, comparison: CompareMode) -> None:
        """Compare clean and perturbed in this way from now on; NONE shows each alone."""
        if comparison is not self.comparison:
            self.blink(False)
            self.comparison = comparison
            self._compare()
            self.comparisonChanged.emit(comparison)

    def toggle(self, comparison: CompareMode) -> None:
        """Compare in this way, or no longer."""
        self.compare(CompareMode.NONE if comparison is self.comparison else comparison)

    def _compare(self) -> None:
        """Give clean and perturbed what they show besides themselves."""
        others: tuple[Plate | None, Plate | None] = (None, None)
        if self._plates is not None and not self._blink.isActive():
            clean, perturbed = self._plates
            others = {
                CompareMode.NONE: (None, None),
                CompareMode.SWIPE: (None, clean),
                CompareMode.LENS: (perturbed, clean),
                CompareMode.DIFFERENCE: (self.difference.plate, self.difference.plate),
            }[self.comparison]
        for view, other in zip((self.clean, self.perturbed), others, strict=True):
            view.compare(other, self.comparison)

    # -- blink -------------------------------------------------------------------------------------------

    @property
    def _showing_clean(self) -> bool:
        return self._plates is not None and self.perturbed.plate is self._plates[0]

    def blink(self, on: bool) -> None:
        """Alternate clean and perturbed in the second view until switched off; its label says which."""
        if on == self._blink.isActive() or (on and self._plates is None):
            return
        if on:
            self._swap()
            self._blink.start()
        else:
            self._blink.stop()
            if self._plates is not None:
                self.perturbed.set_plate(self._plates[1])
        self._compare()
        self.blinkChanged.emit(on)

    def _swap(self) -> None:
        if self._plates is not None:
            self.perturbed.set_plate(self._plates[1 if self._showing_clean else 0])

    # -- room --------------------------------------------------------------------------------------------

    def _maximise(self) -> None:
        view = self.sender()
        alone = self.arrangement.one is not None
        self.arrangement.maximise(None if alone or not isinstance(view, ImageView) else view)

    def show_actual(self) -> None:
        """A dot of the screen for each pixel of what the first view shows; the whole image again after it."""
        view = next((view for view in self.views if view.isVisible() and view.plate is not None), None)
        if view is not None:
            self.look.set_zoom(1.0 if view.magnification == 1.0 else self.look.zoom / view.magnification)

    # -- keys --------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.isAutoRepeat() and key in ONCE:
            return
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            event.ignore()
        elif key == Qt.Key.Key_I:
            self.look.invert()
        elif key == Qt.Key.Key_R:
            self.reset()
        elif Qt.Key.Key_1 <= key <= Qt.Key.Key_5:
            self.set_preset(key - Qt.Key.Key_1)
        elif key in ARROWS and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            right, down = ARROWS[Qt.Key(key)]
            self.look.move_cursor(right * CURSOR_STEP, down * CURSOR_STEP)
        elif key in ARROWS:
            self.stepRequested.emit(sum(ARROWS[Qt.Key(key)]))
        elif key in PAGES:
            self.frameStepRequested.emit(PAGES[Qt.Key(key)])
        elif key in COMPARISONS:
            self.toggle(COMPARISONS[Qt.Key(key)])
        elif key in (Qt.Key.Key_Comma, Qt.Key.Key_Period):
            by = DIVIDER_STEP if key == Qt.Key.Key_Period else -DIVIDER_STEP
            self.perturbed.set_divider(self.perturbed.divider + by)
        elif key == Qt.Key.Key_H:
            self.look.show_histogram(not self.look.histogram)
        elif key == Qt.Key.Key_E:
            self.explainRequested.emit()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            area = self.clean.area()
            self.look.magnify(0.8 if key == Qt.Key.Key_Minus else 1.25, area.center(), area)
        elif key == Qt.Key.Key_Space:
            self.blink(True)
        elif key == Qt.Key.Key_F:
            self.arrangement.show_films_only(not self.arrangement.films_only)
        elif key == Qt.Key.Key_V:
            self.arrangement.step()
        elif key == Qt.Key.Key_Z:
            self.show_actual()
        elif key != Qt.Key.Key_Escape or not self.arrangement.leave():
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.blink(False)
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.blink(False)
        super().focusOutEvent(event)

    def reset(self) -> None:
        """The whole image, full window, not inverted, none of the views alone."""
        self.arrangement.maximise(None)
        self.look.reset()


def _label(*parts: str) -> str:
    """What a view is labelled with, less what there is nothing to say of."""
    return ", ".join(filter(None, parts))


@lru_cache(maxsize=4)
def _heat(explanation: Explanation | None) -> Heat | None:
    if explanation is None:
        return None
    method = METHODS[explanation.method].title
    return Heat(explanation.values, method, explanation.decision, signed=explanation.signed)
