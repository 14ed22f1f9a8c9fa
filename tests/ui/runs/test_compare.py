"""Several runs and sweeps held against each other: what is drawn is what core found, and can be hidden."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from cxr_gui.core.base import metrics
from cxr_gui.session.lanes import Lane
from cxr_gui.ui.runs.compare.named_curves import NamedCurves, steps
from cxr_gui.ui.runs.compare.panel import NOTHING, ComparePanel
from cxr_gui.ui.runs.tab import RunsTab
from cxr_gui.ui.widgets.theme import theme
from tests.support.patience import WAIT
from tests.support.run_samples import AUROCS
from tests.ui.runs.test_runs_tab import LEFT, select


def compared(qtbot: QtBot, tab: RunsTab, *names: str) -> ComparePanel:
    """Select these, press Compare, and wait for the pages."""
    select(qtbot, tab, *names)
    qtbot.mouseClick(tab.compare_button, LEFT)
    qtbot.waitUntil(lambda: tab._session.job(Lane.RUN_COMPARISON) is None, timeout=WAIT)
    qtbot.waitUntil(tab.compare.pages.isVisible, timeout=WAIT)
    return tab.compare


def titles(panel: ComparePanel) -> list[str]:
    """The pages that are offered."""
    pages = panel.pages
    return [pages.tabText(place) for place in range(pages.count()) if pages.isTabVisible(place)]


def show(panel: ComparePanel, title: str) -> None:
    panel.pages.setCurrentIndex([panel.pages.tabText(n) for n in range(panel.pages.count())].index(title))


def data(curves: NamedCurves) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What is drawn, by name."""
    drawn = [curves.names.item(row).data(Qt.ItemDataRole.UserRole) for row in range(curves.names.count())]
    return {name: item.getData() for name, item in zip(drawn, curves._items, strict=True)}


def test_runs_offer_curves_and_settings_alone(qtbot: QtBot, tab: RunsTab) -> None:
    panel = compared(qtbot, tab, "seed-0", "seed-2")
    assert titles(panel) == ["Learning curves", "Settings that differ"]
    found = data(panel.learning.curves)
    assert found["seed-0"][1] == pytest.approx(AUROCS)
    assert found["seed-2"][1] == pytest.approx([auroc + 0.02 for auroc in AUROCS])
    table = panel.settings.table
    assert [table.item(row, 0).text() for row in range(table.rowCount())] == ["seed"]
    panel.learning.quantity.setCurrentIndex(panel.learning.quantity.findData("train_loss"))
    assert data(panel.learning.curves)["seed-0"][1] == pytest.approx([1, 1 / 2, 1 / 3])
    assert "nats" in panel.learning.curves.plot.getAxis("left").labelText


def test_a_curve_is_hidden_by_its_box_and_stays_so(qtbot: QtBot, tab: RunsTab) -> None:
    curves = compared(qtbot, tab, "seed-0", "seed-2").learning.curves
    entry = next(curves.names.item(row) for row in range(2) if curves.names.item(row).text() == "seed-0")
    entry.setCheckState(Qt.CheckState.Unchecked)
    assert curves.drawn() == ["seed-2"]
    curves = compared(qtbot, tab, "seed-0", "seed-1").learning.curves
    assert curves.drawn() == ["seed-1"]


def test_curves_have_the_colours_of_the_theme_after_a_switch(qtbot: QtBot, tab: RunsTab) -> None:
    curves = compared(qtbot, tab, "seed-0", "seed-2").learning.curves
    for mode in ("dark", "light"):
        theme().set_mode(mode)
        colours = [item.opts["pen"].color().name() for item in curves._items]
        assert colours == list(theme().palette.curve[:2])
    theme().set_mode("system")


