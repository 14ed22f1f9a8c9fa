"""Exports answer as their classifier does, say what a checkpoint says, and leave nothing behind when not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import OutputError, SettingsError
from cxr_gui.core.models import exporting as export
from cxr_gui.core.models.classifier import Classifier, Normalisation
from cxr_gui.core.models.exporting import Exported
from cxr_gui.core.models.registry import create

BATCHES = (1, 2, 5)


def onnx_answer(path: Path) -> tuple[Callable[[Tensor], Tensor], dict[str, str]]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    header: dict[str, str] = session.get_modelmeta().custom_metadata_map
    return lambda pixels: torch.from_numpy(session.run(None, {"pixels": pixels.numpy()})[0]), header


def pt2_answer(path: Path) -> tuple[Callable[[Tensor], Tensor], dict[str, str]]:
    extra = {"classifier.json": ""}
    module = torch.export.load(path, extra_files=extra).module()
    return module, json.loads(extra["classifier.json"])


READERS = {".onnx": onnx_answer, ".pt2": pt2_answer}


def exported(classifier: Classifier, path: Path) -> Exported:
    return progress.run(export.export(classifier, path))


@pytest.mark.parametrize("suffix", READERS)
@pytest.mark.parametrize("name", ["compact_cnn", "resnet18"])
def test_the_file_answers_as_the_classifier_does(name: str, suffix: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    classifier = create(name)
    classifier.threshold = 0.37
    path = tmp_path / f"c{suffix}"
    done = exported(classifier, path)
    assert done.largest_difference <= done.bound
    assert done.input_shape == (None, classifier.normalisation.channels, 224, 224)
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    assert classifier.training
    answer, header = READERS[suffix](path)
    assert header["architecture"] == name
    assert float(header["threshold"]) == 0.37
    assert json.loads(header["classes"]) == ["NORMAL", "PNEUMONIA"]
    classifier.eval()
    for count in BATCHES:
        pixels = torch.rand(count, *done.input_shape[1:])
        with torch.no_grad():
            torch.testing.assert_close(answer(pixels), classifier(pixels), rtol=1e-4, atol=1e-5)


@pytest.fixture
def classifier() -> Classifier:
    return create("compact_cnn", width=4)


def test_a_file_that_answers_otherwise_is_not_kept(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, read = export.FORMATS[".pt2"]

    def read_wrongly(path: Path) -> Callable[[Tensor], Tensor]:
        answer = read(path)
        return lambda pixels: answer(pixels) + 0.01

    monkeypatch.setitem(export.FORMATS, ".pt2", (write, read_wrongly))
    (tmp_path / "c.pt2").write_text("what was there before")
    with pytest.raises(OutputError, match=r"logits differ by 0\.01, allowed are 0\.0001"):
        exported(classifier, tmp_path / "c.pt2")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["what was there before"]


def test_a_nan_is_a_difference(classifier: Classifier, tmp_path: Path) -> None:
    last = classifier.network[-1]
    assert isinstance(last, nn.Linear)
    nn.init.constant_(last.bias, torch.nan)
    with pytest.raises(OutputError, match="logits differ by nan"):
        exported(classifier, tmp_path / "c.pt2")
    assert not list(tmp_path.iterdir())


def test_closing_the_work_leaves_nothing(classifier: Classifier, tmp_path: Path) -> None:
    work = export.export(classifier, tmp_path / "c.pt2")
    assert [next(work).stage for _ in range(3)] == ["Tracing", "Writing", "Comparing"]
    work.close()
    assert not list(tmp_path.iterdir())


def test_a_network_that_cannot_be_traced_is_refused_in_words(tmp_path: Path) -> None:
    class Fickle(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.mean((1, 2, 3)) if images.mean() > 0 else images.amax((1, 2, 3))

    fickle = Classifier(Fickle(), architecture="fickle", normalisation=Normalisation((0.5,), (0.5,)))
    with pytest.raises(OutputError, match="'fickle' does things that cannot be traced"):
        exported(fickle, tmp_path / "c.pt2")


def test_other_formats_and_missing_packages_are_named(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match=r"no export to 'c\.tflite'.*\.onnx or \.pt2"):
        exported(classifier, tmp_path / "c.tflite")
    monkeypatch.setattr(export, "ONNX_PACKAGES", ("absent_package",))
    with pytest.raises(SettingsError, match=r"pip install 'cxr-gui\[onnx\]'"):
        exported(classifier, tmp_path / "c.onnx")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        exported(classifier, tmp_path / "file" / "c.pt2")
