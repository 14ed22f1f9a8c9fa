"""One attacked radiograph as pictures and as result.json, reopened and checked by others' eyes."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from cxr_gui.core.attacks import create_attack
from cxr_gui.core.errors import OutputError
from cxr_gui.core.files import sha256
from cxr_gui.core.inspection import Inspection, Inspector
from cxr_gui.core.models import Classifier, create
from cxr_gui.core.report.panel import (
    difference_image,
    difference_limit,
    gain,
    panel,
    panel_figure,
    signed_difference,
    write_attack,
)

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
    assert [axes.get_title() for axes in (clean, perturbed)] == ["Clean", f"Perturbed: FGSM, {threat}"]
    assert difference.get_title() == "Difference, drawn 42x stronger"
    assert bar.get_ylabel().startswith("Perturbed - clean (n/255")
    words = figure.get_supxlabel()
    assert shown.sentence() in words
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


def test_the_picture_of_the_panel_is_rgb_and_large_enough_to_print(classifier):
    picture = panel(inspection(classifier))
    assert picture.mode == "RGB"
    assert picture.size == (1350, 525)


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
    with Image.open(tmp_path / "panel.png") as picture:
        assert picture.size == (2700, 1050)
