"""How much room the films have: how many views side by side, one of them alone, or films without the rest."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from cxr_gui.ui.attack.viewer.image_view import ImageView

COUNTS = {3: "Clean, perturbed, difference", 2: "Clean and perturbed", 1: "Perturbed alone"}
"""How many views stand side by side -> which."""


class ViewLayout(QObject):
    """Shows and hides the views; whoever lays them out takes the rest away while the films are `alone`.

    count       how many views stand side by side
    one         the view that has all the room for a while, or None
    films_only  whether somebody wants to see nothing but films
    """

    changed = Signal()

    def __init__(
        self, clean: ImageView, perturbed: ImageView, difference: ImageView, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._shown: dict[int, Sequence[ImageView]] = {
            3: (clean, perturbed, difference),
            2: (clean, perturbed),
            1: (perturbed,),
        }
        self.count = 3
        self.one: ImageView | None = None
        self.films_only = False

    @property
    def alone(self) -> bool:
        """Whether the films have the whole tab."""
        return self.films_only or self.one is not None

    def show(self, count: int) -> None:
        """Show so many views side by side."""
        self.count, self.one = count, None
        self._arrange()

    def step(self) -> None:
        """Three views, two, one, and three again."""
        self.show(self.count - 1 or 3)

    def maximise(self, view: ImageView | None) -> None:
        """Give one view the whole tab, or share it again."""
        if view is not self.one:
            self.one = view
            self._arrange()

    def show_films_only(self, on: bool) -> None:
        """Give the films the whole tab, or share it again."""
        if on != self.films_only:
            self.films_only = on
            self._arrange()

    def leave(self) -> bool:
        """One step back towards the whole tab; False where nothing has been taken away."""
        if self.one is not None:
            self.maximise(None)
        elif self.films_only:
            self.show_films_only(False)
        else:
            return False
        return True

    def _arrange(self) -> None:
        shown = self._shown[self.count] if self.one is None else (self.one,)
        for view in self._shown[3]:
            view.setVisible(view in shown)
        self.changed.emit()
