"""The sections about the sweep: what was asked, what came out, and whether it may be believed."""

from __future__ import annotations

import math
from collections.abc import Callable

from cxr_gui.core import published
from cxr_gui.core.report import charts
from cxr_gui.core.report.blocks import FAIL, PASS, Block, Illustration, Paragraph, Section, Table
from cxr_gui.core.report.wording import (
    NONE,
    counted,
    grey_levels,
    listed,
    model_units,
    number,
    percent,
    sentence_case,
    spaced,
    under_noise,
)
from cxr_gui.core.sweeping.points import Point
from cxr_gui.core.sweeping.sweep_result import SweepResult
from cxr_gui.core.units import describe, from_pixel

THREATS = {
    "rgb": (
        "The three channels that the network sees are perturbed independently (threat model rgb, the "
        "published setting). A radiograph has a single grey channel, so such an image is no longer one."
    ),
    "grey": (
        "One perturbation is shared by all channels (threat model grey), so the perturbed image is still a "
        "radiograph."
    ),
}


VERDICTS = {"Passed": PASS, "Failed": FAIL, "Not made": "not made"}


def summary(result: SweepResult) -> Section:
    """The whole report in a few sentences."""
    points = charts.ordered(result)
    first, last = points[0], points[-1]
    opening = (
        f"Of {counted(first.n, 'radiograph')}, the classifier decides "
        f"{percent(first.accuracy, first.accuracy_ci)} rightly at epsilon {model_units(first.epsilon)}. "
        f"Under {result.attack_title} with epsilon {describe(last.epsilon)} this becomes "
        f"{percent(last.accuracy, last.accuracy_ci)}."
    )
    sentences = [opening]
    if not math.isnan(last.noise_accuracy):
        noise = f"Random noise of that epsilon ({last.noise_kind})"
        sentences.append(f"{noise} leaves {percent(last.noise_accuracy)}.")
    if math.isfinite(result.median_critical):
        sentences.append(
            f"Half of the decisions that were right flip by epsilon {describe(result.median_critical)}."
        )
    sentences.append("Brackets hold 95 % intervals; epsilon is in model units, and in grey levels as n/255.")
    failed = [f"“{check.name}”" for check in result.checks if not check.passed]
    if failed:
        sentences.append(
            f"Not every trust check passes: see what is said about {listed(failed)} before quoting."
        )
    elif result.checks:
        sentences.append(f"All {len(result.checks)} trust checks pass.")
    if not result.complete:
        sentences.append(
            "The sweep was stopped before its end. The images it covers were drawn at random, so the "
            "numbers are fair but less certain than they could be."
        )
    return Section("Summary", (Paragraph(" ".join(sentences)),))


def question(result: SweepResult) -> Section:
    """Question and threat model, in words."""
    return Section(
        "Question and threat model",
        (
            Paragraph(
                "How far can this chest radiograph classifier be trusted when someone, or noise, nudges "
                f"its input? It decides between {result.classes[0]} (negative) and {result.classes[1]} "
                f"(positive)."
            ),
            Paragraph(
                "The attacker knows the classifier with all its weights (white box) and wants a right "
                "decision to become a wrong one. Every pixel may change by at most epsilon (an "
                f"L-infinity ball), and the image stays between black and white. "
                f"{THREATS.get(result.threat, '')}"
            ),
            Paragraph(f"The attack is {attack_words(result)}"),
            Paragraph(
                "Epsilon is given in model units, for images in [-1, 1]. Half of it is the change in "
                "pixel units (images in 0..1), and 127.5 times it is the change in grey levels of an "
                "8-bit image, written n/255: epsilon 0.01 is 1.28/255."
            ),
            Paragraph(
                "Not examined here: attackers who do not know the weights, changes made before the image "
                "was digitised, and changes that are not small in every pixel, such as a shift or a "
                "burned-in mark."
            ),
        ),
    )


def attack_words(result: SweepResult) -> str:
    """The attack, how it works, its settings, and what its kind can claim."""
    attack = result.attack
    settings = [f"{name.replace('_', ' ')} {value}" for name, value in attack.parameters().items()]
    sentences = [f"{attack.title}. {attack.summary}."]
    if settings:
        sentences.append(f"Its settings: {', '.join(settings)}.")
    if attack.single_step:
        sentences.append(
            "It takes a single step, so what it leaves standing is an upper bound: an attack that searches "
            "longer within the same epsilon can do more."
        )
    return " ".join(sentences)


def robustness(result: SweepResult) -> Section:
    """Accuracy versus epsilon: chart, tables, and how it compares with the published values."""
    comparable, remark = comparison(result)
    return Section(
        "Accuracy under attack",
        (
            Paragraph(spaced(remark)),
            accuracy_table(result),
            Illustration(
                charts.accuracy_chart([result], published=comparable),
                "Accuracy versus epsilon, counting all images. The band is the Wilson 95 % interval. The "
                "dotted line counts an image as wrong once any tested epsilon up to x broke it; the "
                "dashed one replaces the attack by random noise of plus or minus epsilon, of the kind that "
                "does most harm to the first images: signs by chance for each pixel, for blocks of 2 to 32 "
                "pixels, or for the whole film.",
                width=0.9,
            ),
            _details_table(result),
        ),
    )


