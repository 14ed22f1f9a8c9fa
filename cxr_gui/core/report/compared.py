"""The sections that hold several sweeps of the same images against each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cxr_gui.core.base.metrics import Interval, share, wilson
from cxr_gui.core.base.units import describe_epsilon
from cxr_gui.core.base.wording import NONE, percent
from cxr_gui.core.report import charts
from cxr_gui.core.report.blocks import FAIL, PASS, Block, Illustration, Paragraph, Section, Table
from cxr_gui.core.report.privacy import ELIDED, elide_path
from cxr_gui.core.report.results import constant_words
from cxr_gui.core.report.source import ReportSource
from cxr_gui.core.report.wording import counted, difference, epsilon_range, grey_levels, listed, model_units
from cxr_gui.core.sweep import Comparison, PairedDifference, SweepResult

USUAL_NAMES = ("best", "last", "run")
"""File and folder names that say nothing about the classifier in them."""


def overview(comparison: Comparison, sources: Sequence[ReportSource]) -> Section:
    """Which sweeps they are, and on which images they are compared."""
    n = len(comparison.reference.labels)
    if any(comparison.left_out):
        counts = [
            f"{counted(out, 'image')} of sweep {number}"
            for number, out in enumerate(comparison.left_out, start=1)
            if out
        ]
        sample = (
            f"The sweeps did not attack the same images. They are compared on the {counted(n, 'image')} that "
            f"all of them attacked; {listed(counts)} are left out of the comparison, but not of the sections "
            f"on each sweep."
        )
    else:
        sample = f"All of them attacked the same {counted(n, 'image')}."
    sentences = [
        sample,
        "An image counts as the same when its path below the dataset's folder and its class are the same.",
    ]
    known = [source.data_fingerprint for source in sources]
    if len(set(filter(None, known))) > 1:
        sentences.append(
            "Their datasets' fingerprints differ, so files of the same name need not be the same files: "
            "see how to reproduce each."
        )
    elif not all(known):
        sentences.append("Not every sweep says from which files its dataset was made, so names alone decide.")
    if not all(source.sweep.complete for source in sources):
        sentences.append("Not every sweep was finished.")
    columns = ("Sweep", "Folder", "Threat model", "Images", "Checks")
    rows = tuple(
        (
            str(number),
            folder,
            source.sweep.threat_title,
            f"{len(source.sweep.labels):,}",
            _verdict(source.sweep),
        )
        for number, (source, folder) in enumerate(zip(sources, folder_names(sources), strict=True), start=1)
    )
    return Section(
        "Sweeps compared",
        (
            Paragraph(" ".join(sentences)),
            Table(columns, rows, "The sweeps; sweep 1 is the reference.", frozenset({"Images"})),
        ),
    )


def versus(comparison: Comparison, sources: Sequence[ReportSource]) -> Section:
    """A table of paired differences for each sweep but the first, whose curves the first page shows."""
    blocks: list[Block] = [
        Paragraph(
            "A difference is the share of images that the sweep decides rightly minus the share that sweep 1 "
            "does. Its interval is Newcombe's hybrid score interval for paired proportions, widened where "
            f"images of one patient go together{_patients(comparison)}. The intervals are not adjusted "
            "for their number: of twenty where there is no true difference, one is expected to leave out 0. "
            "The difference in balanced accuracy is the mean of those in both classes, its interval made of "
            f"theirs. {constant_words(comparison.reference)}."
        ),
    ]
    for number in range(1, len(sources)):
        found = comparison.differences(number)
        if found:
            blocks += [
                _table(number + 1, found),
                _balanced_table(number + 1, found),
                Paragraph(_sentence(number + 1, found)),
            ]
        else:
            blocks.append(Paragraph(f"Sweeps 1 and {number + 1} have no epsilon in common."))
    return Section("Comparison", tuple(blocks))


def critical(comparison: Comparison, sources: Sequence[ReportSource]) -> Section | None:
    """Critical epsilons side by side, of the sweeps that looked for them; None unless there are two."""
    found = {
        number: result
        for number, result in enumerate(comparison.sweeps, start=1)
        if result.critical is not None
    }
    if len(found) < 2:
        return None
    rows = tuple(
        (name, str(number), *_quartiles(result, label))
        for label, name in enumerate(comparison.reference.classes)
        for number, result in found.items()
    )
    columns = ("Class", "Sweep", "Wrong at once", "A quarter by", "Half by", "Three quarters by")
    blocks: list[Block] = [
        Illustration(
            charts.critical_comparison(
                list(found.values()), [legends(sources)[number - 1] for number in found]
            ),
            "Share of each class's images whose decision is wrong by epsilon x. All images are counted: "
            "where a curve starts is the share that is wrong without an attack.",
            width=0.8,
        ),
        Table(
            columns,
            rows,
            "The epsilon (model units) by which a share of the class's images is decided wrongly; "
            f"{NONE} where no epsilon that was looked at does that. Brackets hold 95 % intervals, Wilson's "
            "for the share and a bootstrap grouped by patient for the median.",
            frozenset(columns[1:]),
        ),
    ]
    missing = [str(number) for number in range(1, len(sources) + 1) if number not in found]
    if missing:
        blocks.append(Paragraph(f"No critical epsilons were looked for in sweep {listed(missing)}."))
    return Section("Critical epsilons compared", tuple(blocks))


def legends(sources: Sequence[ReportSource]) -> list[str]:
    """What each sweep is, as a chart writes it: its number, classifier, attack and, where they differ,
    threat model.
    """
    alike = len({source.sweep.threat_title for source in sources}) == 1
    return [
        f"Sweep {number}: {classifier_name(source)}, {source.sweep.attack_title}"
        + ("" if alike else f", {source.sweep.threat_title}")
        for number, source in enumerate(sources, start=1)
    ]


def classifier_name(source: ReportSource) -> str:
    """What tells a sweep's classifier from others: its architecture, and its name where that says more."""
    if source.run is not None:
        return f"{source.run.classifier.architecture} (recipe {source.run.config.recipe.name})"
    about = source.sweep.about
    architecture = str(about.get("architecture", "")) or "classifier"
    path = Path(str(about.get("classifier", "")).removesuffix(".safetensors"))
    while path.name in USUAL_NAMES:  # RUN/best.safetensors: it is the run's folder that has a name
        path = path.parent
    name = "" if path == Path() else folder_name(path)
    return architecture if name in ("", NONE, architecture) else f"{architecture} {name}"


