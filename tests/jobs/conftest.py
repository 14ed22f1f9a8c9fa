from __future__ import annotations

from collections.abc import Iterator

import pytest

from cxr_gui.jobs.lane import Lanes
from tests.support.patience import SOON


@pytest.fixture
def lanes(qapp: object) -> Iterator[Lanes]:
    lanes = Lanes()
    yield lanes
    assert lanes.close(SOON)
