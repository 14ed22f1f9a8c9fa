"""The sections about the sweep: what was asked, what came out, and whether it may be believed."""

from __future__ import annotations

import math

from cxr_gui.core.base import published
from cxr_gui.core.base.metrics import share, wilson
from cxr_gui.core.base.units import describe_epsilon, from_pixel
from cxr_gui.core.base.wording import NONE, percent
from cxr_gui.core.report import charts, proven
from cxr_gui.core.report.blocks import FAIL, PASS, Block, Illustration, Paragraph, Section, Table
from cxr_gui.core.report.tables import Columns, columns_of, notes_of, plain_text, point_table
from cxr_gui.core.report.wording import (
    counted,
    epsilon_range,
    listed,
    model_units,
    sentence_case,
    spaced,
)
from cxr_gui.core.sweep import Point, SweepResult

INTERVALS = (
    "Each interval is at 95 % by itself: of twenty side by side, one is expected to miss the truth. "
    "Wilson's, and that of balanced accuracy, which is made of them, take every film for independent and are "
    "too narrow where patients have several; the bootstrap draws whole patients."
)


VERDICTS = {"Passed": PASS, "Failed": FAIL, "Not made": "not made"}


def summary(result: SweepResult) -> Section:
    """The whole report in a few sentences."""
    points = charts.ordered(result)
    first, last = points[0], points[-1]
    opening = (
        f"Of {counted(first.n, 'radiograph')}, the classifier decides "
        f"{percent(first.accuracy, first.accuracy_ci)} rightly at epsilon {model_units(first.epsilon)} "
        f"(balanced accuracy {percent(first.balanced_accuracy, first.balanced_accuracy_ci)}). "
        f"Under {result.attack_title} with epsilon {describe_epsilon(last.epsilon)} this becomes "
        f"{percent(last.accuracy, last.accuracy_ci)} "
        f"(balanced {percent(last.balanced_accuracy, last.balanced_accuracy_ci)})."
    )
    sentences = [opening]
    if last.unbroken + 0.5 / max(last.n, 1) < last.accuracy:  # by an image at least
        sentences.append(
            f"Only {percent(last.unbroken, last.unbroken_ci)} are not broken by any epsilon tested up to "
            f"that one (balanced {percent(last.unbroken_balanced, last.unbroken_balanced_ci)}): the attack "
            "overshoots, so that its own accuracy flatters the classifier."
        )
    if first.n:
        sentences.append(f"{constant_words(result)}.")
    if not math.isnan(last.noise_accuracy):
        noise = f"Random noise of that epsilon ({last.noise_kind})"
        sentences.append(f"{noise} leaves {percent(last.noise_accuracy, last.noise_accuracy_ci)}.")
    if math.isfinite(result.median_critical):
        sentences.append(
            "Half of the decisions that were right flip by epsilon "
            f"{describe_epsilon(result.median_critical)}{epsilon_range(result.median_critical_ci)}."
        )
    sentences += filter(None, [proven.proof_summary(result)])
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
                f"decision to become a wrong one. {result.attack.norm.words}, and the image stays between "
                f"black and white. {result.threat_words}"
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


def constant_words(result: SweepResult) -> str:
    """How a classifier does that looks at no image."""
    name, count = result.constant
    right = percent(share(count, len(result.labels)))
    return f"The constant answer {name} is right for {right} at every epsilon (balanced accuracy 50.0 %)"


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
    if result.descending:
        sentences.append(
            "It went from the largest epsilon down. An image that resisted at one was not attacked anew at "
            "smaller ones, whose balls lie inside: there the worst image found of it was shrunk."
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
            Paragraph(INTERVALS),
            Illustration(
                charts.accuracy_chart([result], published=comparable),
                "Accuracy versus epsilon, counting all images, and balanced accuracy, counting both classes "
                "alike. The bands are 95 % intervals. Not broken counts an image as wrong once any tested "
                "epsilon up to x broke it; the control replaces the attack by random noise of plus or minus "
                "epsilon, of the kind that does most harm to the first images: signs by chance for each "
                "pixel, for blocks of 2 to 32 pixels, or for the whole film; the level line is the constant "
                "answer." + ("" if result.vacuous is not False else proven.CAPTION),
                width=0.9,
            ),
            _attack_table(result),
            _ranking_table(result),
        ),
    )


def comparison(result: SweepResult) -> tuple[bool, str]:
    """Whether the published values may stand beside these, and sentences on how they compare or why not."""
    reasons = result.unlike_published
    pairs = [(point, value) for point in result.points if (value := _published(point)) is not None]
    if reasons or not pairs:
        why = listed(reasons) if reasons else "no epsilon is one of the published ones"
        return False, f"The published values are not set beside these, which cannot be compared: {why}."
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


def accuracy_table(result: SweepResult, further: Columns | None = None) -> Table:
    """Accuracy, balanced accuracy, sensitivity and specificity at each epsilon and of the constant answer,
    with the published accuracy where comparable, and further columns.
    """
    columns: Columns = {}
    for heading, write in columns_of("decisions").items():
        columns[heading] = write
        if heading == "Balanced" and comparison(result)[0]:
            columns["Published"] = _published_words
    columns |= further or {}
    negative, positive = result.classes
    return point_table(
        result,
        columns,
        f"Accuracy of {counted(len(result.labels), 'image')} with Wilson 95 % intervals, at epsilon in "
        f"model units; threat model {result.threat_title}. Sensitivity is the share of {positive}, "
        f"specificity the share of {negative} that is decided rightly; balanced accuracy is their mean, its "
        f"interval made of theirs (Newcombe's square-and-add). {constant_words(result)}."
        + notes_of("decisions"),
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


def _attack_table(result: SweepResult) -> Table:
    return point_table(
        result,
        columns_of("attack"),
        "What the attack does to the same images. Random noise: accuracy under the strongest kind of it. Not "
        "broken: right at every tested epsilon up to this one, of all images and as the mean of both "
        f"classes; attack success counts the {result.points[0].attacked} that were right at epsilon 0."
        + notes_of("attack"),
    )


def _ranking_table(result: SweepResult) -> Table:
    return point_table(
        result,
        columns_of("ranking"),
        "Ranking and probabilities of the same images, with 95 % intervals of a bootstrap, grouped by "
        "patient where patients are known. Where the classes are told apart perfectly no resample knows "
        f"better, and the interval ends at the exact limit for so many patients.{notes_of('ranking')}",
    )


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
    """`accuracy_table` as text for a terminal, how it compares with the published values, what is proven."""
    written = [plain_text(accuracy_table(result, proven.CERTIFIED if result.certified is not None else None))]
    written += [f"{constant_words(result)}.", comparison(result)[1], proven.proof_summary(result)]
    return "\n".join(filter(None, written))


def _published_words(point: Point) -> str:
    return NONE if (value := _published(point)) is None else percent(value)


def _published(point: Point) -> float | None:
    return published.accuracy_at(from_pixel(point.epsilon, "model"))
