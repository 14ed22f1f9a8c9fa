"""The section from below: how far it is proven that no attack can change the decisions."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cxr_gui.core.base.units import describe_epsilon
from cxr_gui.core.base.wording import duration, percent
from cxr_gui.core.report.blocks import Block, Paragraph, Section
from cxr_gui.core.report.source import ReportSource
from cxr_gui.core.report.tables import Columns, columns_of, notes_of, plain_text, point_table
from cxr_gui.core.report.wording import counted, epsilon_range
from cxr_gui.core.sweep import SweepResult
from cxr_gui.core.training import RECIPES

BRACKET = columns_of("bracket")
CERTIFIED = {name: BRACKET[name] for name in ("Certified", "Certified, balanced", "Undecided")}
"""What stands beside the accuracy in a terminal."""

BALANCED = "Not broken, balanced"

METHOD = (
    "The whole ball of radius epsilon around each image is pushed through the network at once: every value "
    "in the network gets limits that it cannot pass, by {method}. Where even the worst limit of the logit is "
    "on the right side of the threshold, no attack within epsilon, known or not, can change the decision; "
    "the largest such epsilon, found by bisection, is the image's certified radius. The bounds hold for the "
    "exact function of the network, and a margin must have {slack:g} logits to spare, which is far more than "
    "the rounding errors of those who run it."
)


def bracket(sources: Sequence[ReportSource]) -> Section | None:
    """Certified, undecided and broken at each epsilon; None when no certificate was asked for."""
    proofs = [source for source in sources if source.sweep.certified is not None]
    if not proofs:
        return None
    blocks: list[Block] = [Paragraph("How far is it proven that no attack can change the decisions?")]
    methods: set[str] = set()
    for source in proofs:
        result = source.sweep
        method = METHOD.format(**{"method": "bounds", "slack": math.nan, **_certificate(result)})
        if method not in methods:
            methods.add(method)
            blocks.append(Paragraph(method))
        if source.number:  # of one alone the first page says it
            blocks.append(Paragraph(proof_summary(result), lead=f"Sweep {source.number}."))
        blocks.append(
            point_table(
                result,
                {**BRACKET, BALANCED: columns_of("attack")[BALANCED]},
                f"The bracket{source.whose}: {counted(len(result.labels), 'image')}, with Wilson 95 % "
                f"intervals; broken under {result.attack_title}. The true balanced accuracy under the "
                "strongest attack there is lies between the two balanced columns." + notes_of("bracket"),
            )
        )
    return Section("Proven robustness", tuple(blocks))


def proof_summary(result: SweepResult) -> str:
    """What the certificate says, in sentences; "" when none was asked for."""
    if result.certified is None:
        return ""
    sentences = []
    if result.vacuous:
        sentences.append(_vacuous(result))
    else:
        point = max((point for point in result.points if point.certified_accuracy), key=lambda p: p.epsilon)
        sentences.append(
            f"Within epsilon {describe_epsilon(point.epsilon)}, "
            f"{percent(point.certified_accuracy, point.certified_accuracy_ci)} of the decisions are right "
            f"and proven (balanced {percent(point.certified_balanced, point.certified_balanced_ci)}); "
            f"{percent(point.undecided, point.undecided_ci)} are undecided."
        )
    if result.median_certified > 0 and not result.vacuous:
        sentences.append(
            "Half of the right decisions are proven up to epsilon "
            f"{describe_epsilon(result.median_certified)}{epsilon_range(result.median_certified_ci)}."
        )
    if len(result.contradicted):
        sentences.append(
            f"The certificate does not hold: {counted(len(result.contradicted), 'image')} broken inside "
            "the certified radius. The bounds or the attacked logits are in error; do not quote either."
        )
    return " ".join(sentences)


def _vacuous(result: SweepResult) -> str:
    """That the bound says nothing, and why, lest it be read as fragility."""
    recipe = str(result.about.get("recipe", "")).partition(",")[0]
    if recipe in RECIPES and RECIPES[recipe].bounded:
        why = "although the classifier was trained with bounds: the epsilons may be too large for it"
    elif recipe in RECIPES:
        why = f"because the classifier was trained by the recipe “{recipe}”, which does not train with bounds"
    else:
        why = "as is usual of a classifier that was not trained with bounds"
    return (
        f"The bound is vacuous: at no epsilon above 0 that was asked for is any decision proven, {why}. "
        "Bounds of such networks are loose: this says nothing about how fragile the classifier is."
    )


def certificate_text(result: SweepResult) -> str:
    """The bracket as text for a terminal, the accuracy under the attack, and how it was proven."""
    columns: Columns = {
        "Epsilon": BRACKET["Epsilon"],
        **CERTIFIED,
        f"Under {result.attack_title}": lambda point: percent(point.accuracy, point.accuracy_ci),
    }
    about = _certificate(result)
    how = f"Method: {about.get('method')}; slack {about.get('slack')} logits; "
    how += f"{counted(len(result.labels), 'image')} in {duration(result.seconds, digits=1)}."
    return "\n".join([plain_text(point_table(result, columns, "")), proof_summary(result), how])


def _certificate(result: SweepResult) -> dict[str, object]:
    """What the sweep says of how it proved."""
    found = result.about.get("certificate")
    return found if isinstance(found, dict) else {}
