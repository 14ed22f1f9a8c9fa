"""TorchXRayVision's DenseNet: upstream's own logit, and its pickled files read without running them."""

from __future__ import annotations

import copy
import json
import os
import sys
import warnings
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.backends import thnn

from cxr_gui.cli import program as cli
from cxr_gui.core.attacks.fast_gradient import fgsm
from cxr_gui.core.base.errors import CheckpointError, SettingsError
from cxr_gui.core.base.progress import run
from cxr_gui.core.choices import catalog
from cxr_gui.core.demo.folder import write_demo
from cxr_gui.core.inspect.explanation import explain
from cxr_gui.core.models.checkpoint import load, save
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.exporting import export
from cxr_gui.core.models.foreign import adopt, parse_preprocessing
from cxr_gui.core.models.registry import architectures, create
from cxr_gui.core.models.xrv_densenet import RANGE

with warnings.catch_warnings():  # it silences every warning of the process, pytest's errors too
    xrv = pytest.importorskip("torchxrayvision")

NAME = "xrv_densenet121"
CLASSES = ("NORMAL", "PNEUMONIA")
ALL = "densenet121-res224-all"
PUBLISHED = xrv.models.model_urls[ALL]["weights_url"].rsplit("/", maxsplit=1)[-1]
PNEUMONIA = 8
"""Its place among upstream's names, which `test_the_names_are_upstreams` looks up."""


@pytest.fixture(scope="module")
def theirs() -> nn.Module:
    """Upstream's network with its 18 outputs; BatchNorms that have seen something, outputs around 0."""
    torch.manual_seed(0)
    network = xrv.models.DenseNet(num_classes=18, in_channels=1)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
    with torch.no_grad():
        logits = network(torch.rand(4, 1, 224, 224) * 2048 - 1024)
        network.classifier.bias.copy_(-logits.mean(dim=0))
    return network.eval()


