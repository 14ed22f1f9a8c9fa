"""The small session of the attack tab is used here without the tab."""

from tests.support.small_session import classifier, folder, session

__all__ = ["classifier", "folder", "session"]
