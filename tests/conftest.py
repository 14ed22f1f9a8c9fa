"""Shared by all tests: a screenless Qt, a cache of their own, and the real X-rays where they are."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Prepared pixels, thumbnails and the demo study go to a folder of the test run."""
    os.environ["CXR_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The Kermany images, where CXR_DATA points or beside the checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "datasets" / "chest_xray"
    folder = Path(os.environ.get("CXR_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"the real X-rays are not at {folder}; set CXR_DATA to run this test")
    return folder
