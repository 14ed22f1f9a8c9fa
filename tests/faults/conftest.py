"""What processes that are killed or stopped work on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.films import write_films
from tests.support.small_study import small_dataset, trained


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the processes of a module write."""
    return tmp_path_factory.mktemp("processes")


@pytest.fixture(scope="module")
def films(place: Path) -> Path:
    return write_films(place / "films", train=8, test=8)


@pytest.fixture(scope="module")
def checkpoint(films: Path, place: Path) -> Path:
    run, _ = trained(small_dataset(films), place / "trained", epochs=1)
    return run.best_path
