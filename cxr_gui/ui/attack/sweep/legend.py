"""What the chart draws of each sweep: a key that opens over the chart, so that it takes no room from it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QFrame, QWidget

from cxr_gui.ui.attack.sweep.curves import DRAWN, Curves, same_as
from cxr_gui.ui.attack.sweep.samples import SAMPLE, paint_published, paint_quantity, sample_icon
from cxr_gui.ui.widgets.factories import check_box, column, named
from cxr_gui.ui.widgets.theme import GRID, set_role, theme


class Legend(QFrame):
    """A dash and a marker for each quantity that a sweep on the chart has, and the published points."""

    choiceChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        named(self, "chartLegend", "Curves of the chart")
        set_role(self, "card")
        self._column = column(gap=3, around=(GRID, GRID, GRID * 2, GRID), on=self)
        self._offered: set[str] = set()
        self._quantities = {
            quantity.name: self._entry(
                quantity.title, f"{quantity.name}Toggle", quantity.meaning, quantity.shown
            )
            for quantity in DRAWN
        }
        self._published = self._entry(
            "Published points",
            "publishedToggle",
            "The published table: Paper CNN, recipe paper, FGSM, rgb, the 624 test films of the Kermany "
            "data. Only a sweep of the same can be compared.",
            False,
        )
        theme().changed.connect(self._colour)
        self._colour()
        self.offer(())

    @property
    def quantities(self) -> set[str]:
        """The names of the quantities to draw."""
        return {name for name in self._offered if self._quantities[name].isChecked()}

    @property
    def published(self) -> bool:
        return self._published.isChecked()

    def offer(self, sweeps: Sequence[Curves]) -> None:
        """List the quantities that one of these sweeps has, and say which curves lie on others."""
        offered = [quantity for quantity in DRAWN if any(each.shows(quantity) for each in sweeps)]
        self._offered = {quantity.name for quantity in offered}
        covered = same_as(sweeps, [quantity for quantity in offered if quantity.name in self.quantities])
        for quantity in DRAWN:
            box, other = self._quantities[quantity.name], covered.get(quantity.name)
            box.setText(
                quantity.title if other is None else f"{quantity.title}: as {other.title.partition(',')[0]}"
            )
            box.setVisible(quantity.name in self._offered)

    def open_below(self, control: QWidget) -> None:
        """Open under a control, ending where that ends, and on the screen."""
        self.adjustSize()
        screen = control.screen().availableGeometry()
        corner = control.mapToGlobal(QPoint(control.width() - self.width(), control.height()))
        top = min(corner.y(), screen.bottom() - self.height())
        self.move(max(corner.x(), screen.left()), max(top, screen.top()))
        self.show()
        first = next((box for box in self._quantities.values() if box.isVisible()), self._published)
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    def _entry(self, title: str, name: str, meaning: str, shown: bool) -> QCheckBox:
        box = check_box(title, name, meaning, parent=self)
        box.setIconSize(SAMPLE)
        box.setChecked(shown)
        box.toggled.connect(self.choiceChanged)
        self._column.addWidget(box)
        return box

    def _colour(self) -> None:
        colour = QColor(theme().palette.text)
        for quantity in DRAWN:
            paint = partial(paint_quantity, quantity=quantity, colour=colour)
            self._quantities[quantity.name].setIcon(sample_icon(paint))
        self._published.setIcon(sample_icon(partial(paint_published, colour=colour)))