def comparison(result: SweepResult) -> tuple[bool, str]:
    """Whether the published values may stand beside these, and sentences on how they compare or why not."""
    positive = int(result.labels.sum())
    reasons = published.differences(
        attack=result.attack.name,
        threat=result.threat,
        negative=len(result.labels) - positive,
        positive=positive,
    )
    pairs = [(point, value) for point in result.points if (value := _published(point)) is not None]
    if reasons or not pairs:
        why = listed(reasons) if reasons else "no epsilon is one of the published ones"
        return False, f"The published values are not set beside these, which cannot be compared: {why}."
    point, value = max(pairs, key=lambda pair: abs(pair[0].accuracy - pair[1]))
    remark = (
        f"Attack, threat model and numbers of images are those of the published study. The largest "
        f"difference from its accuracy is {100 * (point.accuracy - value):+.1f} percentage points, at "
        f"epsilon {model_units(point.epsilon)}."
    )
    first = charts.ordered(result)[0]
    if first.epsilon == 0:
        remark += (
            f" At epsilon 0 the published sensitivity is {100 * published.SENSITIVITY:.0f} % and the "
            f"specificity {100 * published.SPECIFICITY:.0f} %; here they are {percent(first.sensitivity)} "
            f"and {percent(first.specificity)}."
        )
    return True, remark


def accuracy_table(result: SweepResult) -> Table:
    """Accuracy, sensitivity and specificity at each epsilon, with the published accuracy where comparable."""
    columns: dict[str, Callable[[Point], str]] = {
        "Epsilon": lambda point: model_units(point.epsilon),
        "n/255": lambda point: grey_levels(point.epsilon),
        "Accuracy": lambda point: percent(point.accuracy, point.accuracy_ci),
        "Published": lambda point: NONE if (value := _published(point)) is None else percent(value),
        "Sensitivity": lambda point: percent(point.sensitivity, point.sensitivity_ci),
        "Specificity": lambda point: percent(point.specificity, point.specificity_ci),
    }
    if not comparison(result)[0]:
        del columns["Published"]
    negative, positive = result.classes
    return _point_table(
        result,
        columns,
        f"Accuracy of {counted(len(result.labels), 'image')} with Wilson 95 % intervals, at epsilon in "
        f"model units. Sensitivity is the share of {positive}, specificity the share of {negative} that "
        f"is decided rightly.",
    )


def _details_table(result: SweepResult) -> Table:
    columns: dict[str, Callable[[Point], str]] = {
        "Epsilon": lambda point: model_units(point.epsilon),
        "AUROC": lambda point: number(point.auroc, point.auroc_ci),
        "Attack success": lambda point: percent(point.attack_success, point.attack_success_ci),
        "Not broken": lambda point: percent(1 - point.broken_by_smaller),
        "Random noise": under_noise,
        "MCC": lambda point: number(point.mcc, digits=2),
        "Calibration": lambda point: number(point.ece),
    }
    return _point_table(
        result,
        columns,
        f"More about the same images. Attack success counts the {result.points[0].attacked} that were "
        f"right at epsilon 0; AUROC intervals are a bootstrap of 95 %, grouped by patient where patients "
        "are known; not broken: right at every tested epsilon up to this one; random noise: accuracy "
        "under the strongest kind of it; MCC: Matthews correlation coefficient; calibration: expected "
        "calibration error.",
    )


def _point_table(result: SweepResult, columns: dict[str, Callable[[Point], str]], caption: str) -> Table:
    rows = tuple(tuple(write(point) for write in columns.values()) for point in charts.ordered(result))
    return Table(tuple(columns), rows, caption, numeric=frozenset(columns))


def trust(result: SweepResult) -> Section:
    """May these numbers be believed? Each check with its verdict."""
    if not result.checks:
        return Section(
            "Trust checks", (Paragraph("The sweep ran no trust checks: they need it to be complete."),)
        )
    rows = tuple(
        (sentence_case(check.name), VERDICTS[check.verdict], spaced(check.sentence))
        for check in result.checks
    )
    blocks: tuple[Block, ...] = (
        Paragraph(
            "An attack that does not work makes a classifier look robust. These checks look for the "
            "known signs of that; a failed one says what has to be read with care, and one that could not be "
            "made has not passed."
        ),
        Table(("Check", "Verdict", "What was found"), rows, "Trust checks."),
    )
    return Section("Trust checks", blocks)


def table_text(result: SweepResult) -> str:
    """`accuracy_table` as text for a terminal, and how it compares with the published values."""
    table = accuracy_table(result)
    lines = [table.columns, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    written = [
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
    ]
    return "\n".join([*written, comparison(result)[1]])


def _published(point: Point) -> float | None:
    return published.accuracy_at(from_pixel(point.epsilon, "model"))
