"""The report of a study or a sweep, or of several, as sections that any typesetter can set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import cxr_gui
from cxr_gui.core.report import background, by_class, proven, results
from cxr_gui.core.report import compared as versus
from cxr_gui.core.report.blocks import Report, Section, numbered
from cxr_gui.core.report.source import ReportSource
from cxr_gui.core.report.wording import NOTICE
from cxr_gui.core.sweep import align


def compose(source: ReportSource) -> Report:
    """Everything there is to say, in reading order; what there is nothing to say about is left out."""
    classifier = source.classifier
    subject = "a chest radiograph classifier" if classifier is None else classifier.architecture
    return _report(
        f"Adversarial robustness of {subject} against {source.sweep.attack_title}",
        (
            results.summary(source.sweep),
            results.question(source.sweep),
            background.data(source),
            *_details(source),
        ),
    )


def compose_comparison(sources: Sequence[ReportSource]) -> Report:
    """The sweeps held against the first, then each by itself.

    Raises SettingsError when they cannot be compared.
    """
    comparison = align([source.sweep for source in sources])
    sections = [
        versus.summary_of_all(comparison, sources),
        versus.question_of_all(sources),
        versus.overview(comparison, sources),
        versus.versus(comparison, sources),
        versus.critical(comparison, sources),
    ]
    for number, source in enumerate(sources, start=1):
        own = (background.data(source), *_details(source))
        sections += [replace(section, title=f"Sweep {number}: {section.title}") for section in own if section]
    return _report(f"Adversarial robustness compared: {len(sources)} sweeps", sections)


def _details(source: ReportSource) -> tuple[Section | None, ...]:
    """What there is to say about one sweep, and where it comes from."""
    result, run, classifier = source.sweep, source.run, source.classifier
    return (
        background.classifier_card(classifier) if classifier else None,
        background.training(run) if run else None,
        results.robustness(result),
        proven.bracket(result),
        by_class.decisions(result),
        by_class.fragility(result),
        background.examples(source),
        results.trust(result),
        background.reproduction(source),
    )


def _report(title: str, sections: Sequence[Section | None]) -> Report:
    return Report(
        title=title,
        notice=NOTICE,
        made=f"Made on {datetime.now(UTC):%Y-%m-%d} by cxr-gui {cxr_gui.__version__}",
        sections=numbered(tuple(section for section in sections if section is not None)),
    )
