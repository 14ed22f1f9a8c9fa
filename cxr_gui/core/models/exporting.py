"""A classifier for other programs: ONNX or torch.export, read back and compared before it is kept."""

from __future__ import annotations

import copy
import importlib.util
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from cxr_gui.core.base.errors import OutputError, SettingsError
from cxr_gui.core.base.files import atomic_path, json_text
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.models.checkpoint import header_of
from cxr_gui.core.models.classifier import Classifier

TOLERANCE = 1e-4
"""Largest difference of a logit, as a share of the largest logit or of 1: float32 summed in another order."""

ONNX_PACKAGES = ("onnx", "onnxruntime", "onnxscript")

OTHER = "Check the disk's free space, or export to the other format."

Answer = Callable[[Tensor], Tensor]
Writer = Callable[[Any, dict[str, str], Path], None]
Reader = Callable[[Path], Answer]


@dataclass(frozen=True)
class Exported:
    """A file that answers as its classifier does.

    images              how many made images both were asked about
    largest_difference  of a logit between the two     bound  what was allowed
    input_shape         of its input `pixels`, float32 in 0..1; None is the number of images
    """

    path: Path
    images: int
    largest_difference: float
    bound: float
    input_shape: tuple[int | None, int, int, int]


def export(classifier: Classifier, path: str | os.PathLike[str]) -> Work[Exported]:
    """Write `classifier` for ONNX (.onnx) or torch.export (.pt2), for batches of any length.

    pixels float32 [B, C, H, W] in 0..1 -> logit [B], the normalisation inside; C is what the network takes.
    The file says in its metadata what a checkpoint's header says. Then it is read back and asked about made
    images, in batches of one and of three.

    Raises SettingsError for another suffix or a missing package, OutputError when the file cannot be written
    or answers otherwise than the classifier; then `path` is what it was before.
    """
    path = Path(path)
    write, read = _format_of(path)
    yield Event("Tracing", 0, 3)
    twin = copy.deepcopy(classifier).to("cpu", torch.float32).eval().requires_grad_(False)
    pixels = made_images(twin)
    program = _traced(twin, pixels[:2], path)
    with atomic_path(path) as temporary:
        yield Event("Writing", 1, 3)
        try:
            write(program, header_of(classifier), temporary)
        except RuntimeError as error:  # the writers' own, for a full disk too
            raise OutputError(f"cannot be written ({error}).", where=path, hint=OTHER) from error
        yield Event("Comparing", 2, 3)
        difference, bound = logit_difference(twin, read(temporary), pixels)
        if not difference <= bound:
            raise OutputError(
                f"would answer otherwise than the classifier (logits differ by {difference:.2g}, "
                f"allowed are {bound:.2g}), so it was not kept.",
                where=path,
                hint=OTHER,
            )
    return Exported(path, len(pixels), difference, bound, (None, *pixels.shape[1:]))


def made_images(classifier: Classifier) -> Tensor:
    """Four made images [4, C, H, W] in 0..1, always the same, from soft shades to fine grain."""
    generator = torch.Generator().manual_seed(0)
    channels = classifier.normalisation.channels
    coarse = [torch.rand(1, channels, side, side, generator=generator) for side in (2, 8, 32, 128)]
    return torch.cat([functional.interpolate(c, classifier.input_size, mode="bilinear") for c in coarse])


def logit_difference(classifier: Classifier, answer: Answer, pixels: Tensor) -> tuple[float, float]:
    """The largest difference between both's logits, and how large it may be. NaN where an answer is NaN."""
    with torch.no_grad():
        expected = classifier(pixels)
    found = torch.cat([answer(batch) for batch in (pixels[:1], pixels[1:])])
    return float((found - expected).abs().max()), TOLERANCE * max(1.0, float(expected.abs().max()))


def _format_of(path: Path) -> tuple[Writer, Reader]:
    if path.suffix not in FORMATS:
        raise SettingsError(
            f"There is no export to '{path.name}'.", hint=f"Name a file that ends in {' or '.join(FORMATS)}."
        )
    if path.suffix == ".onnx" and not all(importlib.util.find_spec(name) for name in ONNX_PACKAGES):
        raise SettingsError(
            "The export to ONNX needs packages that are not installed.",
            hint="Install them: pip install 'cxr-gui[onnx]'.",
        )
    return FORMATS[path.suffix]


def _traced(classifier: Classifier, example: Tensor, path: Path) -> Any:
    """The classifier as an ExportedProgram whose batches may have any length."""
    from torch.export import Dim, export  # imports sympy, seconds

    try:
        with torch.no_grad():
            return export(classifier, (example,), dynamic_shapes={"pixels": {0: Dim("batch")}})
    except (RuntimeError, TypeError, ValueError) as error:
        raise OutputError(
            f"cannot be made: architecture '{classifier.architecture}' does things that cannot be traced.",
            where=path,
            hint="Its forward must not depend on the values of the pixels or on the length of a batch.",
        ) from error


def _write_onnx(program: Any, header: dict[str, str], path: Path) -> None:
    written: Any = torch.onnx.export(program, input_names=["pixels"], output_names=["logit"], verbose=False)
    written.model.metadata_props.update(header)
    written.save(path, external_data=False)


def _read_onnx(path: Path) -> Answer:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def answer(pixels: Tensor) -> Tensor:
        (logits,) = session.run(["logit"], {"pixels": pixels.numpy()})
        return torch.from_numpy(logits)

    return answer


def _write_pt2(program: Any, header: dict[str, str], path: Path) -> None:
    # Given a path, PyTorch's own writer ends the whole process on a full disk.
    buffer = io.BytesIO()
    torch.export.save(program, buffer, extra_files={HEADER_FILE: json_text(header)})
    path.write_bytes(buffer.getvalue())


def _read_pt2(path: Path) -> Answer:
    module: Answer = torch.export.load(path).module()
    return module


HEADER_FILE = "classifier.json"
"""Where a .pt2 keeps what a checkpoint's header says."""

FORMATS: dict[str, tuple[Writer, Reader]] = {
    ".onnx": (_write_onnx, _read_onnx),
    ".pt2": (_write_pt2, _read_pt2),
}
"""How each format is written and read back."""