@pytest.fixture(scope="module")
def greys(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """Radiographs of the demo data, uint8 [4, 224, 224]."""
    data = run(write_demo(tmp_path_factory.mktemp("xrv") / "data", train=8, test=4, seed=0))
    films = sorted((data / "test").rglob("*.*"))[:4]
    return np.stack([np.asarray(Image.open(film).convert("L").resize((224, 224))) for film in films])


@pytest.fixture(scope="module")
def pixels(greys: np.ndarray) -> Tensor:
    return torch.from_numpy(greys).unsqueeze(1).float() / 255


@pytest.fixture(scope="module")
def expected(theirs: nn.Module, greys: np.ndarray) -> Tensor:
    """Upstream's own logits [4, 18] of the radiographs, normalised by upstream."""
    seen = np.stack([xrv.datasets.normalize(grey, 255)[None] for grey in greys])
    with torch.no_grad():
        logits: Tensor = theirs(torch.from_numpy(seen))
    return logits


def save_as_published(network: nn.Module, path: Path) -> None:
    """As torch.save wrote networks before PyTorch 1.6: a stream, sources beside classes, fewer attributes."""

    class Backend:
        def __reduce__(self) -> tuple[Any, ...]:
            return thnn._get_thnn_function_backend, ()

    then = {"training", "_parameters", "_buffers", "_modules", "_backward_hooks", "_forward_hooks"}
    then |= {"in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias"}
    then |= {"num_features", "eps", "momentum", "affine", "inplace", "in_features", "out_features"}
    old = copy.deepcopy(network)
    for layer in old.modules():
        kept = {key: value for key, value in vars(layer).items() if key in then}
        vars(layer).clear()
        vars(layer).update(kept, _backend=Backend(), _state_dict_hooks=OrderedDict())
    torch.save(old, path, _use_new_zipfile_serialization=False)


def adopted(path: Path, **changes: Any) -> Classifier:
    return adopt(path, NAME, **{"classes": CLASSES, "preprocessing": "xrayvision"} | changes)


def assert_same(classifier: Classifier, pixels: Tensor, expected: Tensor) -> None:
    with torch.no_grad():
        logits = classifier(pixels)
    torch.testing.assert_close(logits, expected[:, PNEUMONIA], rtol=1e-4, atol=1e-5)
    assert logits.std() > 0.01


@torch.no_grad()
def test_its_logit_is_upstreams_raw_output(theirs: nn.Module, pixels: Tensor, expected: Tensor) -> None:
    classifier = create(NAME).eval()
    assert classifier.normalisation == RANGE == parse_preprocessing("xrayvision", 1)
    assert classifier.input_size == (224, 224)
    state = theirs.state_dict()
    for key in ("classifier.weight", "classifier.bias"):
        state[key] = state[key][PNEUMONIA : PNEUMONIA + 1]
    classifier.network.load_state_dict(state)
    assert_same(classifier, pixels, expected)
    assert classifier(pixels.expand(-1, 3, -1, -1)).shape == (4,)


def test_pixels_become_what_upstream_feeds_it(greys: np.ndarray, pixels: Tensor) -> None:
    seen: list[Tensor] = []
    classifier = create(NAME).eval()
    classifier.network.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    with torch.no_grad():
        classifier(pixels)
    upstream = np.stack([xrv.datasets.normalize(grey, 255)[None] for grey in greys])
    assert seen[0].numpy() == pytest.approx(upstream, abs=2e-4)  # of 2048
    assert upstream.min() >= -1024
    assert upstream.max() <= 1024


def test_the_names_are_upstreams() -> None:
    labels = [known["labels"] for known in xrv.models.model_urls.values()]
    assert labels
    assert all(names.index("Pneumonia") == PNEUMONIA for names in labels)


def test_a_published_file_gives_upstreams_logits_and_decisions(
    theirs: nn.Module, pixels: Tensor, expected: Tensor, greys: np.ndarray, tmp_path: Path
) -> None:
    """Through upstream's own loader too, which may run what is in this file: it was made here."""
    point = xrv.models.model_urls[ALL]["op_threshs"][PNEUMONIA]
    shift = float(np.log(point / (1 - point))) - expected[:, PNEUMONIA].quantile(0.5)  # two of four positive
    network = copy.deepcopy(theirs)
    with torch.no_grad():
        network.classifier.bias += shift
    expected = expected + shift
    save_as_published(network, tmp_path / PUBLISHED)
    with pytest.raises(CheckpointError, match="torchxrayvision.models.DenseNet"):
        adopt(tmp_path / PUBLISHED, "densenet121", classes=CLASSES, preprocessing="imagenet")
    classifier = adopted(tmp_path / PUBLISHED)
    assert_same(classifier, pixels, expected)
    upstream = xrv.models.DenseNet(weights=ALL, cache_dir=str(tmp_path))
    assert classifier.threshold == pytest.approx(point)
    seen = torch.from_numpy(np.stack([xrv.datasets.normalize(grey, 255)[None] for grey in greys]))
    with torch.no_grad():
        calibrated = upstream(seen)[:, PNEUMONIA]
        upstream.op_threshs = None
        torch.testing.assert_close(upstream(seen), expected, rtol=1e-4, atol=1e-5)
        positive = classifier.positive(classifier(pixels))
    assert positive.tolist() == (calibrated >= 0.5).tolist()
    assert positive.sum() == 2
    assert classifier.card.source == f"Adopted from '{PUBLISHED}', output 'Pneumonia' of 18."
    assert len(str(classifier.card.data["weights"])) == 64


def test_the_operating_point_yields_to_the_person_and_turns_with_the_class(
    theirs: nn.Module, pixels: Tensor, expected: Tensor, tmp_path: Path
) -> None:
    save_as_published(theirs, tmp_path / PUBLISHED)
    assert adopted(tmp_path / PUBLISHED, threshold=0.4).threshold == 0.4
    turned = adopted(tmp_path / PUBLISHED, positive="NORMAL")
    assert_same(turned, pixels, -expected)
    assert turned.threshold == pytest.approx(1 - adopted(tmp_path / PUBLISHED).threshold)


@pytest.mark.parametrize("kind", ["module", "old module", "dictionary", "nested module", "points"])
def test_files_with_names_of_their_own_are_understood(
    kind: str, theirs: nn.Module, pixels: Tensor, expected: Tensor, tmp_path: Path
) -> None:
    path, names = tmp_path / "mine.pt", list(xrv.datasets.default_pathologies)
    state = {f"module.{key}": value for key, value in theirs.state_dict().items()}
    points = torch.linspace(0.1, 0.95, 18)
    vars(theirs)["pathologies"] = names
    try:
        if kind == "module":
            torch.save(theirs, path)
        elif kind == "old module":
            torch.save(theirs, path, _use_new_zipfile_serialization=False)
        elif kind == "dictionary":
            torch.save({"epoch": 3, "targets": names, "state_dict": state}, path)
        elif kind == "nested module":
            torch.save({"epoch": 3, "model": theirs}, path)
        elif kind == "points":
            torch.save({"targets": names, "state_dict": theirs.state_dict() | {"op_threshs": points}}, path)
    finally:
        del theirs.pathologies
    classifier = adopted(path)
    assert_same(classifier, pixels, expected)
    assert classifier.threshold == (pytest.approx(float(points[PNEUMONIA])) if kind == "points" else 0.5)


def test_one_output_needs_no_name(theirs: nn.Module, tmp_path: Path) -> None:
    own = create(NAME).eval()
    save_file(own.network.state_dict(), tmp_path / "mine.safetensors")
    pixels = torch.rand(1, 1, 224, 224)
    assert torch.equal(adopted(tmp_path / "mine.safetensors")(pixels), own(pixels))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (None, "has 18 outputs and does not say which of them is 'Pneumonia'.*targets"),
        (["Mass"] * 17 + [""], r"no single output 'Pneumonia' \(it has: Mass, Mass"),
        (["Pneumonia"] * 18, "no single output 'Pneumonia'"),
        (["Pneumonia"], "18 outputs and 1 names"),
    ],
    ids=["none", "others", "many", "few"],
)
def test_without_a_pneumonia_output_a_file_is_refused(
    names: list[str] | None, words: str, theirs: nn.Module, tmp_path: Path
) -> None:
    beside = {} if names is None else {"pathologies": names}
    torch.save({"state_dict": theirs.state_dict(), **beside}, tmp_path / "mine.pt")
    with pytest.raises(CheckpointError, match=words) as caught:
        adopted(tmp_path / "mine.pt")
    assert caught.value.where == str(tmp_path / "mine.pt")
    assert caught.value.hint


