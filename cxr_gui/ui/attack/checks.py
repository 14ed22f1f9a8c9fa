"""What each trust check asks, and what it means when one fails: for tooltips and the help."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from cxr_gui.ui.theme import theme

if TYPE_CHECKING:
    from cxr_gui.core.trust import Check

MEANINGS = {
    "same answer alone": (
        "Is each image answered by itself? If it fails, the logit depends on the company of the image, "
        "and no attack on one image is well defined."
    ),
    "saturation": (
        "Is the gradient of the loss ever exactly 0? If it fails, attacks of other programs, which follow "
        "the loss, would call those images immune. The attacks here follow the logit and do not."
    ),
    "success grows with epsilon": (
        "Does a larger epsilon break more images? If it fails, the attack overshoots, and its accuracy "
        "curve flatters the classifier: read Never broken so far."
    ),
    "noise is weaker than the attack": (
        "Is the attack better than chance? If it fails, it does not find the way, and nothing follows "
        "from what resists it."
    ),
    "zero gradients": (
        "Has the attack a gradient to follow? If it fails, gradients are masked, which hides the way from "
        "the attack without making the classifier robust."
    ),
    "iterative at least as strong as single step": (
        "Do many small steps (PGD) break at least as many images as one (FGSM)? If it fails, the gradient "
        "misleads, and robustness to PGD means nothing."
    ),
    "a large epsilon reaches 0 %": (
        "Does PGD break every image when it may change everything? If it fails, the attack is broken, not "
        "the classifier strong."
    ),
    "black box does not beat white box": (
        "Does an attack without gradients (Square) break images that FGSM and PGD cannot? If it fails, "
        "gradients are masked."
    ),
}
"""A check's name -> the question it asks and what its failure means."""


def checks_in_words(checks: Iterable[Check]) -> str:
    """A tooltip: each check with its outcome, its number in a sentence and its meaning.

    The names may be those of a stranger's file.
    """
    return "".join(
        f"<p><b>{'Passed' if check.passed else 'Failed'}: {_literal(check.name)}</b>"
        f"<br>{_literal(check.sentence)}{_meaning(check.name)}</p>"
        for check in checks
    )


def _meaning(name: str) -> str:
    words = MEANINGS.get(name)
    return f'<br><span style="color:{theme().palette.muted}">{words}</span>' if words else ""


def _literal(text: str) -> str:
    return escape(text).replace("\n", "<br>")
