"""A row that goes on in another line where there is no room for all of it."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from cxr_gui.ui.widgets.factories import row
from cxr_gui.ui.widgets.flow import Flow

GAP = 8


def parts(count: int) -> list[QLabel]:
    made = [QLabel(str(number)) for number in range(count)]
    for part in made:
        part.setFixedSize(100, 20)
    return made


def test_parts_stand_in_as_few_lines_as_there_is_room_for(qtbot: QtBot) -> None:
    over, labels = QWidget(), parts(3)
    qtbot.addWidget(over)
    flow = Flow(*labels, gap=GAP, on=over)
    assert flow.minimumSize().width() == 100
    for width, lines in ((316, 1), (315, 2), (208, 2), (207, 3), (50, 3)):
        assert flow.heightForWidth(width) == lines * 20 + (lines - 1) * GAP, width
    over.resize(208, 100)
    over.show()
    assert [(label.x(), label.y()) for label in labels] == [(0, 0), (108, 0), (0, 28)]


def test_what_is_hidden_takes_no_room(qtbot: QtBot) -> None:
    over, labels = QWidget(), parts(3)
    qtbot.addWidget(over)
    flow = Flow(labels[0], row(labels[1], gap=0), labels[2], gap=GAP, on=over)
    over.resize(208, 100)
    over.show()
    labels[1].hide()
    assert flow.heightForWidth(208) == 20
    flow.activate()
    assert labels[2].pos().toTuple() == (108, 0)


def test_a_field_takes_what_its_line_has_left_up_to_its_largest(qtbot: QtBot) -> None:
    over, fields = QWidget(), [QLineEdit(), QLineEdit()]
    qtbot.addWidget(over)
    fields[0].setMaximumWidth(150)
    Flow(*fields, gap=GAP, on=over)
    over.resize(600, 40)
    over.show()
    assert [field.width() for field in fields] == [150, 600 - 150 - GAP]
