"""Four hints for somebody's first study, one after another beside the tabs, and then never again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, SignalInstance

from cxr_gui.session import Message

if TYPE_CHECKING:
    from cxr_gui.ui.window.main_window import MainWindow

SLIDER = "Move the epsilon slider: from which epsilon on does the decision flip?"
CHART = "Click a point of the chart to list the images that flipped there."
OWN = "Now your own: drop an X-ray, or a folder of them, anywhere on this window."
MORE = "Ctrl+K finds whatever can be done by its words, and F1 shows all keys."


class Hints(QObject):
    """Each goes when what it asks for was done; whoever puts one away has seen enough of them."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        session = window.session
        self._steps: tuple[tuple[str, tuple[SignalInstance, ...]], ...] = (
            (SLIDER, (session.settingChanged,)),
            (CHART, (window.attack_tab.sweep.chart.pointClicked,)),
            (OWN, (session.droppedChanged, session.datasetChanged)),
            (MORE, (window.paletteShown,)),
        )
        self._message: Message | None = None
        for number, (_, signals) in enumerate(self._steps):
            for signal in signals:
                signal.connect(lambda *_, number=number: self._finish(number))
        window.messages.dismissed.connect(self._leave)

    def show_next(self) -> None:
        """Show the first that is not done yet, if there is one."""
        done = self._window.settings.hints_done
        if self._message is None and done < len(self._steps):
            self._message = Message("hint", self._steps[done][0])
            self._window.session.messageRaised.emit(self._message)

    def _finish(self, number: int) -> None:
        if self._message is not None and number == self._window.settings.hints_done:
            self._window.session.messageWithdrawn.emit(self._message)
            self._message = None
            self._window.settings.hints_done = number + 1
            self.show_next()

    def _leave(self, message: Message) -> None:
        if message == self._message:
            self._message = None
            self._window.settings.hints_done = len(self._steps)
