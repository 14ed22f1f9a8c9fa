"""The bar over the views: which radiograph this is, and buttons for what the keys do."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from cxr_gui.core.data import Note
from cxr_gui.core.inspect import CHANNELS
from cxr_gui.ui.attack.viewer.arrangement import COUNTS
from cxr_gui.ui.attack.viewer.compare import CompareMode
from cxr_gui.ui.attack.viewer.look import PRESETS
from cxr_gui.ui.attack.viewer.views import LinkedViews
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.factories import box, label, named, row, tool
from cxr_gui.ui.widgets.icons import set_icon
from cxr_gui.ui.widgets.theme import GRID

NAME = 24 * GRID  # that a film's name may take before the buttons lose their words


class ViewerToolbar(QWidget):
    """Everything that can be done to the views without knowing a key."""

    helpRequested = Signal()
    noteRequested = Signal()

    def __init__(self, views: LinkedViews, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views = views
        self._worded: list[QToolButton] = []
        self.previous = self._button("previousImageButton", "chevron-left", "", "Previous image")
        self.next = self._button("nextImageButton", "chevron-right", "", "Next image")
        self.title = named(ElidedLabel(parent=self), "radiographTitle")
        self.facts = label("", "radiographFacts", "muted", parent=self)
        self.note = self._button("noteButton", "note", "", "Flag and note")
        self.note.hide()  # until there is one
        self.window_button = self._button(
            "windowButton",
            "window-level",
            "Window",
            "Window presets (1 to 5); drag in a view to set your own",
        )
        self.invert = self._button("invertButton", "invert", "", "Invert: black is white")
        self.reset = self._button("resetViewButton", "reset", "", "Reset: the whole image, full window")
        self.actual = self._button(
            "actualSizeButton",
            "",
            "1:1",
            "A dot of the screen for each pixel of the film; again: the whole image",
        )
        self.layout_button = self._button(
            "layoutButton",
            "layout",
            "Layout",
            "How many views stand side by side, and films without the rest",
        )
        self.blink = self._button(
            "blinkButton", "blink", "Blink", "Alternate clean and perturbed in one view (hold space)"
        )
        self.swipe = self._button(
            "swipeButton",
            "swipe",
            "Swipe",
            "Clean left and perturbed right of a divider in one view: drag it, or use comma and period",
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
            "originalButton",
            "film",
            "Full resolution",
            "Show the radiograph at the left as it was read, in its full size and depth",
        )
        words, tip = (
            "Channels of the difference",
            "Which change is shown: the mean of the channels, or of one",
        )
        self.channel = box("channelBox", words, tip, parent=self)
        self.channel.addItems(["Channels", *(channel.capitalize() for channel in CHANNELS[1:])])
        self.help = self._button("viewerHelpButton", "keyboard", "", "Keys and mouse buttons")
        self._words = {
            button: _words_width(button)
            for button in (
                self.explain,
                self.swipe,
                self.lens,
                self.blink,
                self.layout_button,
                self.window_button,
                self.original,
            )
        }
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
        arrangement = self._views.arrangement
        layouts = QMenu(self.layout_button)
        layouts.setObjectName("layoutMenu")
        self.counts = {}
        for count, which in COUNTS.items():
            self.counts[count] = _choice(layouts, which, f"views{count}Action")
            self.counts[count].triggered.connect(lambda _=False, count=count: arrangement.show(count))
        layouts.addSeparator()
        self.films_only = _choice(layouts, "Films only", "filmsOnlyAction")
        self.films_only.triggered.connect(arrangement.show_films_only)
        self.layout_button.setMenu(layouts)
        for button in (self.window_button, self.lens, self.layout_button):
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        for button in (self.invert, self.blink, self.swipe, self.lens, self.explain, self.original):
            button.setCheckable(True)
        layout = self._line = row(self.previous, self.next, gap=4, on=self)
        layout.addWidget(self.title, 1000)  # up to the whole of its text, before any room is left empty
        layout.addWidget(self.facts)
        layout.addWidget(self.note)
        layout.addStretch(1)
        layout.addSpacing(GRID)
        for widget in (
            self.window_button,
            self.invert,
            self.reset,
            self.actual,
            self.layout_button,
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
        self.actual.clicked.connect(views.show_actual)
        self.blink.toggled.connect(views.blink)
        self.swipe.clicked.connect(lambda: views.toggle(CompareMode.SWIPE))
        for comparison, action in self.lenses.items():
            action.triggered.connect(lambda _=False, comparison=comparison: views.toggle(comparison))
        self.explain.clicked.connect(views.explainRequested)
        self.histogram.triggered.connect(views.look.show_histogram)
        self.original.toggled.connect(views.set_original)
        self.channel.currentIndexChanged.connect(views.set_channel)
        self.help.clicked.connect(self.helpRequested)
        self.note.clicked.connect(self.noteRequested)
        views.comparisonChanged.connect(self._follow_comparison)
        views.arrangement.changed.connect(self._follow_arrangement)
        self._follow_arrangement()
        views.look.overlayChanged.connect(lambda: self.histogram.setChecked(views.look.histogram))
        views.blinkChanged.connect(self.blink.setChecked)
        views.look.windowChanged.connect(lambda: self.invert.setChecked(views.look.inverted))

    def show_radiograph(self, name: str, facts: str) -> None:
        """Say which one it is, its name shortened where there is no room, and what is to be known of it."""
        self.title.setText(name)
        self.title.setMaximumWidth(self.title.fontMetrics().horizontalAdvance(name) + GRID)
        self.facts.setText(facts)
        self._fit()

    def show_note(self, note: Note | None) -> None:
        """What somebody said of the film, behind a small mark; nothing where nobody did."""
        if note is not None:
            set_icon(self.note, "flag" if note.flag else "note")
            words = "\n".join(note.lines)
            named(self.note, "noteButton", words, words[0].upper() + words[1:])
        self.note.setVisible(note is not None)
        self._fit()

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

    def _follow_arrangement(self) -> None:
        arrangement = self._views.arrangement
        for count, action in self.counts.items():
            action.setChecked(count == arrangement.count)
        self.films_only.setChecked(arrangement.films_only)

    # -- room --------------------------------------------------------------------------------------------

    def minimumSizeHint(self) -> QSize:
        """Without any words beside the icons."""
        least = self._line.minimumSize()
        return QSize(least.width() - sum(self._words[button] for button in self._worded), least.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Put words beside as many icons as there is room for, next to the name of the film."""
        room = self.width() - self.minimumSizeHint().width() - min(self.title.maximumWidth(), NAME)
        worded = []
        for button, words in self._words.items():
            if words <= room:
                worded.append(button)
                room -= words
        for button in {*worded} ^ {*self._worded}:
            style = Qt.ToolButtonStyle
            shown = style.ToolButtonTextBesideIcon if button in worded else style.ToolButtonIconOnly
            button.setToolButtonStyle(shown)
        self._worded = worded

    def _button(self, name: str, icon: str, text: str, tip: str) -> QToolButton:
        button = tool(name, icon, text or tip, tip, text=text, parent=self)
        if icon:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button


def _words_width(button: QToolButton) -> int:
    """Pixels that the words beside its icon take."""
    kept, widths = button.toolButtonStyle(), []
    for style in (Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly):
        button.setToolButtonStyle(style)
        widths.append(button.sizeHint().width())
    button.setToolButtonStyle(kept)
    return widths[0] - widths[1]


def _choice(menu: QMenu, text: str, name: str) -> QAction:
    """An entry that is ticked or not."""
    action = menu.addAction(text)
    action.setObjectName(name)
    action.setCheckable(True)
    return action
