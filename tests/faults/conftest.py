"""The small studies and classifiers of the other tests, and the window, are used here too."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.extend(str(TESTS / name) for name in ("core", "ui"))

from open_window import folder, opened, store, window  # noqa: E402

__all__ = ["folder", "opened", "store", "window"]