def test_sweeps_are_paired_and_drawn_at_every_threshold(qtbot: QtBot, tab: RunsTab) -> None:
    panel = compared(qtbot, tab, "sweep-0", "sweep-2")
    assert titles(panel) == [
        "Settings that differ",
        "Paired differences",
        "ROC",
        "Precision and recall",
        "Calibration",
        "Logits",
    ]
    show(panel, "Paired differences")
    table, first = panel.paired.table, tab.table.chosen()[0].name
    assert first in panel.paired.words.text()
    better = "only_other" if first == "sweep-0" else "only_reference"
    found = panel.paired._chosen.paired[0].found
    assert getattr(found, better) == 2
    assert table.item(0, 7).text() == str(found.only_reference)
    assert table.item(0, 8).text() == str(found.only_other)
    result = dict(panel.paired._chosen.sweeps)["sweep-0"]
    x, y = data(panel.thresholds["roc"].curves)["sweep-0"]
    assert np.trapezoid(y, x) == pytest.approx(metrics.auroc(result.clean_logits, result.labels))
    box = panel.thresholds["roc"].epsilon
    assert box.currentText() == "Clean"
    box.setCurrentIndex(box.count() - 2)
    x, y = data(panel.thresholds["roc"].curves)["sweep-0"]
    assert np.trapezoid(y, x) == pytest.approx(metrics.auroc(result.logits[-1], result.labels))
    box.setCurrentIndex(box.count() - 1)
    assert box.currentText() == "All epsilons"
    assert len(data(panel.thresholds["roc"].curves)) == 2 * len(result.epsilons)


def test_one_sweep_alone_is_drawn_at_all_its_epsilons(qtbot: QtBot, tab: RunsTab) -> None:
    panel = compared(qtbot, tab, "study")
    assert "Learning curves" in titles(panel)
    assert "Paired differences" not in titles(panel)
    assert panel.thresholds["roc"].epsilon.currentText() == "All epsilons"
    assert "Clean" in data(panel.thresholds["roc"].curves)


def test_the_threshold_is_dragged_and_says_what_it_means(qtbot: QtBot, tab: RunsTab) -> None:
    panel = compared(qtbot, tab, "sweep-0")
    show(panel, "Logits")
    view = panel.logits
    result = view._result
    assert view.threshold == result.threshold_logit
    assert "as swept" in view.words.text()
    assert "specificity 80.0 %" in view.words.text()
    view.line.setPos(QPointF(-3.0, 0))
    assert "as swept" not in view.words.text()
    positive = result.clean_logits >= -3
    tp, fp, tn, fn = metrics.confusion(positive, result.labels)
    assert f"specificity {100 * tn / (tn + fp):.1f} %" in view.words.text()
    assert f"sensitivity {100 * tp / (tp + fn):.1f} %" in view.words.text()
    low, high = view._range
    assert view.slider.value() == round(1000 * (-3 - low) / (high - low))
    view.slider.setValue(1000)
    assert view.threshold == pytest.approx(high)
    qtbot.mouseClick(view.reset, LEFT)
    assert view.threshold == result.threshold_logit
    view.epsilon.setCurrentIndex(view.epsilon.count() - 1)
    counted = sum(bars.getData()[1].sum() for bars in view._bars)
    assert counted == len(result.labels)


def test_the_comparison_is_closed_and_opened_for_others(qtbot: QtBot, tab: RunsTab) -> None:
    panel = compared(qtbot, tab, "seed-0", "seed-1")
    panel.hide()
    panel = compared(qtbot, tab, "sweep-0")
    assert panel.isVisible()
    assert panel.title.text() == "sweep-0"


def test_steps_reach_up_to_each_recall_at_its_precision() -> None:
    x, y = steps(np.array([0.5, 1.0]), np.array([1.0, 0.6]))
    assert x.tolist() == [0.0, 0.5, 0.5, 1.0]
    assert y.tolist() == [1.0, 1.0, 0.6, 0.6]
    assert np.trapezoid(y, x) == pytest.approx(0.8)


@pytest.mark.parametrize("names", [("sweep-0",), ("sweep-0", "sweep-1")])
def test_what_cannot_be_read_or_drawn_is_said(
    qtbot: QtBot, tab: RunsTab, root: Path, names: tuple[str, ...]
) -> None:
    for name in names:
        (root / name / "sweep.json").write_text("[]")
    select(qtbot, tab, *names)
    with qtbot.waitSignal(tab._session.messageRaised, timeout=WAIT) as raised:
        qtbot.mouseClick(tab.compare_button, LEFT)
    assert raised.args[0].text.partition(":")[0] in names
    assert (tab.compare._waiting.text(), tab.compare._waiting.isVisible()) == (NOTHING, True)
