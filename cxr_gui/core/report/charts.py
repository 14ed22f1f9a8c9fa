"""The charts: matplotlib figures made without pyplot, so that they can be drawn in any thread.

Epsilon is in model units on the lower axis and n/255 on the upper one; shares are in per cent. The colours
are Okabe and Ito's, which people with any colour vision can tell apart, and lines that mean different
things differ in dash or marker too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import cycle
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from cxr_gui.core.base import published as study
from cxr_gui.core.base.errors import ArgumentError, SettingsError
from cxr_gui.core.base.files import atomic_open
from cxr_gui.core.base.units import from_pixel
from cxr_gui.core.report.drawing import render
from cxr_gui.core.sweep import QUANTITIES

if TYPE_CHECKING:
    from cxr_gui.core.sweep import Point, Quantity, SweepResult
    from cxr_gui.core.training import EpochRow

BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = "#0072b2", "#d55e00", "#009e73", "#aa4499", "#e69f00", "#56b4e9"
SERIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
HOLLOW = "D"
SPARSE = (0, (8, 4))
CERTIFIED = "h-"
STYLES = ("o-", "s--", "^-.", "D:", "v-", "P--")
INK, QUIET, RULE = "#1f2328", "#6b7280", "#e2e4e8"
LINES = [(quantity, quantity.line) for quantity in QUANTITIES.values() if quantity.line is not None]
LOOKS = ((BLUE, "o-"), (GREEN, "^-."), (QUIET, "s--"), (VERMILION, "v:"), (PURPLE, "D:"), (ORANGE, "P--"))
"""Of a single sweep's LINES, in turn."""
DASHES = ("-", "--", "-.", ":")
FORMATS = ("png", "svg", "pdf")
LEGEND_SIZE, SAMPLE, LONGEST = 8.5, 48.0, 64
"""Points of a legend's type and of what stands beside its words; letters of one of its lines."""


def accuracy_chart(
    results: Sequence[SweepResult],
    *,
    names: Sequence[str] | None = None,
    published: bool = False,
    controls: bool | None = None,
) -> Figure:
    """Accuracy and balanced accuracy versus epsilon with 95 % bands, for one sweep or several; below it
    what is certified, unless that bound is vacuous, which would be mistaken for fragility.

    One sweep has both in one diagram, several have balanced accuracy in a second one, beside the first.
    names      how the legend calls each sweep; default: its attack and threat model
    published  also draw the published study's points
    controls   also draw the first sweep's controls, such as random noise of the same epsilon; None
               means only when it is the only one, as they crowd an overlay
    """
    names = names or [f"{result.attack_title} ({result.threat_title})" for result in results]
    several = len(results) > 1
    figure = Figure(figsize=(9.2 if several else 7.8, 4.8), layout=layout())
    diagrams = list(figure.subplots(1, 2 if several else 1, sharey=True, squeeze=False).flat)
    axes = diagrams[0]
    for diagram in diagrams:
        _style(diagram)
    for index, (result, name) in enumerate(zip(results, names, strict=True)):
        if several:
            colour, style = look(index, STYLES)
            _banded(axes, ordered(result), QUANTITIES["accuracy"], name, colour, style)
            _banded(diagrams[1], ordered(result), QUANTITIES["balanced"], "", colour, style)
    points, controls = ordered(results[0]), not several if controls is None else controls
    for (quantity, line), (colour, style) in zip(LINES, cycle(LOOKS), strict=False):
        if not line.control and not several:
            _banded(axes, points, quantity, f"{line.label}, {names[0]}", colour, style)
        elif line.control and controls and quantity.known(points):
            shares = _percent(map(quantity.value, points))
            _line(axes, _epsilons(points), shares, quantity.detailed(line.label, points), colour, style)
    for index, (result, name) in enumerate(zip(results, names, strict=True)):
        if result.vacuous:
            whose = f" of {name}" if several else ""
            axes.plot([], [], " ", label=plain(f"Certified: nothing, the bound{whose} is vacuous"))
        elif result.certified is not None:
            colour = look(index, STYLES)[0] if several else PURPLE
            _floor(diagrams, ordered(result), name if several else "", colour)
    if published:
        accuracy = _percent(point.accuracy for point in study.POINTS)
        _line(axes, study.EPSILONS, accuracy, "Accuracy, published", INK, HOLLOW)
    _constant_answer(diagrams, results)
    for diagram, label in zip(diagrams, ("Accuracy (%)", "Balanced accuracy (%)"), strict=False):
        _percent_axis(diagram, label)
        _epsilon_axes(diagram)
    _legend(figure, axes)
    return figure


