"""One radiograph under attack: the numbers shown are those of the images shown."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from cxr_gui.core.attacks.fast_gradient import fgsm
from cxr_gui.core.attacks.gradient import logits_of
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.attacks.threat import as_threat
from cxr_gui.core.base.errors import ArgumentError, OutputError
from cxr_gui.core.base.roots import TOLERANCE
from cxr_gui.core.images.radiograph import read
from cxr_gui.core.inspect.handling import handled
from cxr_gui.core.inspect.inspection import Inspection, Inspector
from cxr_gui.core.inspect.saved import save_image, whole_levels
from cxr_gui.core.shifts import Handling
from tests.support.victims import SIDE, classifier_of, cnn, decisions, linear, radiographs


def radiograph(seed: int = 1) -> np.ndarray:
    return np.rint(255 * radiographs(1, channels=1, seed=seed)[0, 0].numpy()).astype(np.uint8)


def inspector(
    attack: str = "fgsm", threat: str = "rgb", label: int | None = None, **options: Any
) -> Inspector:
    return Inspector(cnn(), radiograph(), create_attack(attack, **options), threat, label)


def as_tensor(image: np.ndarray) -> Tensor:
    tensor = torch.from_numpy(image)
    return tensor[None, None] if image.ndim == 2 else tensor.permute(2, 0, 1)[None]


@pytest.mark.parametrize("attack", ["fgsm", "pgd", "noise"])
@pytest.mark.parametrize(("threat", "shape"), [("rgb", (SIDE, SIDE, 3)), ("grey", (SIDE, SIDE))])
def test_what_is_shown_belongs_together(attack: str, threat: str, shape: tuple[int, ...]) -> None:
    shown = inspector(attack, threat).at(0.03)
    assert (shown.clean.shape, shown.perturbed.shape, shown.difference.shape) == ((SIDE, SIDE), shape, shape)
    assert {array.dtype for array in (shown.clean, shown.perturbed, shown.difference)} == {
        np.dtype("float32")
    }
    np.testing.assert_array_equal(np.rint(255 * shown.clean).astype(np.uint8), radiograph())
    clean = shown.clean if threat == "grey" else shown.clean[..., None]
    np.testing.assert_allclose(shown.perturbed, clean + shown.difference, atol=1e-7)
    with torch.no_grad():
        assert float(cnn()(as_tensor(shown.perturbed))) == pytest.approx(shown.logit, abs=1e-5)
        assert float(cnn()(as_tensor(shown.clean))) == pytest.approx(shown.clean_logit, abs=1e-5)
    assert shown.probability == pytest.approx(1 / (1 + math.exp(-shown.logit)))
    assert shown.linf == np.abs(shown.difference).max() <= 0.03 + 2**-24
    assert shown.l2 == pytest.approx(float(np.sqrt(np.sum(shown.difference.astype(float) ** 2))))
    assert shown.psnr == pytest.approx(-10 * math.log10(np.mean(shown.difference.astype(float) ** 2)))
    assert shown.changed == np.mean(shown.difference != 0)
    assert (shown.epsilon, shown.threat, shown.attack.name) == (0.03, threat, attack)


def test_it_is_fgsm_and_the_noise_attack() -> None:
    shown = inspector(label=1).at(0.03)
    pixels = as_threat(as_tensor(shown.clean), "rgb")
    expected = fgsm(cnn(), pixels, torch.tensor([1]), 0.03)
    np.testing.assert_array_equal(as_tensor(shown.perturbed).numpy(), expected.numpy())
    noisy = create_attack("noise")(cnn(), pixels, torch.tensor([1]), 0.03)
    assert shown.noise_logit == pytest.approx(float(logits_of(cnn(), noisy)), abs=1e-5)


@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_a_handled_film_is_attacked_as_if_it_had_been_read_so(attack: str) -> None:
    read, handling = inspector(attack), Handling(gamma=1.15, rotation=4)
    film = handled(torch.from_numpy(radiograph() / np.float32(255))[None, None], [handling])
    levels = np.rint(255 * film[0, 0].numpy()).astype(np.uint8)
    direct = Inspector(cnn(), levels, create_attack(attack), "rgb", read.label).at(0.03)
    before = read.at(0.03)
    shown = read.handled(handling).at(0.03)
    np.testing.assert_array_equal(shown.perturbed, direct.perturbed)
    assert (shown.logit, shown.noise_logit, shown.label) == (direct.logit, direct.noise_logit, direct.label)
    assert (shown.handling, shown.read_logit) == (handling, before.clean_logit)
    np.testing.assert_array_equal(read.at(0.03).perturbed, before.perturbed)


def test_epsilon_zero_shows_the_image_itself() -> None:
    shown = inspector().at(0)
    assert not shown.difference.any()
    assert (shown.linf, shown.l2, shown.changed, shown.psnr) == (0, 0, 0, math.inf)
    assert shown.ssim == pytest.approx(1)
    assert shown.state == "resisted"


def test_the_gradient_is_taken_once() -> None:
    calls: list[tuple[bool, int]] = []

    class Counting(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            calls.append((torch.is_grad_enabled(), len(pixels)))
            return pixels.sum(dim=(1, 2, 3)) - 90

    view = Inspector(Counting(), radiograph(), create_attack("fgsm"), "grey", 1)
    assert calls == [(True, 1)]
    for epsilon in (0.01, 0.02, 0.03):
        view.at(epsilon)
    assert calls[1:] == [(False, 2)] * 3
    calls.clear()
    view.curve(np.linspace(0, 0.1, 11).tolist())
    assert [count for _, count in calls] == [8, 3]


def test_the_four_states_and_their_sentences() -> None:
    own = inspector()
    small = own.at(1e-5)
    assert (small.state, small.known, small.decision) == ("resisted", False, small.clean_decision)
    large = own.at(0.3)
    assert large.state == "flipped"
    assert large.decision != large.clean_decision
    sentence = large.sentence()
    assert sentence.startswith(f"{large.clean_decision} ")
    assert sentence.endswith(
        ": flipped at epsilon 0.6 (76.5/255); label unknown, the clean decision was attacked"
    )
    wrong = inspector(label=1 - own.label).at(0.01)
    assert wrong.state == "already wrong"
    assert f"the label is {wrong.classes[wrong.label]}" in wrong.sentence()

    class Flat(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            return 0 * pixels.sum(dim=(1, 2, 3)) + 1

    stuck = Inspector(Flat(), radiograph(), create_attack("fgsm"), "rgb", 1).at(0.1)
    assert stuck.state == "no gradient"
    assert "nowhere to go" in stuck.sentence()


def test_the_sentence_says_both_decisions_with_their_probabilities() -> None:
    shown = dataclasses.replace(
        inspector(label=1).at(0.0055), clean_logit=3.58, logit=-2.0, state="flipped", epsilon=0.0055
    )
    expected = "PNEUMONIA 97.3 % -> NORMAL 88.1 %: flipped at epsilon 0.011 (1.4/255)"
    assert shown.sentence() == expected


def test_without_a_label_the_clean_decision_is_attacked() -> None:
    for seed in range(6):
        view = Inspector(cnn(), radiograph(seed), create_attack("fgsm"), "rgb")
        assert view.label == int(view.clean_logit >= 0)
        assert not view.known


def test_the_curve_is_the_images_own() -> None:
    for attack in ("fgsm", "ifgsm"):
        view = inspector(attack)
        epsilons = [0.0, 0.01, 0.02]
        curve = view.curve(epsilons)
        np.testing.assert_allclose(curve, [view.at(epsilon).logit for epsilon in epsilons], atol=1e-5)


def test_critical_epsilon_is_the_closed_form_on_a_linear_classifier() -> None:
    classifier = linear().float()
    weight = classifier.network[1].weight.detach()
    pixels = (76 + 0.4 * radiograph()).astype(np.uint8)
    view = Inspector(classifier, pixels, create_attack("fgsm"), "rgb")
    expected = abs(view.clean_logit) / float(weight.abs().sum())
    assert view.critical() == pytest.approx(expected, abs=2 * TOLERANCE)
    assert view.at(view.critical()).state == "flipped"
    assert view.critical(largest=expected / 2) == math.inf
    assert Inspector(classifier, pixels, create_attack("fgsm"), "rgb", 1 - view.label).critical() == 0


def test_the_classifier_is_left_as_it_was() -> None:
    classifier = cnn().train()
    view = Inspector(classifier, radiograph(), create_attack("pgd", steps=3), "rgb", 0)
    view.at(0.02)
    view.critical(steps=2)
    assert classifier.training
    assert all(weight.requires_grad for weight in classifier.parameters())


def test_bad_arguments_are_named() -> None:
    attack = create_attack("fgsm")
    with pytest.raises(ArgumentError, match=r"pixels: is float32 \[8, 8\]\. Accepted: uint8"):
        Inspector(cnn(), radiograph().astype(np.float32), attack)
    with pytest.raises(ArgumentError, match=r"pixels: is uint8 \[8, 8, 1\]"):
        Inspector(cnn(), radiograph()[..., None], attack)
    with pytest.raises(ArgumentError, match="label: is 2"):
        Inspector(cnn(), radiograph(), attack, "rgb", 2)
    with pytest.raises(ArgumentError, match="threat: is 'blue'"):
        Inspector(cnn(), radiograph(), attack, "blue")
    with pytest.raises(ArgumentError, match="epsilon: is nan"):
        inspector().at(math.nan)


def test_similarity_falls_with_the_perturbation() -> None:
    view = inspector()
    values = [view.at(epsilon).ssim for epsilon in (0.0, 0.01, 0.05, 0.2)]
    assert values == sorted(values, reverse=True)
    assert values[-1] > 0


def test_similarity_of_flat_images_is_the_luminance_term() -> None:
    grey = np.full((SIDE, SIDE), 100, np.uint8)

    class Sum(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            return -pixels.sum(dim=(1, 2, 3))

    shown = Inspector(Sum(), grey, create_attack("fgsm"), "grey", 0).at(0.1)
    x, y = 100 / 255, 100 / 255 - 0.1
    assert shown.ssim == pytest.approx((2 * x * y + 1e-4) / (x * x + y * y + 1e-4), rel=1e-4)


# -- a film alone gets the whole budget ---------------------------------------------------------------------


def stood_out(shown: Inspection) -> float:
    """How far the logit is on the wrong side of the threshold."""
    return (shown.logit - shown.threshold_logit) * (1 if shown.label == 0 else -1)


@pytest.mark.parametrize("attack", ["ifgsm", "mifgsm", "pgd"])
def test_many_steps_do_not_look_weaker_than_one(attack: str) -> None:
    one, many = inspector("fgsm").at(0.03), inspector(attack).at(0.03)
    assert (one.state, many.state) == ("flipped", "flipped")
    assert stood_out(many) >= 0.99 * stood_out(one) > 0
    assert many.attack.parameters()["early_stop"] is False
    assert "stopped" not in many.sentence()
    stopped = Inspector(cnn(), radiograph(), create_attack(attack), early_stop=True).at(0.03)
    assert 0 < stood_out(stopped) < stood_out(many)
    assert f"{many.attack.title} stopped at the first wrong decision" in stopped.sentence()


@pytest.mark.parametrize("attack", ["apgd", "fab", "square", "ensemble"])
def test_an_attack_that_always_stops_early_says_so(attack: str) -> None:
    shown = inspector(attack).at(0.03)
    assert shown.stopped
    assert f"{shown.attack.title} stopped at the first wrong decision" in shown.sentence()
    assert "stopped" not in inspector(attack).at(1e-6).sentence(), "it resisted, and was attacked to the end"


def test_the_file_of_an_attack_in_many_steps_still_fools(tmp_path: Path) -> None:
    saved = save_image(inspector("mifgsm").at(3.8 / 255), cnn(), tmp_path / "perturbed.png")
    assert saved.still_fools
    assert saved.linf == 3 / 255


# -- saved images -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threat", ["rgb", "grey"])
@pytest.mark.parametrize("epsilon", [0.0, 0.5 / 255, 1 / 255, 0.005, 2 / 255, 2.6 / 255, 8 / 255])
def test_a_saved_image_is_whole_levels_inside_epsilon(tmp_path: Path, epsilon: float, threat: str) -> None:
    view = inspector(threat=threat)
    shown = view.at(epsilon)
    saved = save_image(shown, cnn(), tmp_path / "perturbed.png")
    levels = np.asarray(Image.open(saved.path))
    assert levels.dtype == np.uint8
    assert levels.shape == shown.perturbed.shape
    clean = radiograph().astype(int)
    change = np.abs(levels.astype(int) - (clean if threat == "grey" else clean[..., None])).max()
    assert change <= 255 * epsilon + 1e-9
    assert change == math.floor(255 * epsilon + 1e-9), "nothing is given away"
    assert saved.linf == change / 255
    with torch.no_grad():
        logit = float(cnn()(as_tensor((levels / np.float32(255)).astype(np.float32))))
    assert saved.logit == pytest.approx(logit, abs=1e-5)
    assert saved.still_fools is (saved.decision != shown.classes[shown.label])
    assert saved.probability == pytest.approx(1 / (1 + math.exp(-logit)))


def test_a_perturbation_below_one_level_is_lost_in_the_file(tmp_path: Path) -> None:
    class Fragile(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            return (pixels - torch.from_numpy(radiograph() / np.float32(255))).mean(dim=(1, 2, 3)) * 1e4 + 1

    shown = Inspector(Fragile(), radiograph(), create_attack("fgsm"), "grey", 1).at(0.4 / 255)
    assert shown.state == "flipped"
    saved = save_image(shown, Fragile(), tmp_path / "perturbed.png")
    assert (saved.still_fools, saved.linf) == (False, 0)


def test_an_image_bounded_in_another_norm_keeps_its_change() -> None:
    shown = inspector("fgsm_l2").at(2 / 255)
    assert shown.linf > 2 / 255
    change = np.abs(whole_levels(shown, 8).astype(int) - radiograph().astype(int)[..., None]).max()
    assert change >= math.floor(255 * shown.linf)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        save_image(inspector().at(0.01), cnn(), tmp_path / "file" / "perturbed.png")


def test_an_inspection_is_frozen() -> None:
    shown: Inspection = inspector().at(0.01)
    with pytest.raises(dataclasses.FrozenInstanceError):
        shown.logit = 0.0  # type: ignore[misc]


def test_the_classifiers_threshold_decides() -> None:
    pixels = radiographs(1, channels=1)
    strict = classifier_of(cnn().network, threshold=0.999999)
    view = Inspector(
        strict, np.rint(255 * pixels[0, 0].numpy()).astype(np.uint8), create_attack("fgsm"), "rgb"
    )
    assert view.label == int(decisions(strict, pixels))
    assert view.at(0).clean_decision == strict.classes[view.label]


def test_the_verdict_says_which_frame_of_a_file_it_is_of(tmp_path):
    pages = [Image.fromarray(radiograph(seed)) for seed in (0, 1)]
    pages[0].save(tmp_path / "pages.tiff", save_all=True, append_images=pages[1:])
    source = read(tmp_path / "pages.tiff", frame=1).source
    attack = create_attack("fgsm")
    alone = Inspector(cnn(), radiograph(1), attack).at(0.1)
    shown = Inspector(cnn(), radiograph(1), attack, source=source).at(0.1)
    assert shown.sentence() == f"Frame 2 of 2: {alone.sentence()}"
    assert (shown.which, alone.which) == ("frame 2 of 2", "")
