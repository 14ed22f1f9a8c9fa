"""The first page, which stands alone: the question, the answer in a chart and numbers, and its limits."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cxr_gui.core.base.units import describe_epsilon
from cxr_gui.core.base.wording import NONE, percent
from cxr_gui.core.models import population_sentence
from cxr_gui.core.report import charts, proven
from cxr_gui.core.report.blocks import Block, Illustration, KeyNumber, KeyNumbers, Paragraph, Section, Table
from cxr_gui.core.report.compared import classifier_name, difference_in_words, legends
from cxr_gui.core.report.results import chart_of, constant_words
from cxr_gui.core.report.source import ReportSource
from cxr_gui.core.report.wording import counted, epsilon_range, grey_levels, listed, model_units
from cxr_gui.core.sweep import Comparison, SweepResult

NOT_EXAMINED = (
    "Not examined: attackers who do not know the weights, changes made before the image was digitised, and "
    "changes that are not small in every pixel, such as {}."
)
UNITS = "Brackets hold 95 % intervals; epsilon is in model units, and in grey levels as n/255."


def first_page(source: ReportSource, *, shifted: bool = False) -> Section:
    """Of one sweep. shifted: what shifts do has a section of its own."""
    result = source.sweep
    attacked = int(result.labels.sum())
    negative, positive = result.classes
    asked = (
        "How far can this chest radiograph classifier be trusted when someone, or noise, nudges its input? "
        f"It decides between {negative} (negative) and {positive} (positive). "
        f"{counted(len(result.labels), 'radiograph')}{source.of_data} were attacked with "
        f"{result.attack_title}: {len(result.labels) - attacked} {negative} and {attacked} {positive}. "
        f"The threat model is {result.threat_title}."
    )
    caption = (
        "Accuracy versus epsilon, of all images, and balanced accuracy, with both classes weighted equally. "
        "The bands are 95 % intervals."
    )
    if result.vacuous is False:
        caption += " Certified is what no attack can break; what is hatched above it is undecided."
    blocks: list[Block] = [
        Paragraph(asked, lead="Question."),
        key_numbers(result),
        Illustration(chart_of(result), caption),
        Paragraph(answer(result), lead="Answer."),
        Paragraph(" ".join(_limits([source], shifted=shifted)), lead="What this does not show."),
    ]
    return Section("Summary", tuple(blocks))


def first_page_of_all(
    compared: Comparison, sources: Sequence[ReportSource], *, shifted: bool = False
) -> Section:
    """Of several sweeps: the numbers of each, and how they differ from the first."""
    negative, positive = compared.reference.classes
    asked = (
        "How far can these chest radiograph classifiers be trusted when someone, or noise, nudges their "
        f"input? They decide between {negative} (negative) and {positive} (positive). "
        f"{counted(len(compared.reference.labels), 'radiograph')}, the same for each of {len(sources)} "
        "sweeps, were attacked."
    )
    differences = [compared.differences(number) for number in range(1, len(sources))]
    sentences = [
        f"{difference_in_words(number, *found[-1])}."
        for number, found in enumerate(differences, start=2)
        if found
    ]
    sentences.append("Differences are paired, image by image, and in percentage points.")
    blocks: list[Block] = [
        Paragraph(asked, lead="Question."),
        _numbers_of_all(compared, sources),
        Illustration(
            charts.accuracy_chart(compared.sweeps, names=legends(sources), controls=False),
            "Accuracy, and balanced accuracy, of each sweep versus epsilon on the same "
            f"{len(compared.reference.labels):,} images, with 95 % intervals. Since the images are the same, "
            "bands may overlap where the difference is beyond doubt.",
        ),
        Paragraph(" ".join([*sentences, UNITS]), lead="Answer."),
        Paragraph(" ".join(_limits(sources, shifted=shifted)), lead="What this does not show."),
    ]
    return Section("Summary", tuple(blocks))


def key_numbers(result: SweepResult) -> KeyNumbers:
    """The three numbers that answer: without the attack, under it, and how much it takes."""
    points = charts.ordered(result)
    first, last = points[0], points[-1]
    without = "without an attack" if first.epsilon == 0 else f"at epsilon {describe_epsilon(first.epsilon)}"
    tested = f"at every epsilon tested up to {describe_epsilon(last.epsilon)}"
    return KeyNumbers(
        (
            KeyNumber(
                percent(first.accuracy),
                f"of decisions are right {without}",
                _detail(percent(first.accuracy, first.accuracy_ci), first.balanced_accuracy),
            ),
            KeyNumber(
                percent(last.unbroken),
                f"are right {tested} under {result.attack_title}",
                _detail(percent(last.unbroken, last.unbroken_ci), last.unbroken_balanced),
            ),
            _reach(result),
        )
    )


def _detail(written: str, balanced: float) -> str:
    """The interval of a share, and its balanced sister."""
    return " · ".join(filter(None, [written.partition("(")[2].rstrip(")"), f"balanced {percent(balanced)}"]))


def _reach(result: SweepResult) -> KeyNumber:
    """How far the right decisions are proven, or else what it takes to flip them, or what noise does."""
    largest = describe_epsilon(float(result.epsilons.max()))
    if result.vacuous is False and result.median_certified > 0:
        return KeyNumber(
            model_units(result.median_certified),
            "is the epsilon up to which half of the right decisions are proven",
            _levels(result.median_certified, result.median_certified_ci),
        )
    if math.isfinite(result.median_critical):
        return KeyNumber(
            model_units(result.median_critical),
            "is the epsilon by which half of the right decisions have flipped",
            _levels(result.median_critical, result.median_critical_ci),
        )
    if result.critical is not None and result.right_at_start.any():
        return KeyNumber(
            f"> {largest.partition(' ')[0]}", "is what it takes to flip half of the right decisions"
        )
    last = charts.ordered(result)[-1]
    return KeyNumber(
        percent(last.noise_accuracy),
        f"are right under random noise of epsilon {largest}",
        percent(last.noise_accuracy, last.noise_accuracy_ci).partition("(")[2].rstrip(")"),
    )


def _levels(epsilon: float, interval: tuple[float, float]) -> str:
    return f"{grey_levels(epsilon)}/255{epsilon_range(interval).replace(' (', ' · ').rstrip(')')}"


def answer(result: SweepResult) -> str:
    """What came out, in a few sentences."""
    points = charts.ordered(result)
    first, last = points[0], points[-1]
    opening = (
        f"Under {result.attack_title} with epsilon {describe_epsilon(last.epsilon)}, accuracy goes from "
        f"{percent(first.accuracy)} to {percent(last.accuracy, last.accuracy_ci)} and balanced accuracy from "
        f"{percent(first.balanced_accuracy)} to "
        f"{percent(last.balanced_accuracy, last.balanced_accuracy_ci)}."
    )
    sentences = [opening]
    if last.unbroken + 0.5 / max(last.n, 1) < last.accuracy:  # by an image at least
        sentences.append(
            f"Only {percent(last.unbroken, last.unbroken_ci)} of the images are not broken by any epsilon "
            f"tested up to that one (balanced {percent(last.unbroken_balanced, last.unbroken_balanced_ci)}): "
            "the attack overshoots, so its own accuracy flatters the classifier."
        )
    if not math.isnan(last.noise_accuracy):
        noise = f"Random noise of that epsilon ({last.noise_kind})"
        sentences.append(f"{noise} leaves {percent(last.noise_accuracy, last.noise_accuracy_ci)}.")
    if first.n:
        sentences.append(f"{constant_words(result)}.")
    if math.isfinite(result.median_critical):
        sentences.append(
            "Half of the decisions that were right have flipped by epsilon "
            f"{describe_epsilon(result.median_critical)}{epsilon_range(result.median_critical_ci)}."
        )
    sentences += filter(None, [proven.proof_summary(result)])
    failed = [f"“{check.name}”" for check in result.checks if not check.passed]
    if failed:
        sentences.append(
            f"Not every trust check passes: read what is said about {listed(failed)} before quoting."
        )
    elif result.checks:
        sentences.append(f"All {len(result.checks)} trust checks pass.")
    return " ".join([*sentences, UNITS])


def _limits(sources: Sequence[ReportSource], *, shifted: bool) -> list[str]:
    """What nobody may read into the numbers."""
    floor = any(source.sweep.vacuous is False for source in sources)
    sentences = [
        NOT_EXAMINED.format("a burned-in mark" if shifted else "a shift or a burned-in mark"),
        "The numbers hold for these images and these attacks; a stronger attack can only lower them"
        + (", though not below what is certified." if floor else "."),
        *(population_sentence(s.classifier.card.data) for s in sources if s.classifier is not None),
    ]
    if not all(source.sweep.complete for source in sources):
        which = "The sweep was" if len(sources) == 1 else "At least one sweep was"
        sentences.append(
            f"{which} stopped before its end. The images it covers were drawn at random, so the numbers are "
            "fair but less certain than they could be."
        )
    untrusted = [str(s.number) for s in sources if any(not check.passed for check in s.sweep.checks)]
    if len(sources) > 1 and untrusted:
        plural = "s" if len(untrusted) > 1 else ""
        sentences.append(f"Not every trust check of sweep{plural} {listed(untrusted)} passes.")
    return list(dict.fromkeys(filter(None, sentences)))


def _numbers_of_all(compared: Comparison, sources: Sequence[ReportSource]) -> Table:
    """A row for each sweep: the same numbers as of one, on the images that all attacked."""
    proofs = any(result.certified is not None for result in compared.sweeps)
    numeric = ["Without an attack", "At every epsilon tested", "Half flipped by"]
    numeric += ["Half proven up to"] if proofs else []
    rows = []
    for source, result in zip(sources, compared.sweeps, strict=True):
        points = charts.ordered(result)
        first, last = points[0], points[-1]
        row = [
            str(source.number),
            classifier_name(source),
            result.attack_title,
            percent(first.accuracy, first.accuracy_ci),
            percent(last.unbroken, last.unbroken_ci),
            _flipped(result),
            *([_proven(result)] if proofs else []),
        ]
        rows.append(tuple(row))
    caption = (
        "Right decisions without an attack and at every epsilon tested, and the epsilon (model units) by "
        f"which half of the right decisions have flipped ({NONE}: by none tested)"
    )
    if proofs:
        caption += f" or within which no attack at all can change half of them ({NONE}: no proof looked for)"
    columns = ("Sweep", "Classifier", "Attack", *numeric)
    return Table(columns, tuple(rows), f"{caption}.", frozenset(numeric))


def _flipped(result: SweepResult) -> str:
    if not math.isfinite(result.median_critical):
        return NONE
    return model_units(result.median_critical) + epsilon_range(result.median_critical_ci)


def _proven(result: SweepResult) -> str:
    """The median certified radius; that of a vacuous bound would be read as fragility."""
    if result.certified is None:
        return NONE
    if result.vacuous:
        return "vacuous"
    return model_units(result.median_certified) + epsilon_range(result.median_certified_ci)
