"""The small studies and classifiers of the other tests are used here too."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.extend(str(TESTS / name) for name in ("core", "ui"))
