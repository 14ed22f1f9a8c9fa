"""The bar over the views: which radiograph this is, and buttons for what the keys do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QToolButton,
    QToolTip,
    QWidget,
)

from cxr_gui.ui.attack.look import PRESETS
from cxr_gui.ui.attack.views import CHANNELS, LinkedViews
from cxr_gui.ui.elided import ElidedLabel
from cxr_gui.ui.icons import set_icon

HELP = "<br>".join(
    (
        "<b>Mouse</b>",
        "Drag: window and level",
        "Middle-drag or Shift-drag: pan",
        "Right-drag or wheel: zoom",
        "Double-click: one view, or all three",
        "",
        "<b>Keys</b>",
        "I: invert",
        "R: reset",
        "1 to 5: window presets",
        "Arrows: previous or next image",
        "Space, held: blink clean and perturbed",
        "+ and \N{MINUS SIGN}: zoom",
    )
)


class ViewerToolbar(QWidget):
    """Everything that can be done to the views without knowing a key."""

    def __init__(self, views: LinkedViews, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views = views
        self.previous = self._button("previousImageButton", "chevron-left", "", "Previous image (left arrow)")
        self.next = self._button("nextImageButton", "chevron-right", "", "Next image (right arrow)")
        self.title = ElidedLabel(parent=self)
        self.title.setObjectName("radiographTitle")
        self.window_button = self._button(
            "windowButton",
            "window-level",
            "Window",
            "Window presets (1 to 5); drag in a view to set your own",
        )
        self.invert = self._button("invertButton", "invert", "Invert", "Black is white (I)")
        self.reset = self._button("resetViewButton", "reset", "Reset", "The whole image, full window (R)")
        self.blink = self._button(
            "blinkButton", "blink", "Blink", "Alternate clean and perturbed in the middle view (hold space)"
        )
        self.original = self._button(
            "originalButton", "film", "As read", "Show the radiograph in its full size and depth at the left"
        )
        self.channel = QComboBox(self)
        self.channel.setObjectName("channelBox")
        self.channel.setAccessibleName("Channel of the difference")
        self.channel.setToolTip("Which change the difference view shows")
        self.channel.addItems(CHANNELS)
        self.help = self._button("viewerHelpButton", "keyboard", "", "Mouse and keys")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        menu = QMenu(self.window_button)
        for number, preset in enumerate(PRESETS):
            action = menu.addAction(f"{preset.title}\t{number + 1}")
            action.triggered.connect(lambda _=False, number=number: self._views.set_preset(number))
        self.window_button.setMenu(menu)
        self.window_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        for button in (self.invert, self.blink, self.original):
            button.setCheckable(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.previous)
        row.addWidget(self.next)
        row.addWidget(self.title, 1)
        for widget in (
            self.window_button,
            self.invert,
            self.reset,
            self.blink,
            self.original,
            self.channel,
            self.help,
        ):
            row.addWidget(widget)

    def _connect(self) -> None:
        views = self._views
        self.previous.clicked.connect(lambda: views.stepRequested.emit(-1))
        self.next.clicked.connect(lambda: views.stepRequested.emit(+1))
        self.invert.clicked.connect(views.look.invert)
        self.reset.clicked.connect(views.reset)
        self.blink.toggled.connect(views.blink)
        self.original.toggled.connect(views.set_original)
        self.channel.currentIndexChanged.connect(views.set_channel)
        self.help.clicked.connect(self._explain)
        views.blinkChanged.connect(self.blink.setChecked)
        views.look.windowChanged.connect(lambda: self.invert.setChecked(views.look.inverted))

    def show_colour(self, colour: bool) -> None:
        """The channels can be chosen where there are three."""
        self.channel.setVisible(colour)

    def _explain(self) -> None:
        QToolTip.showText(self.help.mapToGlobal(self.help.rect().bottomLeft()), HELP, self.help)

    def _button(self, name: str, icon: str, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(text or tip)
        button.setToolButtonStyle(
            Qt.ToolButtonStyle.ToolButtonTextBesideIcon if text else Qt.ToolButtonStyle.ToolButtonIconOnly
        )
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        set_icon(button, icon)
        return button
