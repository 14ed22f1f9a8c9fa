from __future__ import annotations

from collections.abc import Iterator

import pytest

from cxr_gui.jobs.runner import Runners
from tests.support.patience import SOON


@pytest.fixture
def runners(qapp: object) -> Iterator[Runners]:
    runners = Runners()
    yield runners
    assert runners.close(SOON)
