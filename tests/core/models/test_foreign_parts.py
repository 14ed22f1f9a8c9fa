"""Other people's checkpoints: the part that fits is found, the rest is named, doubts are asked back."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision import models

from cxr_gui.cli import program as cli
from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import CheckpointError
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.exporting import export
from cxr_gui.core.models.foreign import adopt
from cxr_gui.core.models.registry import create

CLASSES = ("NORMAL", "PNEUMONIA")
State = dict[str, Tensor]


def network(architecture: str, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    made: nn.Module = models.get_model(architecture, num_classes=2)
    return made.eval()


@pytest.fixture(scope="module")
def nets() -> dict[str, nn.Module]:
    return {name: network(name, 1) for name in ("resnet18", "densenet121", "efficientnet_b0")}


def adopted(path: Path, architecture: str = "resnet18", **more: Any) -> Classifier:
    return adopt(path, architecture, classes=CLASSES, preprocessing="unit", **more)


@torch.no_grad()
def assert_same(classifier: Classifier, theirs: nn.Module) -> None:
    pixels = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    z0, z1 = theirs(pixels).T
    torch.testing.assert_close(classifier(pixels), z1 - z0, rtol=1e-4, atol=1e-5)


def behind(prefix: str, state: State) -> State:
    return {prefix + key: value for key, value in state.items()}


def renamed(state: State, old: str, new: str) -> State:
    return {key.replace(old, new) if key.startswith(old) else key: value for key, value in state.items()}


PLACES: dict[str, tuple[Callable[[State], Any], tuple[str, ...]]] = {
    "Lightning with a loss": (
        lambda s: {
            "epoch": 3,
            "state_dict": behind("model.", s) | {"criterion.pos_weight": torch.ones(1)},
            "hyper_parameters": {"lr": 1e-3},
        },
        ("criterion.pos_weight",),
    ),
    "averaged weights": (
        lambda s: behind("module.", s) | {"n_averaged": torch.tensor(7)},
        ("n_averaged",),
    ),
    "net": (lambda s: {"net": s, "acc": 0.9, "epoch": 2}, ()),
    "model_state": (lambda s: {"model_state": s, "optimizer_state": {"state": {0: torch.ones(3)}}}, ()),
    "backbone": (lambda s: behind("backbone.", s), ()),
    "two levels": (lambda s: {"checkpoint": {"weights": behind("module.net.", s)}}, ()),
    "a loss in the network's place": (lambda s: s | {"loss_fn.weight": torch.ones(2)}, ("loss_fn.weight",)),
    "a profiler": (
        lambda s: s | {f"{name}total_ops": torch.zeros(1) for name in ("", "layer1.0.", "fc.")},
        ("total_ops", "layer1.0.total_ops", "fc.total_ops"),
    ),
    "dropout before the last layer": (lambda s: renamed(s, "fc.", "fc.1."), ()),
    "a new last layer in a sequence": (lambda s: behind("module.", renamed(s, "fc.", "fc.0.")), ()),
    "a last layer behind a backbone": (
        lambda s: {
            **behind("backbone.", {key: value for key, value in s.items() if not key.startswith("fc.")}),
            "head.weight": s["fc.weight"],
            "head.bias": s["fc.bias"],
        },
        (),
    ),
    "a part of another network": (
        lambda s: behind("student.", s) | behind("teacher.", models.resnet34().state_dict()),
        ("teacher.* (218)",),
    ),
    "the same weights twice": (lambda s: {"state_dict": s, "best": dict(s)}, ("best/*",)),
    "a number among the tensors": (lambda s: s | {"epoch": 4}, ()),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_part_that_fits_is_found_and_the_rest_is_named(
    place: str, nets: dict[str, nn.Module], tmp_path: Path
) -> None:
    wrapped, aside = PLACES[place]
    theirs = nets["resnet18"]
    torch.save(wrapped(theirs.state_dict()), tmp_path / "mine.pt")
    classifier = adopted(tmp_path / "mine.pt")
    assert_same(classifier, theirs)
    assert tuple(classifier.card.data.get("left_aside", ())) == aside  # type: ignore[arg-type]
    for name in aside:
        assert name in classifier.card.source


def old_densenet(state: State) -> State:
    """As CheXNet's is published: keys of old, DataParallel, a sigmoid behind the last layer."""
    old = {}
    for key, value in state.items():
        for kind in ("norm", "conv"):
            for number in "12":
                if "denselayer" in key:
                    key = key.replace(f".{kind}{number}.", f".{kind}.{number}.")
        old[f"module.densenet121.{key.replace('classifier.', 'classifier.0.')}"] = value
    return old


@pytest.mark.parametrize(
    ("architecture", "changed"),
    [
        ("densenet121", old_densenet),
        ("efficientnet_b0", lambda state: renamed(state, "classifier.1.", "classifier.")),
        ("efficientnet_b0", lambda state: renamed(state, "classifier.1.", "classifier.3.")),
    ],
    ids=["old densenet", "no dropout", "more before it"],
)
def test_other_names_of_the_same_layers_are_known(
    architecture: str, changed: Callable[[State], State], nets: dict[str, nn.Module], tmp_path: Path
) -> None:
    theirs = nets[architecture]
    torch.save({"state_dict": changed(theirs.state_dict())}, tmp_path / "mine.pth.tar")
    assert_same(adopted(tmp_path / "mine.pth.tar", architecture), theirs)


