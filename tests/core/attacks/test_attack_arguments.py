"""What attacks accept and how they refuse the rest: every kind of parameter, every argument, word by word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.arguments import check_logits
from cxr_gui.core.attacks.ball import Epsilon
from cxr_gui.core.attacks.fast_gradient import fgsm
from cxr_gui.core.attacks.protocol import Attack, Batch, parameter
from cxr_gui.core.attacks.registry import create_attack, describe_parameters
from cxr_gui.core.base.errors import ArgumentError, SettingsError
from cxr_gui.core.base.fields import describe_fields
from tests.support.victims import cnn

PIXELS = torch.full((2, 3, 8, 8), 0.5)
LABELS = torch.tensor([0, 1])
PGD_PARAMETERS = {one.name: one for one in describe_parameters("pgd")}
ACCEPTED_PIXELS = "Accepted: a floating-point tensor [B, 1 or 3, H, W] in 0..1."
ACCEPTED_LABELS = "Accepted: a tensor [2] of 0 and 1, one for each image."
ACCEPTED_EPSILON = "Accepted: a finite number >= 0 in pixel units, or one for each image [2]."


@dataclass(frozen=True)
class Sample(Attack):
    """An attack with a parameter of each kind."""

    name = "sample"
    title = "Sample"
    summary = "Nothing"
    single_step = False

    steps: int = parameter(5, "How many", minimum=1, maximum=9)
    momentum: float = parameter(0.5, "How much", minimum=0.0, maximum=1.0)
    norm: str = parameter("linf", "Which", choices=("linf", "l2"))
    targeted: bool = parameter(False, "Whether")

    def run(self, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Tensor:
        return batch.pixels


def refusal(call: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises((ArgumentError, SettingsError)) as caught:
        call(*arguments, **options)
    return str(caught.value)


def test_a_parameter_describes_itself_by_its_default() -> None:
    described = {one.name: one for one in describe_fields(Sample)}
    kinds = {name: (one.kind, one.default, one.meaning) for name, one in described.items()}
    assert kinds == {
        "steps": ("integer", 5, "How many"),
        "momentum": ("number", 0.5, "How much"),
        "norm": ("choice", "linf", "Which"),
        "targeted": ("switch", False, "Whether"),
    }
    assert (described["steps"].minimum, described["steps"].maximum) == (1, 9)
    assert described["norm"].choices == ("linf", "l2")


@pytest.mark.parametrize(
    "values",
    [
        {"steps": 1},
        {"steps": 9},
        {"momentum": 0},  # a whole number is a number
        {"momentum": 1.0},
        {"norm": "l2"},
        {"targeted": True},
    ],
)
def test_what_is_in_range_is_taken(values: dict[str, Any]) -> None:
    made = Sample(**values)
    assert made.parameters() == {**Sample().parameters(), **values}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"steps": 0}, "steps: is 0. Accepted: a whole number from 1 to 9."),
        ({"steps": 10}, "steps: is 10. Accepted: a whole number from 1 to 9."),
        ({"steps": 2.5}, "steps: is 2.5. Accepted: a whole number from 1 to 9."),
        ({"steps": True}, "steps: is True. Accepted: a whole number from 1 to 9."),
        ({"steps": "2"}, "steps: is '2'. Accepted: a whole number from 1 to 9."),
        ({"momentum": -0.1}, "momentum: is -0.1. Accepted: a number from 0 to 1."),
        ({"momentum": float("nan")}, "momentum: is nan. Accepted: a number from 0 to 1."),
        ({"norm": "l1"}, "norm: is 'l1'. Accepted: linf, l2."),
        ({"targeted": 1}, "targeted: is 1. Accepted: true or false."),
    ],
)
def test_what_is_not_is_refused_with_what_would_be(values: dict[str, Any], words: str) -> None:
    assert refusal(Sample, **values) == words


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        ([0.5], "pixels: is a list. "),
        (torch.ones(2, 3, 8, 8, dtype=torch.uint8), "pixels: is a tensor of torch.uint8. "),
        (torch.ones(3, 8, 8), "pixels: has shape [3, 8, 8]. "),
        (torch.ones(2, 2, 8, 8), "pixels: has shape [2, 2, 8, 8]. "),
        (PIXELS - 1, "pixels: ranges from -0.5 to -0.5. "),
        (PIXELS * torch.nan, "pixels: contains NaN. "),
    ],
)
def test_pixels_are_refused_in_words(pixels: Any, words: str) -> None:
    assert refusal(fgsm, cnn(), pixels, LABELS, 0.1) == words + ACCEPTED_PIXELS


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0, 1], "labels: is a list. "),
        (LABELS[:1], "labels: has shape [1]. "),
        (torch.tensor([0, 2]), "labels: contains 2. "),
    ],
)
def test_labels_are_refused_in_words(labels: Any, words: str) -> None:
    assert refusal(fgsm, cnn(), PIXELS, labels, 0.1) == words + ACCEPTED_LABELS


@pytest.mark.parametrize(
    ("epsilon", "words"),
    [
        ("much", "epsilon: is 'much'. "),
        (-0.1, "epsilon: is -0.1. "),
        (float("inf"), "epsilon: is inf. "),
        (torch.ones(3), "epsilon: has shape [3]. "),
        (torch.tensor([0.1, -1.0]), "epsilon: contains -1.0. "),
    ],
)
def test_epsilon_is_refused_in_words(epsilon: Any, words: str) -> None:
    assert refusal(fgsm, cnn(), PIXELS, LABELS, epsilon) == words + ACCEPTED_EPSILON


def test_nan_for_an_answer_is_refused_in_words() -> None:
    words = "classifier: answered NaN or infinity for 1 of 2 images. "
    words += "Accepted: one finite number for each image [B]."
    for strange in (torch.nan, torch.inf, -torch.inf):
        assert refusal(check_logits, torch.tensor([0.0, strange])) == words


def test_labels_and_epsilons_of_other_types_are_taken() -> None:
    expected = fgsm(cnn(), PIXELS, LABELS, torch.tensor([0.1, 0.2]))
    for labels, epsilon in (
        (LABELS.bool(), torch.tensor([0.1, 0.2], dtype=torch.float64)),
        (LABELS.float(), torch.tensor([0.1, 0.2], requires_grad=True)),
    ):
        assert torch.equal(fgsm(cnn(), PIXELS, labels, epsilon), expected)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("steps", "7", 7),
        ("step_size", "0.5", 0.5),
        ("step_size", "0,5", 0.5),
        ("step_size", "1", 1.0),
        *(("early_stop", text, True) for text in ("true", "Yes", "TRUE")),
        *(("early_stop", text, False) for text in ("false", "No")),
    ],
)
def test_a_parameter_is_read_as_its_kind(name: str, text: str, value: object) -> None:
    read = PGD_PARAMETERS[name].parse(text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("steps", text) for text in ("7.5", "many", "1,000", "0", "9" * 5000)),
        *(("step_size", text) for text in ("1.000,5", "much", "nan", "-1")),
        ("early_stop", "1"),
    ],
)
def test_a_text_that_is_none_of_its_kind_is_refused_in_words(name: str, text: str) -> None:
    words = refusal(PGD_PARAMETERS[name].parse, text)
    assert words.startswith(f"{name}: is ")
    assert " Accepted: " in words


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    known = "Known are: fgsm, noise, pgd, apgd, "
    assert refusal(create_attack, "pdg").startswith(f"There is no attack 'pdg'. {known}")
    assert refusal(describe_parameters, "pdg").startswith("There is no attack 'pdg'.")
    names = ", ".join(PGD_PARAMETERS)
    words = f"Attack 'pgd' has no parameter 'colour'. Known are: {names}."
    assert refusal(create_attack, "pgd", colour=7) == words
    assert (
        refusal(create_attack, "fgsm", steps=7) == "Attack 'fgsm' has no parameter 'steps'. Known are: none."
    )
