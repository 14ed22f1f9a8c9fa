"""The bar over the views: which radiograph this is, and buttons for what the keys do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from cxr_gui.ui.attack.viewer.compare import CompareMode
from cxr_gui.ui.attack.viewer.look import PRESETS
from cxr_gui.ui.attack.viewer.views import CHANNELS, LinkedViews
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.factories import box, label, named, row, tool
from cxr_gui.ui.widgets.theme import GRID


class ViewerToolbar(QWidget):
    """Everything that can be done to the views without knowing a key."""

    helpRequested = Signal()

    def __init__(self, views: LinkedViews, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views = views
        self.previous = self._button("previousImageButton", "chevron-left", "", "Previous image")
        self.next = self._button("nextImageButton", "chevron-right", "", "Next image")
        self.title = named(ElidedLabel(parent=self), "radiographTitle")
        self.facts = label("", "radiographFacts", "muted", parent=self)
        self.window_button = self._button(
            "windowButton",
            "window-level",
            "Window",
            "Window presets (1 to 5); drag in a view to set your own",
        )
        self.invert = self._button("invertButton", "invert", "", "Invert: black is white")
        self.reset = self._button("resetViewButton", "reset", "", "Reset: the whole image, full window")
        self.blink = self._button(
            "blinkButton", "blink", "Blink", "Alternate clean and perturbed in the middle view (hold space)"
        )
        self.swipe = self._button(
            "swipeButton",
            "swipe",
            "Swipe",
            "Clean left and perturbed right of a divider in the middle view: drag it, or use comma and"
            " period",
        )
        self.lens = self._button(
            "lensButton",
            "lens",
            "Lens",
            "A lens at the cursor that shows the other image or the difference; Shift and arrows move it",
        )
        self.explain = self._button(
            "explainButton",
            "eye",
            "Explain",
            "Where the classifier looks, on clean and perturbed: an explanation of the model, not of the"
            " disease",
        )
        self.original = self._button(
            "originalButton", "film", "As read", "Show the radiograph in its full size and depth at the left"
        )
        words, tip = "Channel of the difference", "Which change the difference view shows"
        self.channel = box("channelBox", words, tip, parent=self)
        self.channel.addItems(CHANNELS)
        self.help = self._button("viewerHelpButton", "keyboard", "", "Keys and mouse buttons")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        menu = QMenu(self.window_button)
        menu.setObjectName("windowMenu")
        for number, preset in enumerate(PRESETS):
            action = menu.addAction(preset.title)
            action.setObjectName(f"preset{number + 1}Action")
            action.triggered.connect(lambda _=False, number=number: self._views.set_preset(number))
        menu.addSeparator()
        self.histogram = _choice(menu, "Histogram", "histogramAction")
        self.window_button.setMenu(menu)
        lenses = QMenu(self.lens)
        self.lenses = {
            CompareMode.LENS: _choice(lenses, "The other image", "otherLensAction"),
            CompareMode.DIFFERENCE: _choice(lenses, "The difference", "differenceLensAction"),
        }
        self.lens.setMenu(lenses)
        for button in (self.window_button, self.lens):
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        for button in (self.invert, self.blink, self.swipe, self.lens, self.explain, self.original):
            button.setCheckable(True)
        layout = row(self.previous, self.next, gap=4, on=self)
        layout.addWidget(self.title, 1000)  # up to the whole of its text, before any room is left empty
        layout.addWidget(self.facts)
        layout.addStretch(1)
        layout.addSpacing(GRID)
        for widget in (
            self.window_button,
            self.invert,
            self.reset,
            self.blink,
            self.swipe,
            self.lens,
            self.explain,
            self.original,
            self.channel,
            self.help,
        ):
            layout.addWidget(widget)

    def _connect(self) -> None:
        views = self._views
        self.previous.clicked.connect(lambda: views.stepRequested.emit(-1))
        self.next.clicked.connect(lambda: views.stepRequested.emit(+1))
        self.invert.clicked.connect(views.look.invert)
        self.reset.clicked.connect(views.reset)
        self.blink.toggled.connect(views.blink)
        self.swipe.clicked.connect(lambda: views.toggle(CompareMode.SWIPE))
        for comparison, action in self.lenses.items():
            action.triggered.connect(lambda _=False, comparison=comparison: views.toggle(comparison))
        self.explain.clicked.connect(views.explainRequested)
        self.histogram.triggered.connect(views.look.show_histogram)
        self.original.toggled.connect(views.set_original)
        self.channel.currentIndexChanged.connect(views.set_channel)
        self.help.clicked.connect(self.helpRequested)
        views.comparisonChanged.connect(self._follow_comparison)
        views.look.overlayChanged.connect(lambda: self.histogram.setChecked(views.look.histogram))
        views.blinkChanged.connect(self.blink.setChecked)
        views.look.windowChanged.connect(lambda: self.invert.setChecked(views.look.inverted))

    def show_radiograph(self, name: str, facts: str) -> None:
        """Say which one it is, its name shortened where there is no room, and what is to be known of it."""
        self.title.setText(name)
        self.title.setMaximumWidth(self.title.fontMetrics().horizontalAdvance(name) + GRID)
        self.facts.setText(facts)

    def show_colour(self, colour: bool) -> None:
        """The channels can be chosen where there are three."""
        self.channel.setVisible(colour)

    def show_explaining(self, method: str | None) -> None:
        """Whether the views explain, by whatever method."""
        self.explain.setChecked(method is not None)

    def _follow_comparison(self, comparison: CompareMode) -> None:
        self.swipe.setChecked(comparison is CompareMode.SWIPE)
        self.lens.setChecked(comparison in self.lenses)
        for each, action in self.lenses.items():
            action.setChecked(each is comparison)

    def _button(self, name: str, icon: str, text: str, tip: str) -> QToolButton:
        button = tool(name, icon, text or tip, tip, text=text, parent=self)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button


def _choice(menu: QMenu, text: str, name: str) -> QAction:
    """An entry that is ticked or not."""
    action = menu.addAction(text)
    action.setObjectName(name)
    action.setCheckable(True)
    return action
