"""One attacked radiograph in images: clean, perturbed, difference, and the verdict in words."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray
from PIL import Image

import cxr_gui
from cxr_gui.core.base.files import atomic_path, sha256, write_json
from cxr_gui.core.base.units import UNITS, from_pixel
from cxr_gui.core.inspect import (
    DIVERGING,
    SAVED_KINDS,
    SavedImage,
    difference_levels,
    difference_limit,
    difference_title,
    gain,
    perturbed_title,
    save_image,
    signed_difference,
)
from cxr_gui.core.report.charts import INK, plain, save_figure
from cxr_gui.core.report.drawing import render
from cxr_gui.core.report.explained import Pair, write_explanations
from cxr_gui.core.report.wording import NOTICE, spaced
from cxr_gui.core.shifts import AS_IT_IS

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Inspection
    from cxr_gui.core.models import Classifier

TITLE_LETTERS = 36
"""That fit above an image in one line."""


def panel(inspection: Inspection, *, title: str = "") -> Image.Image:
    """`panel_figure` as an RGB image of 150 dots an inch."""
    content = render(panel_figure(inspection, title=title), "png", dpi=150)
    return Image.open(BytesIO(content)).convert("RGB")


def panel_figure(inspection: Inspection, *, title: str = "") -> Figure:
    """Clean, perturbed and difference side by side, with the verdict in words below."""
    figure = Figure(figsize=(9.0, 3.4), layout="constrained")
    clean, perturbed, difference = figure.subplots(1, 3)
    _show(clean, inspection.clean, "Clean")
    _show(perturbed, inspection.perturbed, perturbed_title(inspection))
    limit = from_pixel(difference_limit(inspection), "255")
    levels = from_pixel(1.0, "255") * signed_difference(inspection)
    shown = _show(difference, levels, difference_title(inspection), limit=limit)
    bar = figure.colorbar(shown, ax=difference, fraction=0.046, pad=0.03)
    mean = ", mean of R, G, B" if inspection.difference.ndim == 3 else ""
    bar.set_label(f"Perturbed − clean (n/255{mean})", fontsize=8, color=INK)
    bar.ax.tick_params(labelsize=7.5, colors=INK)
    bar.outline.set_visible(False)
    if title:
        figure.suptitle(plain(title), fontsize=11, color=INK)
    figure.supxlabel(plain(f"{spaced(inspection.sentence())}\n{NOTICE}"), fontsize=9.5, color=INK)
    return figure


def _show(axes: Axes, values: NDArray[np.floating], title: str, limit: float | None = None) -> AxesImage:
    """Draw grey [H, W] or colour [H, W, 3] in 0..1, or with `limit` a difference in -limit..limit."""
    axes.set_title(plain(fill(title, TITLE_LETTERS)), fontsize=9.5, color=INK)
    axes.set_axis_off()
    low, high = (0.0, 1.0) if limit is None else (-limit, limit)
    colours = "gray" if limit is None else ListedColormap(DIVERGING / 255)
    image: AxesImage = axes.imshow(values, cmap=colours, vmin=low, vmax=high)
    return image


def difference_image(inspection: Inspection) -> Image.Image:
    """The difference map alone, RGB, one dot a pixel."""
    levels = difference_levels(signed_difference(inspection), difference_limit(inspection))
    return Image.fromarray(np.ascontiguousarray(DIVERGING[levels]))


def write_attack(
    inspection: Inspection,
    classifier: Classifier,
    folder: str | os.PathLike[str],
    *,
    dpi: int = 150,
    kinds: Sequence[str] = (),
    panels: Sequence[str] = ("png",),
    explanations: Sequence[Pair] = (),
) -> Path:
    """Write clean.png, perturbed.png, difference.png, panel.png (at `dpi`) and result.json; returns `folder`.

    kinds   further files of the perturbed image, of `SAVED_KINDS`
    panels  what the panel is written as: "png", "svg" or "pdf"
    explanations  where the classifier looks, before and after; each pair gets two images
    result.json holds the verdict in words and numbers, and what each file of the perturbed image, read back,
    still does. Raises OutputError when a file cannot be written.
    """
    folder = Path(folder)
    _save(Image.fromarray(np.rint(255 * inspection.clean).astype(np.uint8)), folder / "clean.png")
    saved = [
        save_image(inspection, classifier, folder / SAVED_KINDS[kind].file, kind)
        for kind in dict.fromkeys(("png8", *kinds))
    ]
    _save(difference_image(inspection), folder / "difference.png")
    for suffix in dict.fromkeys(panels):
        save_figure(panel_figure(inspection), folder / f"panel.{suffix}", dpi=dpi)
    explained = write_explanations(inspection, explanations, folder, dpi=dpi)
    document = _document(inspection, classifier, saved) | {"explanations": explained}
    write_json(folder / "result.json", document)
    return folder


def _save(image: Image.Image, path: Path) -> None:
    with atomic_path(path) as temporary:
        image.save(temporary, format="PNG")


def _document(
    inspection: Inspection, classifier: Classifier, saved: Sequence[SavedImage]
) -> dict[str, object]:
    """result.json; `saved` begins with perturbed.png.

    Probabilities are of the positive class; distances are in pixel units, 0..1.
    """
    negative, positive = inspection.classes
    epsilon = inspection.epsilon
    which = {} if inspection.source is None else inspection.source.to_json()
    return {
        "sentence": inspection.sentence(),
        **which,
        **_handling(inspection),
        "notice": NOTICE,
        "state": inspection.state,
        "label": inspection.classes[inspection.label] if inspection.known else None,
        "attacked_class": inspection.classes[inspection.label],
        "classes": {"negative": negative, "positive": positive},
        "epsilon": {unit: from_pixel(epsilon, unit) for unit in UNITS},
        "attack": {"name": inspection.attack.name, "parameters": inspection.attack.parameters()},
        "threat": inspection.threat,
        "clean": {
            "decision": inspection.clean_decision,
            "probability": inspection.clean_probability,
            "logit": inspection.clean_logit,
        },
        "perturbed": {
            "decision": inspection.decision,
            "probability": inspection.probability,
            "logit": inspection.logit,
        },
        "noise": {"probability": inspection.noise_probability, "logit": inspection.noise_logit},
        "difference": {
            "linf": inspection.linf,
            "l2": inspection.l2,
            "psnr": inspection.psnr,
            "ssim": inspection.ssim,
            "changed": inspection.changed,
            "drawn_stronger": gain(inspection),
        },
        "saved": _saved(saved[0]),
        "files": [_saved(file) for file in saved],
        "classifier": {"architecture": classifier.architecture, "threshold": classifier.threshold},
        "version": cxr_gui.__version__,
    }


def _handling(inspection: Inspection) -> dict[str, object]:
    """What befell the film before the attack, and what was decided of it as read."""
    if inspection.handling == AS_IT_IS:
        return {}
    read = {
        "decision": inspection.read_decision,
        "probability": inspection.read_probability,
        "logit": inspection.read_logit,
    }
    return {"handling": {**asdict(inspection.handling), "words": inspection.handling.words, "as_read": read}}


def _saved(saved: SavedImage) -> dict[str, object]:
    """What a file does: by itself, and opened again as any radiograph is, as one grey of eight bits."""
    reopened = saved.reopened
    return {
        "file": saved.path.name,
        "kind": saved.kind,
        "bits": saved.bits,
        "sha256": sha256(saved.path),
        "decision": saved.decision,
        "probability": saved.probability,
        "logit": saved.logit,
        "linf": saved.linf,
        "still_fools": saved.still_fools,
        "reopened": {
            "decision": reopened.decision,
            "probability": reopened.probability,
            "logit": reopened.logit,
            "still_fools": reopened.fools,
        },
    }
