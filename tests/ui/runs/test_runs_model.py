"""What the table of runs tells beside its cells: tips, headings, and groups in order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.runs.entry import Entry
from cxr_gui.core.runs.remarks import Remark
from cxr_gui.ui.runs.columns import date_text
from cxr_gui.ui.runs.runs_model import RunsModel

TIP, AUROC = Qt.ItemDataRole.ToolTipRole, "validation_auroc"
RUN = Entry("run", "/runs/a-0", "a-0", recipe="paper", seed=0, settings="a", metrics={AUROC: 0.9})
RUNS = (
    RUN,
    replace(RUN, folder="/runs/a-1", name="a-1", seed=1, metrics={AUROC: 0.7}),
    replace(RUN, folder="/runs/b", name="b", settings="b", complete=False, metrics={AUROC: 0.85}),
    replace(RUN, folder="/runs/c", name="c", settings="c", problem="It cannot be read.", metrics={}),
)


@pytest.fixture
def model(qapp: object) -> RunsModel:
    create_application()
    model = RunsModel()
    model.set_entries(RUNS)
    return model


def names(model: RunsModel) -> list[str]:
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def tip(model: RunsModel, name: str, column: str) -> object:
    return model.index(names(model).index(name), model.column(column)).data(TIP)


def test_tips_have_the_folder_what_is_wrong_and_what_there_was_no_room_for(model: RunsModel) -> None:
    model.set_remarks({"/runs/a-0": Remark("a long note")})
    assert tip(model, "a-0", "name") == "/runs/a-0"
    assert tip(model, "b", "name") == "/runs/b\nNot finished"
    assert tip(model, "c", "name") == tip(model, "c", "recipe") == "It cannot be read."
    assert (tip(model, "a-0", "note"), tip(model, "a-0", "recipe")) == ("a long note", "paper")
    place = model.column(AUROC)
    assert model.headerData(place, Qt.Orientation.Horizontal, TIP) == model.columns[place].meaning


def test_a_group_tells_what_its_numbers_are_and_has_its_place_by_their_mean(model: RunsModel) -> None:
    model.set_grouped(True)
    assert tip(model, "2 runs", AUROC) == "Mean and deviation of 2 trainings that differ in the seed alone"
    assert tip(model, "2 runs", "name") == "a-0\na-1"
    assert tip(model, "2 runs", "recipe") == ""
    for order, expected in (("Ascending", ["2 runs", "b", "c"]), ("Descending", ["b", "2 runs", "c"])):
        model.sort(model.column(AUROC), Qt.SortOrder[f"{order}Order"])
        assert names(model) == expected


def test_a_number_cannot_be_written_over(qtbot: QtBot, model: RunsModel) -> None:
    with qtbot.assertNotEmitted(model.remarked):
        assert not model.setData(model.index(0, model.column(AUROC)), "1")


@pytest.mark.parametrize("moment", [None, 1e30, float("nan")])
def test_a_date_that_cannot_be_is_left_out(moment: float | None) -> None:
    assert date_text(moment) == ""
