"""The window and its folders, for every test here."""

from tests.support.open_window import folder, opened, session, store, window

__all__ = ["folder", "opened", "session", "store", "window"]
