"""What the words and intervals of a report's tables mean, said once."""

from __future__ import annotations

from collections.abc import Sequence

from cxr_gui.core.report.blocks import Paragraph, Section, Table
from cxr_gui.core.report.source import ReportSource

EPSILON = (
    "Epsilon is given in model units, for images in [-1, 1]. Half of it is the change in pixel units (images "
    "in 0..1), and 127.5 times it is the change in grey levels of an 8-bit image, written n/255: epsilon "
    "0.01 is 1.28/255."
)
INTERVALS = (
    "Each interval is at 95 % by itself: of twenty side by side, one is expected to miss the truth. "
    "Wilson's intervals, and those of balanced accuracy, which are made of them, treat every film as "
    "independent and are too narrow where patients have several; the bootstrap draws whole patients."
)
TERMS = {
    "Sensitivity, specificity": "The share of {positive}, and of {negative}, that is decided rightly.",
    "Balanced": "The mean of sensitivity and specificity, so that both classes are weighted equally; its "
    "interval is made of theirs (Newcombe's square-and-add).",
    "Constant": "The answer {constant} to every film, whatever it shows.",
    "Random noise": "Accuracy under noise of plus or minus epsilon, of the kind that does most harm to the "
    "first images: signs by chance for each pixel, for blocks of 2 to 32 pixels, or for the whole film.",
    "Not broken": "Right at this and every smaller epsilon tested.",
    "Attack success": "The share of the images right at epsilon 0 that are wrong here.",
    "AUROC, MCC, calibration": "The area under the ROC curve, the Matthews correlation coefficient and the "
    "expected calibration error, with intervals of a bootstrap grouped by patient where patients are known. "
    "Where the classes are told apart perfectly no resample knows better, and the interval ends at the exact "
    "limit for so many patients.",
    "Recognised": "The share of the class's images that is decided rightly.",
    "Decisions right": "The share of the decisions for the class that is right.",
    "F1": "The harmonic mean of these two.",
    "Flipped": "The share of the class's images right at epsilon 0 that is wrong here.",
}
CRITICAL = {
    "Critical epsilon": "The smallest epsilon at which an image's decision flips, found on the tested "
    "epsilons and then narrowed down inside the first interval in which it flips.",
}
PROVEN = {
    "Certified": "Right, and no attack within epsilon can change that.",
    "Broken": "Wrong at this or a smaller epsilon tested.",
    "Undecided": "Neither certified nor broken.",
}


def terms(sources: Sequence[ReportSource]) -> Section:
    """The words that the tables of these sources use, and how sure their numbers are."""
    result = sources[0].sweep
    known = dict(TERMS)
    known |= CRITICAL if any(source.sweep.critical is not None for source in sources) else {}
    known |= PROVEN if any(source.sweep.certified is not None for source in sources) else {}
    negative, positive = result.classes
    words = {"negative": negative, "positive": positive, "constant": result.constant[0]}
    rows = tuple((word, meaning.format(**words)) for word, meaning in known.items())
    return Section(
        "How to read the tables",
        (
            Paragraph(EPSILON, lead="Epsilon."),
            Paragraph(INTERVALS, lead="Intervals."),
            Table(("Word", "Meaning"), rows, "What the columns mean."),
        ),
    )
