"""Films to train on, for every test here."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_gui.core.data.records import Dataset
from tests.support.films import write_films
from tests.support.small_study import small_dataset


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_films(tmp_path_factory.mktemp("films"))


@pytest.fixture
def dataset(films: Path) -> Dataset:
    return small_dataset(films)
