"""100,000 records: filters, counts and the grid that shows a screenful of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cxr_gui.core.data.records import Dataset, Record
from cxr_gui.ui.dataset.record_index import Filter, RecordIndex
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.tiles import grid


def test_the_grid_is_an_item_view_with_a_name(window: MainWindow) -> None:
    view = window.findChild(QAbstractItemView, "imageGrid")
    assert view.accessibleName()


@pytest.fixture(scope="module")
def many() -> Dataset:
    """A hundred thousand records that exist by name only, one in ten without a label."""
    records = tuple(
        Record(
            f"/films/{'test' if n % 5 == 0 else 'train'}/person{n}_virus_{n}.jpeg",
            "test" if n % 5 == 0 else "train",
            None if n % 10 == 0 else ("NORMAL" if n % 3 == 0 else "PNEUMONIA"),
        )
        for n in range(100_000)
    )
    return Dataset(Path("/films"), records, ("NORMAL", "PNEUMONIA"))


@pytest.mark.parametrize(
    "chosen",
    [
        Filter(),
        Filter(split="test"),
        Filter(label="PNEUMONIA"),
        Filter(label="label unknown"),
        Filter(split="train", label="NORMAL", text="n99 Virus"),
        Filter(text="no such name"),
        Filter(places=np.array([5, 99_999])),
    ],
)
def test_filters_give_the_rows_that_a_plain_loop_gives(many: Dataset, chosen: Filter) -> None:
    expected = [
        row
        for row, record in enumerate(many.records)
        if chosen.split in (None, record.split)
        and chosen.label in (None, record.label or "label unknown")
        and all(word in Path(record.path).name.lower() for word in chosen.text.lower().split())
        and (chosen.places is None or row in chosen.places)
    ]
    assert RecordIndex(many).where(chosen).tolist() == expected


def test_counts_are_those_of_the_dataset(many: Dataset) -> None:
    index = RecordIndex(many)
    assert index.labels == ("NORMAL", "PNEUMONIA", "label unknown")
    found = {count.split: dict(zip(index.labels, count.by_class, strict=True)) for count in index.counts()}
    for split in ("train", "test"):
        for label in ("NORMAL", "PNEUMONIA"):
            assert found[split][label] == len(many.of(split, label))
    assert sum(sum(row.values()) for row in found.values()) == 100_000


def test_a_hundred_thousand_records_open_with_a_screenful_of_wishes(
    qtbot: QtBot, window: MainWindow, many: Dataset
) -> None:
    window.session.datasetChanged.emit(many)
    tab = window.dataset_tab
    assert tab.model.rowCount() == 100_000
    grid(window).scrollToBottom()
    assert len(tab.thumbnails._wanted) < 500
    assert window.findChild(QWidget, "datasetTitle").text() == "films: 100,000 radiographs"