def test_two_ways_to_read_it_are_asked_back(nets: dict[str, nn.Module], tmp_path: Path) -> None:
    theirs, other = nets["resnet18"], network("resnet18", 2)
    path = tmp_path / "mine.pt"
    torch.save({"state_dict": theirs.state_dict(), "ema": behind("module.", other.state_dict())}, path)
    with pytest.raises(CheckpointError, match="2 ways that differ: 'state_dict/', 'ema/module'") as caught:
        adopted(path)
    assert "--part" in caught.value.hint
    assert_same(adopted(path, part="state_dict/"), theirs)
    assert_same(adopted(path, part="ema/module"), other)
    with pytest.raises(CheckpointError, match="has no part 'best'.*'ema/module'"):
        adopted(path, part="best")


def test_a_layer_that_the_architecture_has_not_is_never_left_aside(
    nets: dict[str, nn.Module], tmp_path: Path
) -> None:
    state = nets["resnet18"].state_dict()
    for odd in ("attention.weight", "fc.0.running_mean", "layer1.0.se.fc.weight"):
        torch.save(behind("model.", state | {odd: torch.ones(2)}), tmp_path / "mine.pt")
        with pytest.raises(CheckpointError, match=f"unexpected: {odd}"):
            adopted(tmp_path / "mine.pt")
    hidden = {key: value for key, value in state.items() if not key.startswith("fc.")}
    hidden |= {"fc.0.weight": torch.ones(64, 512), "fc.2.weight": torch.ones(2, 64)}
    torch.save(hidden, tmp_path / "mine.pt")
    with pytest.raises(CheckpointError, match=r"missing: .*fc\.weight.*unexpected: fc\.0\.weight"):
        adopted(tmp_path / "mine.pt")


def test_another_architecture_is_named_by_what_is_missing(nets: dict[str, nn.Module], tmp_path: Path) -> None:
    torch.save({"state_dict": behind("model.", nets["densenet121"].state_dict())}, tmp_path / "mine.pt")
    with pytest.raises(
        CheckpointError, match="does not fit the architecture 'resnet18'.*missing: .*unexpected"
    ):
        adopted(tmp_path / "mine.pt")


def test_weights_that_claim_to_be_larger_than_they_are_and_loops_are_refused(tmp_path: Path) -> None:
    state = dict(create("compact_cnn").network.state_dict())
    key = next(key for key in state if key.endswith("weight"))
    state[key] = torch.zeros(1).expand(state[key].shape)
    loop: dict[str, Any] = {"a": {}}
    loop["a"]["b"] = loop
    torch.save({"net": state, **loop}, tmp_path / "mine.pt")
    with pytest.raises(CheckpointError, match=f"does not hold all the numbers of '{key}'"):
        adopted(tmp_path / "mine.pt", "compact_cnn")


def test_safetensors_by_another_name_are_read(nets: dict[str, nn.Module], tmp_path: Path) -> None:
    save_file(behind("model.", nets["resnet18"].state_dict()), tmp_path / "mine.bin")
    assert_same(adopted(tmp_path / "mine.bin"), nets["resnet18"])


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return buffer.getvalue()


KINDS = {
    "TorchScript": zipped(mine__constants_dot_pkl=b"", mine__data_dot_pkl=b""),
    "ONNX": b"\x08\x0a\x12\x07pytorch\x1a\x052.1.0",
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(64),
    "Keras": zipped(config_dot_json=b"{}", model_dot_weights_dot_h5=b""),
    "torch.export": zipped(mine__archive_format=b"pt2"),
    "TensorFlow Lite": b"\x1c\0\0\0TFL3" + bytes(32),
    "arrays of NumPy": zipped(a_dot_npy=b""),
    "NumPy": b"\x93NUMPY\x01\0" + bytes(32),
}


@pytest.mark.parametrize("door", [load, adopted], ids=["load", "adopt"])
@pytest.mark.parametrize("suffix", [".pt", ".bin", ".safetensors"])
@pytest.mark.parametrize("kind", KINDS)
def test_other_programs_files_are_named_as_what_they_are(
    kind: str, suffix: str, door: Callable[[Path], object], tmp_path: Path
) -> None:
    path = tmp_path / f"mine{suffix}"
    path.write_bytes(KINDS[kind])
    with pytest.raises(CheckpointError, match=kind) as caught:
        door(path)
    assert caught.value.hint


def test_what_this_program_exports_is_named_too(tmp_path: Path) -> None:
    progress.run(export(create("compact_cnn", width=2).eval(), tmp_path / "mine.pt2"))
    with pytest.raises(CheckpointError, match=r"is a program of torch\.export"):
        adopted(tmp_path / "mine.pt2")


def test_the_command_says_what_it_left_aside_and_takes_a_part(
    nets: dict[str, nn.Module], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = behind("model.", nets["resnet18"].state_dict()) | {"criterion.pos_weight": torch.ones(1)}
    torch.save({"state_dict": state}, tmp_path / "mine.pt")
    arguments = ["adopt", str(tmp_path / "mine.pt"), "--architecture", "resnet18", "--classes", "A,B"]
    arguments += ["--preprocessing", "unit", "--out", str(tmp_path / "c.safetensors")]
    for more in ([], ["--part", "state_dict/model", "--json"]):
        with pytest.raises(SystemExit) as ended:
            cli.main([*arguments, *more])
        assert ended.value.code == 0
        said = capsys.readouterr().out
        assert "criterion.pos_weight" in said
    assert json.loads(said)["left_aside"] == ["criterion.pos_weight"]
    assert "Left aside: criterion.pos_weight." in load(tmp_path / "c.safetensors").card.source


def test_a_header_that_only_looks_like_safetensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.bin").write_bytes(struct.pack("<Q", 40) + b"{" + bytes(60))
    with pytest.raises(CheckpointError, match="is not a readable checkpoint"):
        adopted(tmp_path / "mine.bin")
