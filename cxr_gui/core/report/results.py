"""The sections about the sweep: what was asked, what came out, and whether it can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from cxr_gui.core.base import published
from cxr_gui.core.base.fields import spoken_fields
from cxr_gui.core.base.metrics import share, wilson
from cxr_gui.core.base.units import from_pixel
from cxr_gui.core.base.wording import NONE, percent
from cxr_gui.core.report import charts, proven
from cxr_gui.core.report.blocks import FAIL, PASS, Block, Illustration, Paragraph, Section, Table
from cxr_gui.core.report.drawing import once
from cxr_gui.core.report.source import ReportSource
from cxr_gui.core.report.tables import Columns, columns_of, notes_of, plain_text, point_table
from cxr_gui.core.report.wording import (
    counted,
    listed,
    model_units,
    sentence_case,
    spaced,
)
from cxr_gui.core.sweep import Point, SweepResult

VERDICTS = {"Passed": PASS, "Failed": FAIL, "Not made": "not made"}


def question(sources: Sequence[ReportSource]) -> Section:
    """What the attacker may do, and does; of others what differs from the first."""
    first = sources[0].sweep
    blocks = [
        Paragraph(
            "The attacker knows the classifier with all its weights (white box) and wants to turn a right "
            f"decision into a wrong one. {first.attack.norm.words}, and the image stays between black and "
            f"white. {first.threat_words}"
        ),
        Paragraph(f"The attack is {attack_words(first)}"),
    ]
    for source in sources[1:]:
        result = source.sweep
        if (result.attack.name, result.attack.parameters()) != (first.attack.name, first.attack.parameters()):
            blocks.append(Paragraph(f"Sweep {source.number} attacks with {attack_words(result)}"))
        if (result.threat, result.channels) != (first.threat, first.channels):
            words = f"Sweep {source.number}: {result.threat_words} {_other_threat(first, result)}"
            blocks.append(Paragraph(words))
    return Section("Threat model and attack", tuple(blocks))


def _other_threat(first: SweepResult, result: SweepResult) -> str:
    """What that means for the comparison with the first sweep."""
    if result.channels == first.channels == 1:
        return "So it asks the same question as sweep 1."
    return (
        f"Its threat model is {result.threat_title}, that of sweep 1 {first.threat_title}: they ask "
        "different questions, and a difference between them is partly one of threat model."
    )


def constant_words(result: SweepResult) -> str:
    """How a classifier does that looks at no image."""
    name, count = result.constant
    right = percent(share(count, len(result.labels)))
    return (
        f"The constant answer {name} is right for {right} of the images at every epsilon "
        "(balanced accuracy 50.0 %)"
    )


def attack_words(result: SweepResult) -> str:
    """The attack, how it works, its settings, and what its kind can claim."""
    attack = result.attack
    settings = [f"{name} {value}" for name, value in spoken_fields(attack).items()]
    sentences = [f"{attack.title}. {attack.summary}."]
    if settings:
        sentences.append(f"Its settings: {', '.join(settings)}.")
    if attack.single_step:
        sentences.append(
            "It takes a single step, so what it leaves standing is an upper bound: an attack that searches "
            "longer within the same epsilon can do more."
        )
    if result.descending:
        sentences.append(
            "It went from the largest epsilon down. An image that resisted at one was not attacked anew at "
            "smaller ones, whose balls lie inside: there the worst image found of it was shrunk."
        )
    return " ".join(sentences)


def robustness(sources: Sequence[ReportSource]) -> Section:
    """Accuracy versus epsilon in tables, with a chart where the first page shows several, and how it compares
    with the published values.
    """
    blocks: list[Block] = []
    for source in sources:
        result = source.sweep
        remark = comparison(result)[1]
        whose = f"Sweep {source.number}." if source.number else ""
        blocks.append(Paragraph(spaced(remark), lead=whose))
        if source.number:
            chart = chart_of(result)
            blocks.append(Illustration(chart, f"Accuracy{source.whose} versus epsilon.", width=0.8))
        blocks += [
            accuracy_table(result, whose=source.whose),
            _attack_table(result, source.whose),
            _ranking_table(result, source.whose),
        ]
    return Section("Accuracy under attack", tuple(blocks))


@once
def chart_of(result: SweepResult) -> Figure:
    """The chart of one sweep, with the published points where they may stand beside it."""
    return charts.accuracy_chart([result], published=comparison(result)[0])


def comparison(result: SweepResult) -> tuple[bool, str]:
    """Whether the published values may stand beside these, and sentences on how they compare or why not."""
    reasons = result.unlike_published
    pairs = [(point, value) for point in result.points if (value := _published(point)) is not None]
    if reasons or not pairs:
        why = listed(reasons) if reasons else "no epsilon is one of the published ones"
        return False, f"The published values do not stand beside these; they cannot be compared: {why}."
    point, value = max(pairs, key=lambda pair: abs(pair[0].accuracy - pair[1]))
    remark = (
        "Architecture, recipe, images, attack and threat model are those of the published study. The "
        f"largest difference from its accuracy is {100 * (point.accuracy - value):+.1f} percentage points, "
        f"at epsilon {model_units(point.epsilon)}."
    )
    first = charts.ordered(result)[0]
    if first.epsilon == 0:
        remark += (
            f" At epsilon 0 the published sensitivity is {100 * published.SENSITIVITY:.0f} % and the "
            f"specificity {100 * published.SPECIFICITY:.0f} %; here they are {percent(first.sensitivity)} "
            f"and {percent(first.specificity)}."
        )
    return True, remark


def accuracy_table(result: SweepResult, further: Columns | None = None, whose: str = "") -> Table:
    """Accuracy, balanced accuracy, sensitivity and specificity at each epsilon and of the constant answer,
    with the published accuracy where comparable, and further columns.
    """
    columns: Columns = {}
    for heading, write in columns_of("decisions").items():
        columns[heading] = write
        if heading == "Balanced" and comparison(result)[0]:
            columns["Published"] = _published_words
    return point_table(
        result,
        columns | (further or {}),
        f"Accuracy{whose} of {counted(len(result.labels), 'image')} with Wilson 95 % intervals, at epsilon "
        f"in model units; threat model {result.threat_title}.{notes_of('decisions')}",
        last=constant_row(result),
    )


def constant_row(result: SweepResult) -> dict[str, str]:
    """The cells of the constant answer by column, in tables whose other rows are epsilons."""
    name, count = result.constant
    n = len(result.labels)
    sides = (percent(1.0), percent(0.0))
    sensitivity, specificity = sides if name == result.classes[1] else sides[::-1]
    return {
        "Epsilon": "constant",
        "Accuracy": percent(share(count, n), wilson(count, n)),
        "Balanced": percent(0.5),
        "Sensitivity": sensitivity,
        "Specificity": specificity,
    }


def _attack_table(result: SweepResult, whose: str) -> Table:
    return point_table(
        result,
        columns_of("attack", result.points),
        f"What the attack{whose} does to the same images. Attack success counts the "
        f"{result.points[0].attacked} that were right at epsilon 0.{notes_of('attack', result.points)}",
    )


def _ranking_table(result: SweepResult, whose: str) -> Table:
    return point_table(
        result,
        columns_of("ranking"),
        f"Ranking and probabilities{whose}, of the same images, with bootstrap 95 % intervals."
        + notes_of("ranking"),
    )


def trust(sources: Sequence[ReportSource]) -> Section:
    """Can these numbers be trusted? Each check with its verdict."""
    blocks: list[Block] = [
        Paragraph(
            "An attack that does not work makes a classifier look robust. These checks look for the known "
            "signs of that. A failed one says what has to be read with care; one that could not be made has "
            "not passed."
        )
    ]
    for source in sources:
        checks = source.sweep.checks
        if checks:
            rows = tuple(
                (sentence_case(check.name), VERDICTS[check.verdict], spaced(check.sentence))
                for check in checks
            )
            blocks.append(Table(("Check", "Verdict", "What was found"), rows, f"Trust checks{source.whose}."))
        else:
            which = f"Sweep {source.number}" if source.number else "The sweep"
            blocks.append(Paragraph(f"{which} ran no trust checks: they need it to be complete."))
    return Section("Trust checks", tuple(blocks))


def table_text(result: SweepResult) -> str:
    """`accuracy_table` as text for a terminal, how it compares with the published values, what is proven."""
    written = [plain_text(accuracy_table(result, proven.CERTIFIED if result.certified is not None else None))]
    written += [f"{constant_words(result)}.", comparison(result)[1], proven.proof_summary(result)]
    return "\n".join(filter(None, written))


def _published_words(point: Point) -> str:
    return NONE if (value := _published(point)) is None else percent(value)


def _published(point: Point) -> float | None:
    return published.accuracy_at(from_pixel(point.epsilon, "model"))
