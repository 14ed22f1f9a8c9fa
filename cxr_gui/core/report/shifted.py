"""The sections about shifts: what the decisions lose to what befalls films without an attacker."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cxr_gui.core.base.numbers import number_text
from cxr_gui.core.base.wording import NONE, percent
from cxr_gui.core.report.blocks import Block, Illustration, Paragraph, Section, Table
from cxr_gui.core.report.heat_table import heat_chart
from cxr_gui.core.report.privacy import elide
from cxr_gui.core.report.wording import counted, listed
from cxr_gui.core.shifts import NOMINAL_SIDE, in_families
from cxr_gui.core.sweep import Point, ShiftResult

QUESTION = (
    "How many right decisions are lost to exposure, dose, motion, collimation, rotation, compression and the "
    "like, which nobody aims at the classifier?"
)
METHOD = (
    "Each film was decoded once and changed by {shifts} at its own resolution, then made as small as a "
    "classifier takes it; what is random about a shift is drawn from seed {seed} and the image's number, so "
    "every classifier saw the same films. A shift has up to five severities, the mildest first, in the unit "
    "in which it is known; severity 0 is the film as read. Accuracy, sensitivity and specificity have Wilson "
    "95 % intervals, balanced accuracy one made of the latter two, AUROC one of a bootstrap by patient."
)
ERRORS = (
    "BE is the error (1 - balanced accuracy, the mean over the severities) as a multiple of that of "
    "{baseline}, rBE the same of what the shift adds to the error (MedMNIST-C)."
)


def sections(results: Sequence[ShiftResult]) -> list[Section]:
    """Question, method and heat table; and the numbers. The first classifier is the baseline of the rest."""
    if not results:
        return []
    method = METHOD.format(
        shifts=counted(len(results[0].shifts), "shift"), seed=results[0].about.get("seed", NONE)
    )
    caption = (
        "Balanced accuracy in per cent that each shift leaves at each severity, and without any (0). Dark is "
        "low; a constant answer has 50."
    )
    return [
        Section(
            "Without an attacker",
            (
                Paragraph(QUESTION, lead="Question."),
                Paragraph(method, lead="Method."),
                Paragraph(" ".join(_answer(result) for result in results), lead="Answer."),
                Illustration(heat_chart(results), caption),
            ),
        ),
        Section("Shifts in numbers", tuple(_numbers(results))),
    ]


def _answer(result: ShiftResult) -> str:
    """What it keeps without a shift, and where it loses most."""
    clean = result.clean
    worst = min(
        ((shift, point) for shift in result.shifts for point in result.points(shift)),
        key=lambda found: found[1].balanced_accuracy,
    )
    shift, point = worst
    severity = int(point.epsilon)
    amount = f"{number_text(shift.severity(severity))} {shift.unit}".rstrip()
    return (
        f"{elide(result.classifier)} keeps a balanced accuracy of "
        f"{percent(clean.balanced_accuracy, clean.balanced_accuracy_ci)} without a shift and loses most to "
        f"{shift.title.lower()} at severity {severity} ({shift.quantity} {amount}): "
        f"{percent(point.balanced_accuracy, point.balanced_accuracy_ci)}."
    )


def _numbers(results: Sequence[ShiftResult]) -> list[Block]:
    baseline = results[0] if len(results) > 1 else None
    tables = [_table(result, None if result is baseline else baseline) for result in results]
    return [Paragraph(_origin(results)), *tables]


def _table(result: ShiftResult, baseline: ShiftResult | None) -> Table:
    """A row for each shift at its most severe, with intervals; `shifts.csv` has the others."""
    numeric = ["Accuracy", "Balanced", "Sensitivity", "Specificity", "AUROC"]
    numeric += [] if baseline is None else ["BE", "rBE"]
    rows = [("None", *_cells(result.clean), *([""] * 2 if baseline else []))]
    for shift in in_families(result.shifts):
        errors = []
        if baseline is not None:
            found = (result.balanced_error(shift, baseline), result.relative_balanced_error(shift, baseline))
            errors = [NONE if math.isnan(error) else f"{error:.2f}" for error in found]
        rows.append((shift.title, *_cells(result.points(shift)[-1]), *errors))
    caption = (
        f"{elide(result.classifier)}: {counted(result.clean.n, 'image')}, each shift at its most severe, "
        "which the figure names, with 95 % intervals; shifts.csv has every severity."
    )
    if baseline is not None:
        caption += " " + ERRORS.format(baseline=elide(baseline.classifier))
    return Table(("Shift", *numeric), tuple(rows), caption, frozenset(numeric))


def _cells(point: Point) -> list[str]:
    shares = ("accuracy", "balanced_accuracy", "sensitivity", "specificity")
    low, high = point.auroc_ci
    auroc = NONE if math.isnan(point.auroc) else f"{point.auroc:.3f} ({low:.3f}–{high:.3f})"
    return [*(percent(getattr(point, share), getattr(point, f"{share}_ci")) for share in shares), auroc]


def _origin(results: Sequence[ShiftResult]) -> str:
    """Which images these were, and what was taken for granted of them."""
    first = results[0]
    data = first.about.get("data")
    name = str(data.get("name", "")) if isinstance(data, Mapping) else ""
    split = str(first.about.get("split", ""))
    of = " of ".join(filter(None, [f" of the split {split}" if split else "", elide(name)]))
    names = listed([elide(each.classifier) for each in results])
    sentences = [f"{counted(len(first.labels), 'image')}{of}, classified by {names}."]
    if not first.complete:
        sentences.append("The sweep was stopped before its end; the images it covers were drawn at random.")
    if first.unread:
        sentences.append(f"{counted(len(first.unread), 'file')} could not be read.")
    if first.unspaced:
        sentences.append(
            f"{counted(first.unspaced, 'file')} did not say how large the pixels are: a longer side of "
            f"{NOMINAL_SIDE:g} mm was taken, so millimetres are approximate."
        )
    return " ".join(sentences)
