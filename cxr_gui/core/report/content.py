"""The report of a study or a sweep, as sections that any typesetter can set."""

from __future__ import annotations

from datetime import UTC, datetime

import cxr_gui
from cxr_gui.core.report import background, results
from cxr_gui.core.report.blocks import Report, numbered
from cxr_gui.core.report.source import Source
from cxr_gui.core.report.wording import NOTICE


def compose(source: Source) -> Report:
    """Everything there is to say, in reading order; what there is nothing to say about is left out."""
    result, run = source.sweep, source.run
    sections = (
        results.summary(result),
        results.question(result),
        background.data(source),
        background.classifier_card(run) if run else None,
        background.training(run) if run else None,
        results.robustness(result),
        results.decisions(result),
        results.fragility(result),
        background.examples(source),
        results.trust(result),
        background.reproduction(source),
    )
    subject = run.classifier.architecture if run else "a chest radiograph classifier"
    return Report(
        title=f"Adversarial robustness of {subject} against {result.attack_title}",
        notice=NOTICE,
        made=f"Made on {datetime.now(UTC):%Y-%m-%d} by cxr-gui {cxr_gui.__version__}",
        sections=numbered(tuple(section for section in sections if section is not None)),
    )
