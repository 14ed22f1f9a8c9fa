"""What is said of a training: its epochs, how it ended, and why one counts as collapsed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.training.events import EpochRow
from cxr_gui.ui.training.epochs import EpochTable
from cxr_gui.ui.training.wording import row_words, run_words, stopped_words

FIRST = EpochRow(epoch=1, train_loss=0.5, train_accuracy=0.75)
MEASURED = EpochRow(
    epoch=2,
    train_loss=0.25,
    train_accuracy=0.8,
    validation_loss=0.4,
    validation_accuracy=0.7,
    robust_accuracy=0.6,
    certified_accuracy=0.3,
)
PROOFLESS = EpochRow(
    epoch=2, train_loss=0.7, train_accuracy=0.5, certified_balanced_accuracy=0.5, collapsed=True
)
BROKEN = EpochRow(epoch=2, train_loss=0.7, train_accuracy=0.5, robust_accuracy=0.1, collapsed=True)


def test_an_epoch_tells_what_was_measured_and_nothing_else() -> None:
    assert row_words(FIRST) == "loss 0.5000 and accuracy 75.0 % in training"
    assert row_words(MEASURED) == (
        "loss 0.2500 and accuracy 80.0 % in training, 0.4000 and 70.0 % on validation, "
        "60.0 % there under PGD, 30.0 % certified"
    )


@pytest.mark.parametrize(
    ("outcome", "rows", "words"),
    [
        ("finished", (FIRST,), "Trained 1 epoch. Kept is epoch 1: loss 0.5000"),
        ("stopped early", (FIRST, MEASURED), "Stopped early after 2 epochs: no better one came. Kept is"),
        ("unfinished", (FIRST, MEASURED), "Unfinished after 2 epochs. Kept is epoch 1"),
        ("collapsed", (FIRST, PROOFLESS), "Stopped after 2 epochs: its bounds prove no more than one answer"),
        (
            "collapsed",
            (FIRST, BROKEN),
            "Stopped after 2 epochs: accuracy under PGD fell below half its best.",
        ),
    ],
)
def test_a_run_tells_how_it_ended(outcome: str, rows: tuple[EpochRow, ...], words: str) -> None:
    run = SimpleNamespace(outcome=outcome, history=rows, best_epoch=1)
    assert run_words(run).startswith(words)


def test_a_training_stopped_within_its_first_epoch_goes_on_from_there() -> None:
    words = stopped_words(SimpleNamespace(history=()), 3)
    assert words.startswith("Stopped within the first epoch.")
    assert words.endswith("Resume goes on.")


def test_an_epoch_that_collapsed_is_marked_in_the_table_with_the_reason(qtbot: QtBot) -> None:
    create_application()
    table = EpochTable()
    qtbot.addWidget(table)
    for row in (FIRST, BROKEN):
        table.add_epoch(row)
    cell = table.item(1, 0)
    assert [table.item(row, 0).text() for row in range(2)] == ["1", "2, collapsed"]
    assert cell.toolTip() == "Because accuracy under PGD fell below half its best"
