"""Where the classifier looks, drawn: the image, the explanation over it, and what it is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cxr_gui.core.base.files import sha256
from cxr_gui.core.inspect import (
    METHODS,
    OF_THE_MODEL,
    OPACITY,
    SIDES,
    STRENGTH,
    agreement,
    colour_ramp,
    colours_of,
    shares_of,
)
from cxr_gui.core.report.charts import INK, plain, save_figure
from cxr_gui.core.report.wording import NOTICE

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Explanation, Inspection

Pair = tuple["Explanation", "Explanation"]
"""The explanation of the clean image and of the perturbed one, by the same method."""


def explanation_figure(image: NDArray[np.floating], explanation: Explanation, title: str) -> Figure:
    """The explanation over its image [H, W] or [H, W, 3] in 0..1, on a scale of its own.

    title  what the image is, such as "Clean"
    """
    signed = explanation.signed
    figure = Figure(figsize=(4.6, 4.6), layout="constrained")
    axes = figure.subplots()
    method = METHODS[explanation.method].title
    axes.set_title(plain(f"{title}: {method} for {explanation.decision}"), fontsize=9.5, color=INK)
    axes.set_axis_off()
    axes.imshow(image, cmap="gray", vmin=0, vmax=1)
    shares = shares_of(explanation.values, signed=signed)
    overlay = colours_of(shares, signed=signed) / 255
    overlay[..., 3] *= OPACITY
    axes.imshow(overlay)
    colours = ListedColormap(colour_ramp(SIDES if signed else STRENGTH) / 255)
    scale = ScalarMappable(Normalize(-1 if signed else 0, 1), colours)
    bar = figure.colorbar(scale, ax=axes, fraction=0.046, pad=0.03)
    first = "against" if signed else "little for"
    bar.set_ticks([-1 if signed else 0, 1], labels=[first, "for" if signed else "much for"])
    bar.ax.tick_params(labelsize=7.5, colors=INK, length=0)
    bar.set_label("This image's own scale", fontsize=7.5, color=INK)
    bar.outline.set_visible(False)
    figure.supxlabel(plain(f"{OF_THE_MODEL}\n{NOTICE}"), fontsize=9, color=INK)
    return figure


def write_explanations(
    inspection: Inspection, pairs: Sequence[Pair], folder: Path, *, dpi: int
) -> list[dict[str, object]]:
    """Write METHOD-clean.png and METHOD-perturbed.png for each pair; returns what to say in result.json."""
    return [
        {
            "method": clean.method,
            "what": OF_THE_MODEL,
            "layer": clean.layer or None,
            "agreement": agreement(clean.values, perturbed.values),
            "clean": _write(inspection.clean, clean, "clean", folder, dpi),
            "perturbed": _write(inspection.perturbed, perturbed, "perturbed", folder, dpi),
        }
        for clean, perturbed in pairs
    ]


def _write(
    image: NDArray[np.floating], explanation: Explanation, which: str, folder: Path, dpi: int
) -> dict[str, object]:
    path = folder / f"{explanation.method.replace('_', '-')}-{which}.png"
    save_figure(explanation_figure(image, explanation, which.capitalize()), path, dpi=dpi)
    return {
        "file": path.name,
        "sha256": sha256(path),
        "decision": explanation.decision,
        "logit": explanation.logit,
    }
