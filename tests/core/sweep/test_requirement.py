"""Requirements: what is understood, what is refused before the work, and what falls short."""

from __future__ import annotations

import pytest

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.units import parse_epsilons
from cxr_gui.core.sweep.requirement import METRICS, Requirement
from tests.support.made_data import batches, finished
from tests.support.victims import cnn

EPSILONS = parse_epsilons("0,0.03,0.1")


def test_metrics_are_the_numbers_of_a_point() -> None:
    assert {"accuracy", "auroc", "attack_success", "tp", "certified_accuracy", "n"} <= set(METRICS)
    assert not {"epsilon", "noise_scale", "accuracy_ci"} & set(METRICS)


@pytest.mark.parametrize(
    ("text", "unit", "metric", "epsilon", "limit"),
    [
        ("accuracy@0.03>=0.75", "model", "accuracy", 0.015, 0.75),
        (" auroc @ 4/255 >= 3/4 ", "pixel", "auroc", 4 / 255, 0.75),
        ("attack_success@4<=0,5", "255", "attack_success", 4 / 255, 0.5),
    ],
)
def test_what_a_requirement_says(text: str, unit: str, metric: str, epsilon: float, limit: float) -> None:
    said = Requirement.parse(text, unit)
    assert (said.metric, said.epsilon, said.limit) == (metric, pytest.approx(epsilon), limit)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("accuracy>=0.75", "For instance"),
        ("accuracy@0.03=0.75", "For instance"),
        ("precision@0.03>=0.75", "specificity"),
        ("accuracy@-1>=0.75", "-1"),
        ("accuracy@0.03>=most", "most"),
    ],
)
def test_what_is_no_requirement_is_refused_in_words(text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        Requirement.parse(text)


def test_what_is_not_measured_is_refused_before_the_work() -> None:
    Requirement.parse("accuracy@0.030>=0.75").check_measured(EPSILONS, certify=False)
    with pytest.raises(SettingsError, match="epsilon"):
        Requirement.parse("accuracy@0.02>=0.75").check_measured(EPSILONS, certify=False)
    proven = Requirement.parse("certified_accuracy@0.03>=0.75")
    with pytest.raises(SettingsError, match="--certify"):
        proven.check_measured(EPSILONS, certify=False)
    proven.check_measured(EPSILONS, certify=True)


def test_a_sweep_meets_its_own_numbers_and_no_better_ones() -> None:
    result = finished(cnn(), batches(20), "fgsm", EPSILONS)
    accuracy = result.points[1].accuracy
    assert Requirement.parse(f"accuracy@0.03>={accuracy!r}").failure(result) is None
    assert Requirement.parse(f"accuracy@0.03<={accuracy!r}").failure(result) is None
    told = Requirement.parse(f"accuracy@0.03>={accuracy + 0.05!r}").failure(result)
    assert told is not None
    assert f"accuracy is {accuracy:.6g}" in told
    undefined = Requirement.parse("noise_accuracy@0.03<=1").failure(result)
    assert undefined is not None
    assert "undefined" in undefined
