"""Images to sweep, for every test here."""

from __future__ import annotations

import pytest

from tests.support.made_data import FakeStore


@pytest.fixture
def store() -> FakeStore:
    return FakeStore(30)
