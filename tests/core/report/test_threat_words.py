"""What is said of a threat model is true for the classifier that was attacked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from cxr_gui.core.base import progress
from cxr_gui.core.models.registry import create
from cxr_gui.core.report import charts, results
from cxr_gui.core.report.documents import write_report
from cxr_gui.core.sweep.files import read_sweep, write_sweep
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.sweep.sweeping import sweep
from tests.support.report_samples import sweep_result

INDEPENDENT = "three channels that the network sees are perturbed independently"


def swept(classifier: nn.Module, threat: str = "rgb") -> SweepResult:
    random = torch.Generator().manual_seed(0)
    pixels = torch.rand(4, 1, 224, 224, generator=random).repeat(1, 3, 1, 1)
    batches = [(pixels, torch.tensor([0, 1, 0, 1]))]
    return progress.run(sweep(classifier, batches, "fgsm", [0.0, 0.02], threat=threat))


@pytest.mark.parametrize("architecture", ["compact_cnn", "level_cnn"])
def test_three_channels_are_nothing_to_a_classifier_that_averages_them(architecture: str) -> None:
    torch.manual_seed(0)
    classifier = create(architecture).eval()
    coloured, grey = swept(classifier), swept(classifier, "grey")
    np.testing.assert_allclose(coloured.logits, grey.logits, atol=1e-5)
    assert INDEPENDENT not in coloured.threat_words
    assert "sees a single grey channel, their mean" in coloured.threat_words
    assert coloured.threat_title == "rgb, averaged to grey"
    assert grey.threat_title == "grey"
    assert "rgb, averaged to grey" in results.accuracy_table(coloured).caption
    legend = charts.accuracy_chart([coloured]).legends[0]
    assert legend.get_texts()[0].get_text() == "Accuracy, FGSM (rgb, averaged to grey)"


def test_three_channels_are_three_to_a_network_that_sees_three() -> None:
    result = sweep_result()
    assert result.threat_title == "rgb"
    assert INDEPENDENT in result.threat_words


def test_nothing_is_claimed_of_a_classifier_whose_channels_nobody_noted() -> None:
    result = swept(nn.Sequential(nn.Flatten(), nn.Linear(3 * 224 * 224, 1), nn.Flatten(0)))
    assert result.channels is None
    assert INDEPENDENT not in result.threat_words
    assert "was not recorded" in result.threat_words


def test_the_channels_travel_with_the_sweep_and_an_older_one_is_still_read(tmp_path: Path) -> None:
    write_sweep(sweep_result(), tmp_path)
    assert read_sweep(tmp_path).channels == 3
    document = json.loads((tmp_path / "sweep.json").read_text(encoding="utf-8"))
    kept = {"epsilon", "epsilon_pixel", "n", "accuracy", "accuracy_ci", "sensitivity", "specificity", "auroc"}
    for point in document["points"]:
        for name in point.keys() - kept - {"tp", "fp", "tn", "fn"}:
            del point[name]
    for name in ("median_critical_epsilon_ci", "constant_answer"):
        del document[name]
    for name in ("channels", "recipe"):
        del document["about"][name]
    (tmp_path / "sweep.json").write_text(json.dumps(document), encoding="utf-8")
    older = read_sweep(tmp_path)
    assert older.channels is None
    assert repr(older.points) == repr(sweep_result().points)
    assert "was not recorded" in write_report(tmp_path, tmp_path / "out.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("value", ["3", True, [1], None, {}])
def test_a_strangers_word_for_the_channels_is_none(value: object) -> None:
    assert sweep_result(about={"channels": value}).channels is None