def folder_names(sources: Sequence[ReportSource]) -> list[str]:
    """The sweeps' folders by name; where two have the same one, each with the folder that it lies in."""
    found = [folder_name(source.folder) for source in sources]
    above = [folder_name(source.folder.absolute().parent) for source in sources]
    return [
        f"{parent}/{name}" if found.count(name) > 1 and parent != NONE else name
        for name, parent in zip(found, above, strict=True)
    ]


def folder_name(folder: Path) -> str:
    """The last part of a folder's path; nothing of where it lies, or whose it is."""
    name = elide_path(str(folder.absolute())).removeprefix(ELIDED).lstrip("/")
    return name or NONE


def difference_in_words(number: int, epsilon: float, paired: PairedDifference) -> str:
    """How a sweep differs from the first at an epsilon."""
    if not paired.distinct:
        relation = "cannot be told apart from sweep 1"
    else:
        relation = f"is {'more' if paired.difference > 0 else 'less'} accurate than sweep 1"
    return (
        f"At epsilon {describe_epsilon(epsilon)}, sweep {number} {relation}: {percent(paired.other)} against "
        f"{percent(paired.reference)}, {difference(paired.difference, paired.interval)}, and balanced "
        f"{percent(paired.balanced_other)} against {percent(paired.balanced_reference)}"
    )


def _sentence(number: int, found: Sequence[tuple[float, PairedDifference]]) -> str:
    plain = _verdicts([(epsilon, paired.interval) for epsilon, paired in found])
    balanced = _verdicts([(epsilon, paired.balanced_interval) for epsilon, paired in found])
    return f"Sweep {number} against sweep 1: {plain}. By balanced accuracy: {balanced or NONE}."


def _verdicts(found: Sequence[tuple[float, Interval]]) -> str:
    """At which epsilons the interval of a difference is above 0, below it, or holds it."""
    at: dict[str, list[str]] = {"more accurate": [], "less accurate": [], "not distinguishable": []}
    for epsilon, (low, high) in found:
        if not math.isnan(low):
            verdict = "more accurate" if low > 0 else "less accurate" if high < 0 else "not distinguishable"
            at[verdict].append(model_units(epsilon))
    return "; ".join(f"{verdict} at epsilon {listed(those)}" for verdict, those in at.items() if those)


def _table(number: int, found: Sequence[tuple[float, PairedDifference]]) -> Table:
    columns = (
        "Epsilon",
        "n/255",
        "Sweep 1",
        f"Sweep {number}",
        "Difference (points)",
        "Only 1 right",
        f"Only {number} right",
    )
    rows = tuple(
        (
            model_units(epsilon),
            grey_levels(epsilon),
            percent(paired.reference),
            percent(paired.other),
            difference(paired.difference, paired.interval),
            f"{paired.only_reference:,}",
            f"{paired.only_other:,}",
        )
        for epsilon, paired in found
    )
    return Table(
        columns,
        rows,
        f"Accuracy of sweep {number} minus that of sweep 1 on the same {found[0][1].n:,} images, with paired "
        "95 % intervals, and the images that only one of the two decides rightly.",
        frozenset(columns),
    )


def _balanced_table(number: int, found: Sequence[tuple[float, PairedDifference]]) -> Table:
    columns = ("Epsilon", "n/255", "Sweep 1", f"Sweep {number}", "Difference (points)")
    rows = tuple(
        (
            model_units(epsilon),
            grey_levels(epsilon),
            percent(paired.balanced_reference),
            percent(paired.balanced_other),
            difference(paired.balanced_difference, paired.balanced_interval),
        )
        for epsilon, paired in found
    )
    return Table(
        columns,
        rows,
        f"Balanced accuracy of sweep {number} minus that of sweep 1 on the same images, with paired 95 % "
        "intervals.",
        frozenset(columns),
    )


def _quartiles(result: SweepResult, label: int) -> tuple[str, ...]:
    """The share wrong at once, and the critical epsilons of a quarter, half and three quarters of a class."""
    found = np.sort(result.critical[result.labels == label]) if result.critical is not None else np.empty(0)
    if not len(found):
        return (NONE,) * 4
    marks = [float(found[math.ceil(part * len(found)) - 1]) for part in (0.25, 0.5, 0.75)]
    quarter, half, three = (model_units(mark) if math.isfinite(mark) else NONE for mark in marks)
    if half != NONE:
        half += epsilon_range(result.median_interval(result.labels == label))
    wrong = int(np.sum(found == 0))
    return percent(share(wrong, len(found)), wilson(wrong, len(found))), quarter, half, three


def _patients(comparison: Comparison) -> str:
    if comparison.patients is None:
        return "; patients are not known here, so that each image counts as one of its own"
    return f", here {counted(len(set(comparison.patients)), 'patient')}"


def _verdict(result: SweepResult) -> str:
    if not result.checks:
        return NONE
    return PASS if all(check.passed for check in result.checks) else FAIL