def test_another_published_network_does_not_fit(tmp_path: Path) -> None:
    other = xrv.models.DenseNet(
        num_classes=18, in_channels=1, **xrv.models.get_densenet_params("densenet169")
    )
    other.pathologies = list(xrv.datasets.default_pathologies)
    torch.save(other, tmp_path / "mine.pt")
    with pytest.raises(CheckpointError, match=f"does not fit the architecture '{NAME}'.*unexpected: "):
        adopted(tmp_path / "mine.pt")


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "stream"])
@pytest.mark.parametrize("place", ["beside", "weights", "layer"])
def test_a_malicious_pickle_is_refused_by_name_and_does_not_run(
    place: str, zipped: bool, tmp_path: Path
) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            sprung = tmp_path / "sprung"
            return (os.mkdir, (str(sprung),)) if place == "weights" else (Path.touch, (sprung,))

    network = xrv.models.DenseNet(num_classes=18, in_channels=1)
    network.pathologies = list(xrv.datasets.default_pathologies)
    if place == "beside":
        network.note = Trap()
    elif place == "weights":
        network.features.conv0._parameters["weight"] = Trap()
    else:
        network.features._modules["denseblock1"] = Trap()
    torch.save(network, tmp_path / PUBLISHED, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match=r"could run code \((getattr|posix\.mkdir|nt\.mkdir)\)"):
        adopted(tmp_path / PUBLISHED)
    assert not (tmp_path / "sprung").exists()
    torch.load(tmp_path / PUBLISHED, weights_only=False)  # as upstream's loader would
    assert (tmp_path / "sprung").exists()


def test_a_layer_of_another_class_is_named(theirs: nn.Module, tmp_path: Path) -> None:
    torch.save(nn.Sequential(theirs, nn.Sigmoid()), tmp_path / "mine.pt")
    with pytest.raises(CheckpointError, match=r"\(torch\.nn\.modules\.activation\.Sigmoid\)"):
        adopted(tmp_path / "mine.pt")


