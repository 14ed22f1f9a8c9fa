"""The look: two palettes, one style sheet, and the signal that says they changed.

Widgets take colours from `theme().palette` when they paint and connect `theme().changed` to their update.
The style sheet (resources/style.qss) knows these properties, so that no widget carries a style of its own:

    role   on a QPushButton "primary", "danger", "flat", "link", "right", "wrong"; on a QLabel "display",
           "title", "heading", "muted", "good", "warning", "bad"; on a QToolButton "narrow"; on a QFrame
           "card", "bar"; on a QScrollArea "plain"; on a QWidget "compact", whose fields are low
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QWidget

from cxr_gui.core.base import resources

GRID = 8
"""All spacing is a multiple of this many device-independent pixels (or its half)."""

MODES = ("system", "light", "dark")


@dataclass(frozen=True)
class Palette:
    """Colours as hex strings. `line` parts surfaces, `edge` bounds what can be filled in, `negative` and
    `positive` are classes 0 and 1, `curve` the lines of a chart.

    After Okabe and Ito (2008), darkened or lightened where text needs a contrast of 4.5 and an edge or a
    curve one of 3 (WCAG 2.2); colour never says anything alone, a word or a shape always says it too.
    """

    dark: bool
    window: str
    panel: str
    raised: str
    text: str
    muted: str
    line: str
    edge: str
    accent: str
    on_accent: str
    good: str
    warning: str
    bad: str
    negative: str
    positive: str
    curve: tuple[str, str, str, str, str, str]


LIGHT = Palette(
    dark=False,
    window="#f3f4f6",
    panel="#ffffff",
    raised="#e9ecf0",
    text="#1c2127",
    muted="#5a6370",
    line="#d3d8df",
    edge="#808994",
    accent="#1f5fbf",
    on_accent="#ffffff",
    good="#00735a",
    warning="#9a5b00",
    bad="#b3331a",
    negative="#0067a3",
    positive="#bd4b00",
    curve=("#0072b2", "#d55e00", "#009e73", "#b4558d", "#b87e00", "#3f97cc"),
)

DARK = Palette(
    dark=True,
    window="#15181c",
    panel="#1d2126",
    raised="#2a3038",
    text="#e5e9ee",
    muted="#9ba5b1",
    line="#363e48",
    edge="#68727f",
    accent="#78adf5",
    on_accent="#0e1620",
    good="#3ecba0",
    warning="#e9ae4b",
    bad="#ff8a70",
    negative="#62baee",
    positive="#f59355",
    curve=("#56b4e9", "#f0803c", "#2fc79b", "#dc8fbc", "#ecb43c", "#a9b8c8"),
)


class Theme(QObject):
    """The application's look: follows the system, or stays light or dark when told to."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.mode = "system"
        self.palette = LIGHT
        QApplication.styleHints().colorSchemeChanged.connect(self._follow)

    def set_mode(self, mode: str) -> None:
        """Choose "system", "light" or "dark" and restyle the application."""
        if mode not in MODES:
            raise ValueError(f"The theme is one of {', '.join(MODES)}, not '{mode}'.")
        self.mode = mode
        hints = QApplication.styleHints()
        if mode == "system":
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(Qt.ColorScheme.Dark if mode == "dark" else Qt.ColorScheme.Light)
        self.apply()

    def apply(self) -> None:
        """Style the application in the palette that the mode asks for, and say so."""
        system_is_dark = QApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        dark = self.mode == "dark" or (self.mode == "system" and system_is_dark)
        self.palette = DARK if dark else LIGHT
        application = QApplication.instance()
        assert isinstance(application, QApplication)  # noqa: S101
        application.setPalette(_qt_palette(self.palette))
        application.setStyleSheet(_style_sheet(self.palette, application.font().pointSizeF()))
        self.changed.emit()

    def _follow(self) -> None:
        if self.mode == "system":
            self.apply()


@cache
def theme() -> Theme:
    """The application's one theme. The QApplication must exist."""
    return Theme()


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget a role of the style sheet, also after it was shown."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def inset(box: QAbstractSpinBox) -> None:
    """Set a spin box's text in as far as other fields' text: Qt ignores the style sheet's padding there."""
    box.lineEdit().setTextMargins(GRID - 2, 0, 0, 0)


def _qt_palette(colours: Palette) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: colours.window,
        QPalette.ColorRole.WindowText: colours.text,
        QPalette.ColorRole.Base: colours.panel,
        QPalette.ColorRole.AlternateBase: colours.window,
        QPalette.ColorRole.Text: colours.text,
        QPalette.ColorRole.PlaceholderText: colours.muted,
        QPalette.ColorRole.Button: colours.panel,
        QPalette.ColorRole.ButtonText: colours.text,
        QPalette.ColorRole.BrightText: colours.bad,
        QPalette.ColorRole.ToolTipBase: colours.raised,
        QPalette.ColorRole.ToolTipText: colours.text,
        QPalette.ColorRole.Highlight: colours.accent,
        QPalette.ColorRole.HighlightedText: colours.on_accent,
        QPalette.ColorRole.Accent: colours.accent,
        QPalette.ColorRole.Link: colours.accent,
        QPalette.ColorRole.LinkVisited: colours.accent,
        QPalette.ColorRole.Light: colours.raised,
        QPalette.ColorRole.Midlight: colours.raised,
        QPalette.ColorRole.Mid: colours.line,
        QPalette.ColorRole.Dark: colours.line,
        QPalette.ColorRole.Shadow: colours.line,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, blend(colours.muted, colours.window, 0.35))
    return palette


def blend(colour: str, other: str, share: float) -> QColor:
    """`colour` with `share` (0..1) of it replaced by `other`."""
    one, two = QColor(colour), QColor(other)
    pairs = ((one.redF(), two.redF()), (one.greenF(), two.greenF()), (one.blueF(), two.blueF()))
    red, green, blue = (a + (b - a) * share for a, b in pairs)
    return QColor.fromRgbF(red, green, blue)


def _style_sheet(colours: Palette, points: float) -> str:
    template = Template((resources.folder() / "style.qss").read_text(encoding="utf-8"))
    values = asdict(colours) | {
        "shade": "dark" if colours.dark else "light",
        "icons": (resources.folder() / "icons").as_posix(),
        "hover": blend(colours.panel, colours.text, 0.06).name(),
        "pressed": blend(colours.panel, colours.text, 0.12).name(),
        "primary_hover": blend(colours.accent, colours.text, 0.15).name(),
        "disabled": blend(colours.muted, colours.window, 0.35).name(),
        "tint": blend(colours.panel, colours.accent, 0.14).name(),
        "small": f"{points * 0.9:.1f}pt",
        "heading": f"{points * 1.05:.1f}pt",
        "title": f"{points * 1.5:.1f}pt",
        "display": f"{points * 2:.1f}pt",
    }
    return template.substitute(values)
