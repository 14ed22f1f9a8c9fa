"""Processes to be killed or stopped, and what they work on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.films import write_films
from tests.support.nursery import Nursery
from tests.support.small_study import small_dataset, trained


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the processes of a module write."""
    return tmp_path_factory.mktemp("processes")


@pytest.fixture(scope="module")
def films(place: Path) -> Path:
    return write_films(place / "films", train=8, test=8)


@pytest.fixture(scope="module")
def nursery(place: Path, request: pytest.FixtureRequest) -> Iterator[Nursery]:
    """It has imported what the module names in IMPORTED, too."""
    with Nursery(place, *getattr(request.module, "IMPORTED", ())) as nursery:
        yield nursery


@pytest.fixture(scope="module")
def checkpoint(films: Path, place: Path) -> Path:
    run, _ = trained(small_dataset(films), place / "trained", epochs=1)
    return run.best_path
