"""The window and its folders are used here too."""

from tests.support.open_window import folder, opened, store, window

__all__ = ["folder", "opened", "store", "window"]
