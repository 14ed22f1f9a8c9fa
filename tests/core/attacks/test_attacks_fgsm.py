"""FGSM is the formula: closed forms, other libraries' own results, and nothing of the caller's is touched."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from cxr_gui.core.attacks.fast_gradient import FGSM, fgsm
from cxr_gui.core.attacks.gradient import logits_of, loss_gradient
from cxr_gui.core.attacks.threat import as_threat, threat_of
from cxr_gui.core.base.errors import ArgumentError
from tests.support.peers import peer
from tests.support.victims import SIDE, TwoLogits, classifier_of, cnn, decisions, linear, radiographs

foolbox = peer("foolbox")

EPSILONS = (0.0, 0.005, 0.01, 1 / 255, 0.03, 0.2)


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_on_a_linear_classifier_it_is_the_closed_form(epsilon: float) -> None:
    classifier = linear()
    pixels, labels = radiographs(6, dtype=torch.float64), torch.tensor([0, 1, 0, 1, 1, 0])
    weight = classifier.network[1].weight.view(1, 3, SIDE, SIDE)
    towards = (1.0 - 2.0 * labels.double()).view(-1, 1, 1, 1)
    expected = (pixels + epsilon * towards * weight.sign()).clamp(0, 1)
    assert torch.equal(fgsm(classifier, pixels, labels, epsilon), expected)


def test_the_gradient_has_the_sign_of_the_cross_entropys_in_float64() -> None:
    classifier = cnn().double()
    pixels, labels = radiographs(16, dtype=torch.float64).requires_grad_(), torch.arange(16) % 2
    loss = functional.binary_cross_entropy_with_logits(classifier(pixels), labels.double())
    (expected,) = torch.autograd.grad(loss, pixels)
    _, gradient = loss_gradient(classifier, pixels, labels)
    assert torch.equal(gradient.sign(), expected.sign())


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("seed", range(3))
def test_it_is_foolbox_bit_for_bit(seed: int, epsilon: float) -> None:
    classifier = cnn(seed)
    pixels, labels = radiographs(16, seed=seed), torch.arange(16) % 2
    model = foolbox.PyTorchModel(TwoLogits(classifier).eval(), bounds=(0, 1), device="cpu")
    _, theirs, _ = foolbox.attacks.FGSM()(model, pixels, labels, epsilons=epsilon)
    assert torch.equal(fgsm(classifier, pixels, labels, epsilon), theirs)


def test_it_is_torchattacks_bit_for_bit() -> None:
    pytest.importorskip("torchattacks", reason="torchattacks is not installed", exc_type=ImportError)
    classifier = cnn()
    pixels, labels = radiographs(16), torch.arange(16) % 2
    theirs = peer("torchattacks").FGSM(TwoLogits(classifier).eval(), eps=0.01)(pixels, labels)
    assert torch.equal(fgsm(classifier, pixels, labels, 0.01), theirs)


def test_it_is_art_bit_for_bit() -> None:
    pytest.importorskip("art", reason="adversarial-robustness-toolbox is not installed", exc_type=ImportError)
    classifier = cnn()
    pixels, labels = radiographs(16), torch.arange(16) % 2
    estimator = peer("art.estimators.classification").PyTorchClassifier(
        TwoLogits(classifier),
        nn.CrossEntropyLoss(),
        (3, SIDE, SIDE),
        2,
        clip_values=(0, 1),
        device_type="cpu",
    )
    attack = peer("art.attacks.evasion").FastGradientMethod(estimator, eps=0.01)
    theirs = attack.generate(pixels.numpy(), labels.numpy())
    assert torch.equal(fgsm(classifier, pixels, labels, 0.01), torch.from_numpy(theirs))


def test_it_attacks_where_a_saturated_loss_has_no_gradient() -> None:
    classifier = cnn(scale=1e5)
    pixels = radiographs(16)
    pixels = pixels[logits_of(classifier, pixels).abs() > 104]  # exp(-104) is 0 in float32
    labels = decisions(classifier, pixels)
    logits = logits_of(classifier, pixels)
    assert len(labels.unique()) == 2
    model = foolbox.PyTorchModel(TwoLogits(classifier).eval(), bounds=(0, 1), device="cpu")
    _, theirs, _ = foolbox.attacks.FGSM()(model, pixels, labels, epsilons=0.02)
    assert torch.equal(theirs, pixels), "the peer is expected to return the clean images"
    signed = 1 - 2 * labels
    assert (signed * logits_of(classifier, fgsm(classifier, pixels, labels, 0.02)) > signed * logits).all()


@pytest.mark.parametrize("label", [0, 1])
def test_a_batch_of_one_class_is_attacked_like_any_other(label: int) -> None:
    classifier, pixels, labels = cnn(), radiographs(4), torch.full((4,), label)
    towards = 1 - 2 * label
    moved = logits_of(classifier, fgsm(classifier, pixels, labels, 0.02))
    assert (towards * moved > towards * logits_of(classifier, pixels)).all()


def test_each_image_may_have_its_own_epsilon() -> None:
    classifier, pixels, labels = cnn(), radiographs(4), torch.tensor([0, 1, 1, 0])
    epsilons = torch.tensor([0.0, 0.01, 0.05, 0.3])
    together = fgsm(classifier, pixels, labels, epsilons)
    for row, epsilon in enumerate(epsilons.tolist()):
        assert torch.equal(together[row], fgsm(classifier, pixels, labels, epsilon)[row])


@pytest.mark.parametrize("training", [True, False])
def test_nothing_of_the_callers_is_touched(training: bool) -> None:
    classifier = cnn().train(training)
    classifier.network[1].eval()
    classifier.network[0].bias.requires_grad_(False)
    classifier.network[0].weight.grad = torch.ones_like(classifier.network[0].weight)
    pixels = radiographs(4).requires_grad_()
    labels = torch.tensor([0, 1, 1, 0])
    before = copy.deepcopy(classifier)
    clean, random_state = pixels.detach().clone(), torch.get_rng_state()
    adversarial = fgsm(classifier, pixels, labels, 0.01)
    assert not adversarial.requires_grad
    assert pixels.requires_grad
    assert pixels.grad is None
    assert torch.equal(pixels.detach(), clean)
    assert torch.equal(torch.get_rng_state(), random_state)
    for name, value in before.state_dict().items():
        assert torch.equal(classifier.state_dict()[name], value), name
    for then, now in zip(before.modules(), classifier.modules(), strict=True):
        assert then.training == now.training
    for then, now in zip(before.parameters(), classifier.parameters(), strict=True):
        assert then.requires_grad == now.requires_grad
    gradients = [weight.grad for weight in classifier.parameters()]
    assert torch.equal(gradients[0], torch.ones_like(gradients[0]))
    assert gradients[1:] == [None] * (len(gradients) - 1)


def test_the_classifier_is_put_back_when_it_raises() -> None:
    classifier = classifier_of(nn.Sequential(nn.Flatten(), nn.Linear(7, 1))).train()
    with pytest.raises(RuntimeError):
        fgsm(classifier, radiographs(2), torch.tensor([0, 1]), 0.01)
    assert classifier.training
    assert all(weight.requires_grad for weight in classifier.parameters())


def test_weights_ask_for_no_gradient_while_it_runs() -> None:
    seen: list[bool] = []

    class Watched(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3, 1, 1))

        def forward(self, pixels: Tensor) -> Tensor:
            seen.append(self.weight.requires_grad or self.training)
            return (pixels * self.weight).sum(dim=(1, 2, 3))

    fgsm(Watched(), radiographs(2), torch.tensor([0, 1]), 0.01)
    assert seen == [False]


def test_it_works_where_gradients_are_off() -> None:
    classifier, pixels, labels = cnn(), radiographs(4), torch.tensor([0, 1, 1, 0])
    expected = fgsm(classifier, pixels, labels, 0.01)
    with torch.no_grad():
        assert torch.equal(fgsm(classifier, pixels, labels, 0.01), expected)
    with torch.inference_mode():
        born_there = radiographs(4)
        assert torch.equal(fgsm(classifier, born_there, labels, 0.01), expected)


def test_memory_layout_does_not_matter() -> None:
    classifier, labels = cnn().double(), torch.tensor([0, 1, 1, 0])
    pixels = radiographs(4, dtype=torch.float64)
    expected = fgsm(classifier, pixels, labels, 0.01)
    last = pixels.contiguous(memory_format=torch.channels_last)
    strided = torch.stack([pixels, pixels], dim=-1)[..., 0]
    expanded = pixels[:, :1].expand(-1, 3, -1, -1)
    assert not strided.is_contiguous()
    assert torch.equal(fgsm(classifier, last, labels, 0.01), expected)
    assert torch.equal(fgsm(classifier, strided, labels, 0.01), expected)
    assert torch.equal(
        fgsm(classifier, expanded, labels, 0.01), fgsm(classifier, expanded.contiguous(), labels, 0.01)
    )


def test_labels_of_any_number_type_and_pixels_of_another_precision() -> None:
    classifier, pixels, labels = cnn(), radiographs(4), torch.tensor([0, 1, 1, 0])
    expected = fgsm(classifier, pixels, labels, 0.01)
    for kind in (torch.bool, torch.int32, torch.float32):
        assert torch.equal(fgsm(classifier, pixels, labels.to(kind), 0.01), expected)
    for precision in (torch.float64, torch.bfloat16, torch.float16):
        adversarial = fgsm(classifier, pixels.to(precision), labels, 0.01)
        assert adversarial.dtype == precision
        torch.testing.assert_close(adversarial.float(), expected, atol=0.01, rtol=0)


def test_decisions_are_float32_under_autocast() -> None:
    classifier, pixels, labels = cnn(), radiographs(4), torch.tensor([0, 1, 1, 0])
    expected = logits_of(classifier, pixels)
    with torch.autocast("cpu", torch.bfloat16):
        assert classifier(pixels).dtype == torch.bfloat16
        logits, gradient = loss_gradient(classifier, pixels, labels)
        assert torch.equal(logits, expected)
        assert torch.equal(logits_of(classifier, pixels), expected)
        assert gradient.dtype == torch.float32
        assert (fgsm(classifier, pixels, labels, 0.01) - pixels).abs().max() > 0


def test_grey_is_one_perturbation_for_all_channels() -> None:
    classifier = linear()
    grey, labels = radiographs(4, channels=1, dtype=torch.float64), torch.tensor([0, 1, 1, 0])
    adversarial = fgsm(classifier, grey, labels, 0.03)
    weight = classifier.network[1].weight.view(1, 3, SIDE, SIDE).sum(dim=1, keepdim=True)
    towards = (1.0 - 2.0 * labels.double()).view(-1, 1, 1, 1)
    expected = (grey + 0.03 * towards * weight.sign()).clamp(0, 1)
    assert torch.equal(adversarial, expected)
    assert (threat_of(grey), threat_of(as_threat(grey, "rgb"))) == ("grey", "rgb")
    assert torch.equal(as_threat(as_threat(grey, "rgb"), "grey"), grey)
    coloured = fgsm(classifier, as_threat(grey, "rgb"), labels, 0.03)
    signed = 1 - 2 * labels
    assert (signed * classifier(coloured) >= signed * classifier(adversarial)).all()


def test_a_coloured_image_cannot_be_attacked_as_grey() -> None:
    with pytest.raises(ArgumentError, match=r"channels that differ.*equal channels"):
        as_threat(radiographs(1), "grey")
    with pytest.raises(ArgumentError, match="threat: is 'blue'"):
        as_threat(radiographs(1), "blue")


# -- properties ---------------------------------------------------------------------------------------------

images = st.builds(
    lambda count, channels, seed: radiographs(count, channels=channels, seed=seed),
    st.integers(1, 5),
    st.sampled_from([1, 3]),
    st.integers(0, 10**6),
)
radii = st.floats(0, 1.5)


@settings(max_examples=60, deadline=None)
@given(pixels=images, epsilon=radii, seed=st.integers(0, 99))
def test_inside_the_ball_and_the_range(pixels: Tensor, epsilon: float, seed: int) -> None:
    adversarial = fgsm(cnn(seed), pixels, torch.arange(len(pixels)) % 2, epsilon)
    assert adversarial.shape == pixels.shape
    assert adversarial.min() >= 0
    assert adversarial.max() <= 1
    assert (adversarial.double() - pixels.double()).abs().max() <= epsilon + 2**-24


@settings(max_examples=30, deadline=None)
@given(pixels=images, seed=st.integers(0, 99))
def test_epsilon_zero_is_the_image(pixels: Tensor, seed: int) -> None:
    assert torch.equal(fgsm(cnn(seed), pixels, torch.arange(len(pixels)) % 2, 0.0), pixels)


@settings(max_examples=30, deadline=None)
@given(pixels=images, epsilon=radii, seed=st.integers(0, 99))
def test_swapping_labels_and_negating_the_logit_changes_nothing(
    pixels: Tensor, epsilon: float, seed: int
) -> None:
    labels = torch.arange(len(pixels)) % 2
    one, other = cnn(seed), cnn(seed, scale=-1.0)
    assert torch.equal(fgsm(one, pixels, labels, epsilon), fgsm(other, pixels, 1 - labels, epsilon))


@settings(max_examples=30, deadline=None)
@given(pixels=images, epsilon=radii, seed=st.integers(0, 99))
def test_a_batch_is_its_images_one_by_one(pixels: Tensor, epsilon: float, seed: int) -> None:
    classifier, labels = cnn(seed).double(), torch.arange(len(pixels)) % 2
    together = fgsm(classifier, pixels.double(), labels, epsilon)
    alone = [
        fgsm(classifier, pixels[row : row + 1].double(), labels[row : row + 1], epsilon)
        for row in range(len(pixels))
    ]
    assert torch.equal(together, torch.cat(alone))


# -- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epsilon": -0.1}, r"epsilon: is -0\.1\. Accepted: a finite number >= 0"),
        ({"epsilon": float("nan")}, "epsilon: is nan"),
        ({"epsilon": float("inf")}, "epsilon: is inf"),
        ({"epsilon": "much"}, "epsilon: is 'much'"),
        ({"epsilon": torch.tensor([0.1, 0.1])}, r"epsilon: has shape \[2\].*\[4\]"),
        ({"epsilon": torch.tensor([0.1, 0.1, 0.1, -1.0])}, r"epsilon: contains -1\.0"),
        ({"labels": torch.tensor([0, 1, 2, 0])}, "labels: contains 2"),
        ({"labels": torch.tensor([0.0, 1.0, 0.5, 0.0])}, r"labels: contains 0\.5"),
        ({"labels": torch.tensor([0, 1])}, r"labels: has shape \[2\]"),
        ({"labels": [0, 1, 0, 1]}, "labels: is a list"),
        ({"pixels": radiographs(4) * 2}, r"pixels: ranges from 0 to 2\. Accepted: .*in 0\.\.1"),
        ({"pixels": radiographs(4) - 0.5}, "pixels: ranges from -0.5 to 0.5"),
        ({"pixels": radiographs(4).index_fill(0, torch.tensor([1]), torch.nan)}, "pixels: contains NaN"),
        ({"pixels": radiographs(4)[:, :2]}, r"pixels: has shape \[4, 2, 8, 8\]"),
        ({"pixels": radiographs(4)[0]}, r"pixels: has shape \[3, 8, 8\]"),
        ({"pixels": torch.zeros(4, 3, 8, 8, dtype=torch.uint8)}, "pixels: is a tensor of torch.uint8"),
        ({"pixels": radiographs(4).numpy()}, "pixels: is a ndarray"),
    ],
)
@pytest.mark.parametrize("attack", [fgsm, FGSM()])
def test_bad_arguments_are_named_before_any_work(
    attack: object, change: dict[str, object], message: str
) -> None:
    class Untouchable(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            raise AssertionError("work was done")

    arguments = {"pixels": radiographs(4), "labels": torch.tensor([0, 1, 1, 0]), "epsilon": 0.1, **change}
    with pytest.raises(ValueError, match=message):
        attack(Untouchable(), **arguments)  # type: ignore[operator]


def test_a_classifier_of_the_wrong_shape_or_with_nan_is_named() -> None:
    class Answers(nn.Module):
        def __init__(self, answer: Tensor) -> None:
            super().__init__()
            self.answer = answer

        def forward(self, pixels: Tensor) -> Tensor:
            return self.answer + 0 * pixels.sum()

    pixels, labels = radiographs(2), torch.tensor([0, 1])
    with pytest.raises(ValueError, match=r"classifier: answered with shape \[2, 1\] for 2 images"):
        fgsm(Answers(torch.zeros(2, 1)), pixels, labels, 0.1)
    with pytest.raises(ValueError, match="classifier: answered NaN or infinity for 1 of 2 images"):
        fgsm(Answers(torch.tensor([0.0, torch.nan])), pixels, labels, 0.1)


def test_a_classifier_without_a_gradient_is_named() -> None:
    class Detached(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            return pixels.detach().sum(dim=(1, 2, 3))

    with pytest.raises(ValueError, match="carries no gradient to its pixels.*square"):
        fgsm(Detached(), radiographs(2), torch.tensor([0, 1]), 0.1)
