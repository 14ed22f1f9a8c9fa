"""One attacked radiograph as images and as result.json, reopened and checked by others' eyes."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import OutputError
from cxr_gui.core.base.files import sha256
from cxr_gui.core.inspect.explanation import Explanation, explain
from cxr_gui.core.inspect.heat import colours_of, shares_of
from cxr_gui.core.inspect.inspection import Inspection, Inspector
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.registry import create
from cxr_gui.core.report.explained import explanation_figure
from cxr_gui.core.report.panels import (
    difference_image,
    difference_limit,
    gain,
    panel,
    panel_figure,
    signed_difference,
    write_attack,
)
from cxr_gui.core.shifts import Handling

SIDE = 64
EPSILON = 3 / 255


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    torch.manual_seed(0)
    classifier = create("compact_cnn")
    classifier.input_size = (SIDE, SIDE)
    return classifier.eval()


def inspection(
    classifier: Classifier, threat: str = "rgb", epsilon: float = EPSILON, label: int | None = 1
) -> Inspection:
    pixels = np.random.default_rng(0).integers(40, 200, (SIDE, SIDE), dtype=np.uint8)
    return Inspector(classifier, pixels, create_attack("fgsm"), threat, label).at(epsilon)


@pytest.mark.parametrize("threat", ["rgb", "grey"])
def test_the_panel_shows_three_images_a_scale_and_the_verdict(classifier, threat):
    shown = inspection(classifier, threat)
    figure = panel_figure(shown, title="IM-0001")
    clean, perturbed, difference, bar = figure.axes
    assert clean.get_title() == "Clean"
    assert perturbed.get_title().split() == f"Perturbed, FGSM, epsilon 0.024 (3.0/255), {threat}".split()
    assert difference.get_title() == f"Difference × 42{', mean' if threat == 'rgb' else ''}"
    assert bar.get_ylabel().startswith("Perturbed − clean (n/255")
    words = figure.get_supxlabel()
    assert shown.sentence().replace("->", "→") in words
    assert "Not for clinical use." in words
    assert figure.get_suptitle() == "IM-0001"


def test_the_difference_is_zero_centred_and_scaled_to_the_largest_change(classifier):
    shown = inspection(classifier, "grey")
    image = panel_figure(shown).axes[2].images[0]
    assert image.get_clim() == pytest.approx((-3, 3), rel=1e-4)
    assert np.asarray(image.get_array()) == pytest.approx(255 * shown.difference)
    assert gain(shown) == pytest.approx(0.5 / EPSILON, rel=1e-4)


def test_brighter_is_red_darker_blue_and_unchanged_white(classifier):
    shown = inspection(classifier, "grey")
    colours = np.asarray(difference_image(shown)).astype(int)
    change = signed_difference(shown)
    assert (colours[change > 0, 0] > colours[change > 0, 2]).all()
    assert (colours[change < 0, 2] > colours[change < 0, 0]).all()
    unchanged = np.asarray(difference_image(inspection(classifier, "grey", epsilon=0.0)))
    assert unchanged.min() > 240


def test_three_channels_are_drawn_as_the_change_of_their_mean(classifier):
    shown = inspection(classifier, "rgb")
    assert signed_difference(shown) == pytest.approx(
        (shown.perturbed.mean(axis=2) - shown.clean).astype(float), abs=1e-6
    )


def test_without_a_difference_the_scale_does_not_collapse(classifier):
    assert difference_limit(inspection(classifier, epsilon=0.0)) == pytest.approx(1 / 255)


def test_the_image_of_the_panel_is_rgb_and_large_enough_to_print(classifier):
    image = panel(inspection(classifier))
    assert image.mode == "RGB"
    assert image.size == (1350, 510)


@pytest.mark.parametrize(("threat", "mode"), [("rgb", "RGB"), ("grey", "L")])
def test_an_attack_is_written_whole_and_says_what_its_file_does(classifier, tmp_path, threat, mode):
    shown = inspection(classifier, threat)
    folder = write_attack(shown, classifier, tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir()) == [
        "clean.png", "difference.png", "panel.png", "perturbed.png", "result.json",
    ]  # fmt: skip
    with Image.open(folder / "clean.png") as clean, Image.open(folder / "perturbed.png") as perturbed:
        assert (clean.mode, perturbed.mode) == ("L", mode)
        assert clean.size == perturbed.size == (SIDE, SIDE)
        change = np.asarray(perturbed).astype(int).reshape(SIDE, SIDE, -1) - np.asarray(clean)[..., None]
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert result["sentence"] == shown.sentence()
    assert result["label"] == "PNEUMONIA"
    assert result["saved"]["linf"] == pytest.approx(np.abs(change).max() / 255)
    assert result["saved"]["linf"] <= EPSILON + 1e-9
    assert result["saved"]["sha256"] == sha256(folder / "perturbed.png")
    assert result["saved"]["still_fools"] == (result["saved"]["decision"] != "PNEUMONIA")
    assert result["epsilon"] == pytest.approx({"pixel": EPSILON, "model": 2 * EPSILON, "255": 3})


def test_an_unknown_label_and_an_infinite_psnr_are_null(classifier, tmp_path):
    write_attack(inspection(classifier, epsilon=0.0, label=None), classifier, tmp_path)
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert result["label"] is None
    assert result["attacked_class"] == result["clean"]["decision"]
    assert result["difference"]["psnr"] is None


def test_a_folder_that_cannot_be_made_is_an_output_error(classifier, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        write_attack(inspection(classifier), classifier, tmp_path / "file")


def test_the_panel_can_be_had_at_300_dots_an_inch(classifier, tmp_path):
    write_attack(inspection(classifier), classifier, tmp_path, dpi=300)
    with Image.open(tmp_path / "panel.png") as image:
        assert image.size == (2700, 1020)


@pytest.mark.parametrize("threat", ["rgb", "grey"])
@pytest.mark.parametrize("method", ["grad_cam", "integrated_gradients"])
def test_explanations_are_written_beside_the_others_and_recorded(classifier, tmp_path, threat, method):
    shown = inspection(classifier, threat)
    pair = tuple(progress.run(explain(classifier, image, method)) for image in (shown.clean, shown.perturbed))
    write_attack(shown, classifier, tmp_path, explanations=[pair])
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    [recorded] = result["explanations"]
    maps = [each.values.ravel() for each in pair]
    assert recorded["agreement"] == pytest.approx(np.corrcoef(*maps)[0, 1], abs=1e-5)
    assert recorded["method"] == method
    assert recorded["what"] == "An explanation of the model, not of the disease."
    assert (recorded["layer"] is None) == (method == "integrated_gradients")
    for which in ("clean", "perturbed"):
        path = tmp_path / f"{method.replace('_', '-')}-{which}.png"
        assert recorded[which]["file"] == path.name
        assert recorded[which]["sha256"] == sha256(path)
        assert recorded[which]["decision"] == result[which]["decision"]
        assert recorded[which]["logit"] == pytest.approx(result[which]["logit"], abs=1e-4)
        with Image.open(path) as image:
            assert image.size == (690, 690)


def test_without_being_asked_nothing_is_explained(classifier, tmp_path):
    write_attack(inspection(classifier), classifier, tmp_path)
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert result["explanations"] == []


@pytest.mark.parametrize(
    ("method", "ends"),
    [("grad_cam", ["little for", "much for"]), ("integrated_gradients", ["against", "for"])],
)
def test_an_image_of_an_explanation_says_what_it_is_not(method, ends):
    values = np.linspace(-1 if method == "integrated_gradients" else 0, 1, SIDE**2, dtype=np.float32)
    explanation = Explanation(method, values.reshape(SIDE, SIDE), "50 $ PNEUMONIA", 1.0)
    figure = explanation_figure(np.full((SIDE, SIDE), 0.5), explanation, "Perturbed")
    image, bar = figure.axes
    assert "Perturbed: " in image.get_title()
    assert "not of the disease." in figure.get_supxlabel()
    assert "Not for clinical use." in figure.get_supxlabel()
    assert [text.get_text() for text in bar.get_yticklabels()] == ends
    under, over = (np.asarray(drawn.get_array()) for drawn in image.images)
    assert under == pytest.approx(np.full((SIDE, SIDE), 0.5))
    assert over[..., 3].max() == pytest.approx(0.6)


def test_the_colours_are_clear_where_little_speaks_and_of_two_kinds_when_signed():
    values = np.array([[-2.0, -1.0, 0.0, 1.0, 2.0]])
    shares = shares_of(values, signed=True)
    assert shares[0, 2] == 0
    assert shares[0, 4] == -shares[0, 0] == 1
    colours = colours_of(shares, signed=True)
    assert colours[0, :, 3].tolist() == [255, 255, 0, 255, 255]
    assert colours[0, 0, 2] > colours[0, 0, 0]  # violet speaks against, orange for
    assert colours[0, 4, 0] > colours[0, 4, 2]
    assert not colours_of(shares_of(np.zeros((3, 3)), signed=False), signed=False)[..., 3].any()


def test_what_befell_the_film_before_the_attack_is_in_the_result(classifier, tmp_path):
    pixels = np.random.default_rng(0).integers(40, 200, (SIDE, SIDE), dtype=np.uint8)
    inspector = Inspector(classifier, pixels, create_attack("fgsm"), "grey", 1)
    for folder, shown in (("read", inspector), ("dark", inspector.handled(Handling(exposure=0.8)))):
        write_attack(shown.at(EPSILON), classifier, tmp_path / folder)
    read, dark = (json.loads((tmp_path / name / "result.json").read_text()) for name in ("read", "dark"))
    assert "handling" not in read
    assert dark["handling"]["exposure"] == 0.8
    assert dark["handling"]["words"] == "exposure 0.8"
    assert dark["handling"]["as_read"]["decision"] == read["clean"]["decision"]
    assert dark["handling"]["as_read"]["logit"] == pytest.approx(read["clean"]["logit"], rel=1e-5)
    assert dark["clean"]["logit"] != read["clean"]["logit"]