def look(index: int, styles: Sequence[str]) -> tuple[str, str]:
    """The colour of a sweep and one of the styles: no two alike before both lists are through."""
    return SERIES[index % len(SERIES)], styles[(index + index // len(SERIES)) % len(styles)]


def _banded(
    axes: Axes, points: Sequence[Point], quantity: Quantity, label: str, colour: str, style: str
) -> None:
    """A share of each Point with the interval beside it."""
    known = quantity.bounded(points)
    within = _epsilons(point for point, _ in known)
    low, high = (_percent(interval[end] for _, interval in known) for end in (0, 1))
    axes.fill_between(within, low, high, color=colour, alpha=0.16, linewidth=0)
    axes.vlines(within, low, high, color=colour, linewidth=1, alpha=0.6)
    _line(axes, _epsilons(points), _percent(map(quantity.value, points)), label, colour, style)


def _floor(diagrams: Sequence[Axes], points: Sequence[Point], name: str, colour: str) -> None:
    """What no attack can break. Of a sweep alone (without a name), what lies between that and what the attack
    left standing is shaded: nobody knows.
    """
    whose = f", {name}" if name else ""
    for axes, share in zip(diagrams, ("certified", "certified_balanced"), strict=False):
        label = f"Certified: no attack can break it{whose}" if axes is diagrams[0] else ""
        _banded(axes, points, QUANTITIES[share], label, colour, CERTIFIED)
    if not name:
        low, high = (_percent(getattr(p, end) for p in points) for end in ("certified_accuracy", "unbroken"))
        diagrams[0].fill_between(
            _epsilons(points),
            low,
            high,
            facecolor="none",
            edgecolor=QUIET,
            hatch="///",
            alpha=0.35,
            linewidth=0,
            label="Undecided: neither proven nor broken",
        )


def _constant_answer(diagrams: Sequence[Axes], results: Sequence[SweepResult]) -> None:
    """A level line at what the constant answer is worth, where it is the same one for all sweeps."""
    if len({(result.constant, len(result.labels)) for result in results}) != 1 or not len(results[0].labels):
        return
    name, count = results[0].constant
    label = plain(f"Constant answer {name}" + (" (balanced: 50 %)" if len(diagrams) == 1 else ""))
    for axes, share in zip(diagrams, (count / len(results[0].labels), 0.5), strict=False):
        axes.axhline(100 * share, color=INK, linewidth=1, linestyle=SPARSE, zorder=1, label=label)


def learning_curve(history: Sequence[EpochRow]) -> Figure:
    """Loss (left) and accuracy (right) of each epoch, in training and, where it was watched, validation."""
    figure = Figure(figsize=(6.4, 3.2), layout=layout())
    loss, accuracy = figure.subplots(1, 2)
    for axes in (loss, accuracy):
        _style(axes)
        axes.set_xlabel("Epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    epochs = [row.epoch for row in history]
    for axes, label, values, colour, style in (
        (loss, "Training", [row.train_loss for row in history], BLUE, "o-"),
        (loss, "Validation", [row.validation_loss for row in history], VERMILION, "s--"),
        (accuracy, "Training", _percent(row.train_accuracy for row in history), BLUE, "o-"),
        (accuracy, "Validation", _percent(row.validation_accuracy for row in history), VERMILION, "s--"),
        (accuracy, "Validation, attacked", _percent(row.robust_accuracy for row in history), GREEN, "^:"),
        (
            accuracy,
            "Validation, attacked, balanced",
            _percent(row.robust_balanced_accuracy for row in history),
            PURPLE,
            "v-.",
        ),
        (
            accuracy,
            "Validation, certified",
            _percent(row.certified_accuracy for row in history),
            ORANGE,
            "D--",
        ),
    ):
        if not np.isnan(np.array(values, dtype=float)).all():
            _line(axes, epochs, values, label, colour, style)
    loss.set_ylabel("Loss (binary cross-entropy)")
    loss.set_ylim(bottom=0)
    accuracy.set_ylabel("Accuracy (%)")
    _legend(figure, accuracy)
    return figure


def critical_epsilon_chart(result: SweepResult) -> Figure:
    """By class, the share of the images right at epsilon 0 whose decision has flipped by a given epsilon.

    Raises ArgumentError when the sweep did not look for critical epsilons.
    """
    if result.critical is None:
        raise ArgumentError("The sweep did not look for critical epsilons.")
    figure, axes = _figure(6.4, 3.6)
    longest = float(result.epsilons.max())
    for label, colour, dash in ((0, BLUE, "-"), (1, VERMILION, "--")):
        critical = result.critical[result.right_at_start & (result.labels == label)]
        flipped = np.sort(critical[np.isfinite(critical)])
        shares = np.arange(len(flipped) + 1) / max(len(critical), 1)
        steps = [from_pixel(float(epsilon), "model") for epsilon in (0.0, *flipped, longest)]
        axes.plot(
            steps,
            _percent([*shares, shares[-1]]),
            color=colour,
            linestyle=dash,
            linewidth=1.8,
            drawstyle="steps-post",
            label=plain(f"{result.classes[label]} (n = {len(critical)})"),
        )
    _percent_axis(axes, "Decision flipped (%)")
    _epsilon_axes(axes)
    _legend(figure, axes)
    return figure


def critical_comparison(results: Sequence[SweepResult], names: Sequence[str]) -> Figure:
    """For each class, the share of its images that are wrong by a given epsilon, one line a sweep.

    Unlike `critical_epsilon_chart` it counts all images, those wrong at once too, so that the sweeps are
    compared over the same ones. Raises ArgumentError when a sweep did not look for critical epsilons.
    """
    figure = Figure(figsize=(6.4, 3.4 + 0.18 * len(results)), layout=layout())
    for label, axes in enumerate(figure.subplots(1, 2, sharey=True, squeeze=False).flat):
        _style(axes)
        for index, (result, name) in enumerate(zip(results, names, strict=True)):
            if result.critical is None:
                raise ArgumentError("A sweep did not look for critical epsilons.", where=name)
            critical = result.critical[result.labels == label]
            flipped = np.sort(critical[np.isfinite(critical)])
            shares = np.arange(len(flipped) + 1) / max(len(critical), 1)
            longest = float(result.epsilons.max())
            colour, dash = look(index, DASHES)
            axes.plot(
                [from_pixel(float(epsilon), "model") for epsilon in (0.0, *flipped, longest)],
                _percent([*shares, shares[-1]]),
                color=colour,
                linestyle=dash,
                linewidth=1.8,
                drawstyle="steps-post",
                label=plain(name),
            )
        axes.set_title(
            plain(f"{results[0].classes[label]} (n = {np.sum(results[0].labels == label)})"),
            fontsize=9.5,
            color=INK,
        )
        _percent_axis(axes, "Decision wrong (%)" if label == 0 else "")
        axes.set_xlim(left=0)
        axes.set_xlabel("Epsilon (model units)")
    _legend(figure, axes)
    return figure


def ordered(result: SweepResult) -> list[Point]:
    """The points of a sweep by rising epsilon, whatever order they were asked for in."""
    return sorted(result.points, key=lambda point: point.epsilon)


def save_figure(figure: Figure, path: str | os.PathLike[str], *, dpi: int = 150) -> Path:
    """Write `figure` whole or not at all, in the format its suffix names: .png (at `dpi`), .svg or .pdf.

    Raises SettingsError for another suffix, OutputError when the file cannot be written.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise SettingsError(
            f"A chart cannot be written as '{path.suffix}'.",
            where=path,
            hint=f"Choose {', '.join('.' + name for name in FORMATS)}.",
        )
    content = render(figure, kind, dpi=dpi)
    with atomic_open(path) as file:
        file.write(content)
    return path


def plain(text: str) -> str:
    """Text that matplotlib draws as it is: a "$" in a class name starts no formula."""
    return text.replace("$", r"\$")


def layout() -> ConstrainedLayoutEngine:
    return ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout=layout())
    axes = figure.subplots()
    _style(axes)
    return figure, axes


def _style(axes: Axes) -> None:
    axes.grid(color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(QUIET)
    axes.tick_params(labelsize=8.5, colors=INK)
    axes.xaxis.label.set(fontsize=9, color=INK)
    axes.yaxis.label.set(fontsize=9, color=INK)


def _line(
    axes: Axes, x: Sequence[float], y: Sequence[float | None], label: str, colour: str, style: str
) -> None:
    """A line through what is there (None leaves a gap), its markers whole where they touch the frame."""
    axes.plot(
        x,
        np.array(y, dtype=float),
        style,
        color=colour,
        label=plain(label),
        linewidth=1.8,
        markersize=5,
        markerfacecolor="white" if style == HOLLOW else colour,
        clip_on=False,
        zorder=3,
    )


def _epsilons(points: Iterable[Point]) -> list[float]:
    return [from_pixel(point.epsilon, "model") for point in points]


def _percent(shares: Iterable[float | None]) -> list[float]:
    return [float("nan") if share is None else 100 * share for share in shares]


def _percent_axis(axes: Axes, label: str) -> None:
    axes.set_ylim(0, 100)
    axes.set_yticks(range(0, 101, 20))
    axes.set_ylabel(label)


def _epsilon_axes(axes: Axes) -> None:
    """Model units below, n/255 above: 1 model unit is 127.5/255."""
    scale = from_pixel(1.0, "255") / from_pixel(1.0, "model")

    def levels(model: ArrayLike) -> NDArray[np.floating]:
        return np.asarray(model, dtype=float) * scale

    def model_units(levels: ArrayLike) -> NDArray[np.floating]:
        return np.asarray(levels, dtype=float) / scale

    axes.set_xlim(left=0)
    axes.set_xlabel("Epsilon (model units, images in [-1, 1])")
    upper = axes.secondary_xaxis("top", functions=(levels, model_units))
    upper.set_xlabel("Epsilon (n/255)", fontsize=9, color=INK)
    upper.tick_params(labelsize=8.5, colors=INK)
    upper.spines["top"].set_color(QUIET)


def _fit_in_two(labels: Sequence[str], width: float) -> bool:
    """Whether a legend of two columns, filled one after the other, is at most so many points wide."""
    half = -(-len(labels) // 2)
    widths = [TextPath((0, 0), label, size=LEGEND_SIZE).get_extents().width for label in labels]
    columns = (max(some, default=0.0) + SAMPLE for some in (widths[:half], widths[half:]))
    return sum(columns) <= width


def _legend(figure: Figure, axes: Axes) -> None:
    """Below the axes, where it covers no data."""
    handles, labels = axes.get_legend_handles_labels()
    labels = [fill(label, LONGEST) for label in labels]
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=2 if _fit_in_two(labels, 72 * figure.get_figwidth()) else 1,
        frameon=False,
        fontsize=LEGEND_SIZE,
        labelcolor=INK,
    )
