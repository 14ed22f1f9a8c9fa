"""What the training tab makes of a run folder that is damaged, or complete after all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from cxr_gui.core.training.run_folder import RunFolder
from tests.support.patience import PATIENCE
from tests.support.run_samples import write_run
from tests.support.training_bench import Bench


def test_a_damaged_run_is_told_and_is_none_to_go_on_with(qtbot: QtBot, bench: Bench, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "damaged")
    RunFolder(folder).config.write_text("[]")
    with qtbot.waitSignal(bench.tab.folderRead, timeout=PATIENCE) as read:
        bench.tab.form.choose_folder(folder)
        assert bench.button("trainButton").toolTip() == "Looking into the run folder"
    assert read.args == [None]
    assert bench.messages[-1].level == "error"
    assert "damaged" in bench.messages[-1].text
    assert bench.button("trainButton").text() == "Train"


def test_a_run_that_was_complete_after_all_is_left_alone(
    qtbot: QtBot, new_bench: Callable[[], Bench], bench: Bench, data: Path
) -> None:
    with qtbot.waitSignal(bench.session.runChanged, timeout=PATIENCE) as trained:
        bench.click("trainButton")
    folder = trained.args[0].folder
    qtbot.waitUntil(bench.button("trainButton").isEnabled, timeout=PATIENCE)
    bench.settings.store.set_value("training/unfinished", str(folder))  # killed before it took that back
    later = new_bench()
    assert later.tab.form.folder == folder
    later.open(data)
    qtbot.waitUntil(lambda: later.tab.form.folder != folder, timeout=PATIENCE)
    qtbot.waitUntil(later.button("trainButton").isEnabled, timeout=PATIENCE)
    assert later.button("trainButton").text() == "Train"
    assert later.settings.store.value("training/unfinished") == ""
