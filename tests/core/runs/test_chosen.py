"""What was chosen is read whole: epochs, what was set otherwise, image by image, and at every threshold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cxr_gui.core.base import progress
from cxr_gui.core.base.metrics import auroc
from cxr_gui.core.runs.chosen import Chosen, read_chosen
from cxr_gui.core.runs.decided import MOST_POINTS, decision_curves, swept_logits
from cxr_gui.core.runs.entry import Entry
from cxr_gui.core.runs.index import find_runs
from cxr_gui.core.sweep.comparison import align
from tests.support.report_samples import sweep_result
from tests.support.run_samples import AUROCS, write_run, write_study, write_sweep_of


@pytest.fixture
def entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Entry]:
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "work"
    first = write_run(root / "first", seed=1)
    write_run(root / "second", seed=2, epochs=9)
    write_sweep_of(first, root / "sweep-1")
    write_sweep_of(first, root / "sweep-2", right=3)
    write_study(root / "study")
    found = progress.run(find_runs([root])).entries
    return {entry.name: entry for entry in found}


def chosen(*entries: Entry) -> Chosen:
    return progress.run(read_chosen(entries))


def test_runs_show_their_epochs_and_what_was_set_otherwise(entries: dict[str, Entry]) -> None:
    found = chosen(entries["first"], entries["second"])
    assert [name for name, _ in found.histories] == ["first", "second"]
    assert [row.validation_auroc for row in found.histories[0][1]] == list(AUROCS)
    differing = {each.name: each.values for each in found.differences}
    assert differing["recipe: epochs"][1] == "9"
    assert differing["seed"] == ("1", "2")
    assert differing.keys() == {"recipe: epochs", "seed"}
    assert not found.problems
    assert chosen(entries["first"]).differences == ()


def test_sweeps_are_paired_as_a_comparison_pairs_them(entries: dict[str, Entry]) -> None:
    found = chosen(entries["sweep-1"], entries["sweep-2"])
    expected = align([result for _, result in found.sweeps]).differences(1)
    assert [(each.epsilon, each.found) for each in found.paired] == list(expected)
    assert found.paired[0].found.only_other == 3
    assert {each.name for each in found.paired} == {"sweep-2"}
    assert not found.unpaired


def test_sweeps_without_a_common_image_say_why_they_are_not_paired(
    entries: dict[str, Entry], tmp_path: Path
) -> None:
    others = tuple(f"other/{number}.png" for number in range(50))
    write_sweep_of(None, tmp_path / "apart", paths=others)
    apart = Entry("sweep", str(tmp_path / "apart"), "apart")
    found = chosen(entries["sweep-1"], apart)
    assert found.paired == ()
    assert "no image in common" in found.unpaired
    assert len(found.sweeps) == 2


def test_a_study_is_its_run_and_its_sweep(entries: dict[str, Entry]) -> None:
    found = chosen(entries["study"])
    assert [name for name, _ in found.histories] == ["study"]
    assert [name for name, _ in found.sweeps] == ["study"]


def test_what_cannot_be_read_is_told_and_others_are_shown(entries: dict[str, Entry], tmp_path: Path) -> None:
    gone = Entry("sweep", str(tmp_path / "gone"), "gone")
    found = chosen(gone, entries["first"])
    assert len(found.problems) == 1
    assert "gone" in found.problems[0]
    assert len(found.histories) == 1


def test_curves_are_those_of_the_logits_at_each_epsilon() -> None:
    result = sweep_result(negative=20, positive=30)
    curves = list(decision_curves("a", result))
    assert [each.epsilon for each in curves] == [0.0, *sorted(e for e in result.epsilons if e > 0)]
    for each, (_, logits) in zip(curves, swept_logits(result), strict=True):
        assert each.auroc == auroc(logits, result.labels)
        assert np.trapezoid(each.roc[1], each.roc[0]) == pytest.approx(each.auroc)


def test_a_curve_of_many_images_has_no_more_points_than_a_screen_shows() -> None:
    (clean, *_) = decision_curves("a", sweep_result(negative=3000, positive=3000))
    assert len(clean.roc[0]) == MOST_POINTS
    assert (clean.roc[0][0], clean.roc[1][-1]) == (0.0, 1.0)
