"""Can these numbers be trusted? Checks for the known ways in which robustness looks better than it is.

After Carlini et al., On Evaluating Adversarial Robustness (2019), and the flags that AutoAttack raises (Croce
and Hein, 2020). They run with every sweep, on its first images where they need attacks of their own.

A check is one function in one of the families below, decorated with `check`: its name, what it asks and what
its failure means stand there too, and the window, the guide and the report take them from there.
"""

from cxr_gui.core.sweep import (
    FALLBACK_EPSILON,
    LARGE_EPSILON,
    QUERIES,
    QUESTIONS,
    Check,
    Evidence,
    FirstImages,
    Question,
    answers,
    curves,
    gradients,
    growth,
    noise_is_weaker,
    same_answer_alone,
    saturation,
    searches,
    telling_epsilon,
    zero_gradients,
)

__all__ = [
    "FALLBACK_EPSILON",
    "LARGE_EPSILON",
    "QUERIES",
    "QUESTIONS",
    "Check",
    "Evidence",
    "FirstImages",
    "Question",
    "answers",
    "curves",
    "gradients",
    "growth",
    "noise_is_weaker",
    "same_answer_alone",
    "saturation",
    "searches",
    "telling_epsilon",
    "zero_gradients",
]