@pytest.mark.parametrize("tangle", ["loop", "word", "list"])
def test_a_network_that_is_none_is_refused(tangle: str, tmp_path: Path) -> None:
    layer = nn.Sequential(nn.Linear(2, 1))
    if tangle == "loop":
        layer._modules["0"] = layer
    elif tangle == "word":
        layer._buffers["0"] = "a word"  # type: ignore[assignment]
    else:
        vars(layer)["_modules"] = [1]
    torch.save(layer, tmp_path / "mine.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(CheckpointError, match="is not a network of layers"):
        adopted(tmp_path / "mine.pt")


def test_a_damaged_stream_is_refused_in_words(theirs: nn.Module, tmp_path: Path) -> None:
    save_as_published(theirs, tmp_path / PUBLISHED)
    whole = (tmp_path / PUBLISHED).read_bytes()
    for damaged in (whole[:40], whole[:5000], whole[: len(whole) // 2], whole[:-9], b"\x89PNG" + whole, b""):
        (tmp_path / PUBLISHED).write_bytes(damaged)
        with pytest.raises(CheckpointError, match="is not a readable file of weights"):
            adopted(tmp_path / PUBLISHED)


def test_fgsm_checkpoint_explanation_and_export(
    theirs: nn.Module, pixels: Tensor, expected: Tensor, tmp_path: Path
) -> None:
    save_as_published(theirs, tmp_path / PUBLISHED)
    save(adopted(tmp_path / PUBLISHED), tmp_path / "c.safetensors")
    (tmp_path / PUBLISHED).unlink()
    classifier = load(tmp_path / "c.safetensors")
    assert classifier.normalisation == RANGE
    assert 0.05 < classifier.threshold < 0.06
    assert_same(classifier, pixels, expected)

    labels = classifier.positive(classifier(pixels)).long()
    adversarial = fgsm(classifier, pixels, labels, 0.01)
    assert 0 < (adversarial - pixels).abs().max() <= 0.01 + 1e-6
    with torch.no_grad():
        change = classifier(adversarial) - classifier(pixels)
    assert (torch.where(labels == 1, -change, change) > 0).all()

    found = run(explain(classifier, pixels[0, 0].numpy(), "grad_cam"))
    assert found.values.shape == (224, 224)
    assert np.isfinite(found.values).all()
    done = run(export(classifier, tmp_path / "c.pt2"))
    assert done.input_shape == (None, 1, 224, 224)
    assert done.largest_difference <= done.bound


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchxrayvision", None)


def test_without_the_extra_it_is_listed_and_says_how_to_install_it(
    without_the_extra: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "pip install 'cxr-gui[xrayvision]'"
    assert architectures()[NAME].install == words
    with pytest.raises(SettingsError, match="needs a package that is not installed") as caught:
        create(NAME)
    assert words in caught.value.hint
    (choice,) = (choice for choice in catalog().architectures if choice.name == NAME)
    assert choice.summary.endswith(f"not installed: {words}")
    assert not choice.pretrainable
    assert command("models", "--json") == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["architectures"]}
    assert (rows[NAME]["parameters"], rows[NAME]["install"]) == (None, words)
    assert command("models") == 0
    assert f"{NAME:<16} not installed: {words}" in capsys.readouterr().out
    (tmp_path / "mine.pt").touch()
    arguments = ("--architecture", NAME, "--classes", "A,B", "--preprocessing", "xrayvision")
    assert command("adopt", tmp_path / "mine.pt", *arguments, "--out", tmp_path / "c.safetensors") == 2
    assert words in capsys.readouterr().err


def command(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main([str(argument) for argument in arguments])
    return int(end.value.code or 0)


def test_a_checkpoint_of_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(create(NAME), tmp_path / "c.safetensors")
    monkeypatch.setitem(sys.modules, "torchxrayvision", None)
    with pytest.raises(CheckpointError, match="cannot be used here.*not installed") as caught:
        load(tmp_path / "c.safetensors")
    assert "cxr-gui[xrayvision]" in caught.value.hint
    assert caught.value.where == str(tmp_path / "c.safetensors")


def test_the_command_adopts_a_published_file(
    theirs: nn.Module, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_as_published(theirs, tmp_path / PUBLISHED)
    out = tmp_path / "c.safetensors"
    arguments = ("--architecture", NAME, "--classes", "NORMAL,PNEUMONIA", "--preprocessing", "xrayvision")
    assert command("adopt", tmp_path / PUBLISHED, *arguments, "--out", out, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["threshold"] == pytest.approx(0.056810737)
    assert (document["mean"], document["std"]) == ([0.5], [1 / 2048])


def test_building_it_leaves_the_warnings_of_the_program_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == "torchxrayvision"]:
        monkeypatch.delitem(sys.modules, module)  # as if nobody had imported it yet
    before = list(warnings.filters)
    create(NAME)
    assert "torchxrayvision.models" in sys.modules
    assert warnings.filters == before
