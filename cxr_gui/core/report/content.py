"""The report of a study or a sweep, or of several, as sections that any typesetter can set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import cxr_gui
from cxr_gui.core.report import background, by_class, compared, front, proven, results, shifted
from cxr_gui.core.report.blocks import Report, Section, numbered
from cxr_gui.core.report.source import ReportSource
from cxr_gui.core.report.terms import terms
from cxr_gui.core.report.wording import NOTICE
from cxr_gui.core.sweep import ShiftResult, align


def compose(sources: Sequence[ReportSource], shifts: Sequence[ShiftResult] = ()) -> Report:
    """Everything there is to say, in reading order; what there is nothing to say about is left out.

    Several sweeps are held against the first, and what they share is said once. What was found about
    `shifts` can stand alone. Raises SettingsError when the sweeps cannot be compared.
    """
    if not sources:
        return _report(
            "Robustness of chest radiograph classifiers without an attacker", shifted.sections(shifts)
        )
    if len(sources) == 1:
        sections = [
            front.first_page(sources[0], shifted=bool(shifts)),
            *_sections(sources, shifts, by_critical=True),
        ]
        return _report(_title(sources[0]), sections)
    sources = [replace(source, number=number) for number, source in enumerate(sources, start=1)]
    comparison = align([source.sweep for source in sources])
    critical = compared.critical(comparison, sources)
    sections = [
        front.first_page_of_all(comparison, sources, shifted=bool(shifts)),
        compared.overview(comparison, sources),
        compared.versus(comparison, sources),
        critical,
        *_sections(sources, shifts, by_critical=critical is None),
    ]
    return _report(f"Adversarial robustness compared: {len(sources)} sweeps", sections)


def _sections(
    sources: Sequence[ReportSource], shifts: Sequence[ShiftResult], *, by_critical: bool
) -> list[Section | None]:
    """What there is to say about each sweep, and where it comes from."""
    return [
        results.question(sources),
        results.robustness(sources),
        proven.bracket(sources),
        *shifted.sections(shifts),
        by_class.decisions(sources),
        by_class.fragility(sources) if by_critical else None,
        background.examples(sources),
        results.trust(sources),
        background.data(sources),
        background.classifiers(sources),
        background.training(sources),
        terms(sources),
        background.reproduction(sources),
    ]


def _title(source: ReportSource) -> str:
    classifier = source.classifier
    subject = "a chest radiograph classifier" if classifier is None else classifier.architecture
    return f"Adversarial robustness of {subject} against {source.sweep.attack_title}"


def _report(title: str, sections: Sequence[Section | None]) -> Report:
    return Report(
        title=title,
        notice=NOTICE,
        made=f"Made on {datetime.now(UTC):%Y-%m-%d} by cxr-gui {cxr_gui.__version__}",
        sections=numbered(tuple(section for section in sections if section is not None)),
    )
