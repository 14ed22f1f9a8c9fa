"""Sweeps compared of which not all were finished, or looked for the same: it is said of which."""

from __future__ import annotations

from pathlib import Path

from cxr_gui.core.report import compared
from cxr_gui.core.report.blocks import Paragraph, Section, Table
from cxr_gui.core.report.source import ReportSource
from cxr_gui.core.sweep.comparison import align
from tests.support.report_samples import sweep_result


def parts(section: Section | None) -> tuple[str, Table]:
    assert section is not None
    [table] = [block for block in section.blocks if isinstance(block, Table)]
    return " ".join(block.text for block in section.blocks if isinstance(block, Paragraph)), table


def test_what_a_sweep_or_a_class_lacks_is_said() -> None:
    whole = sweep_result(negative=0, positive=9)
    part = sweep_result(negative=0, positive=9, complete=False, critical=None, checks=())
    found = (whole, whole, part)
    sources = [ReportSource(Path(str(number)), result) for number, result in enumerate(found)]
    said, table = parts(compared.overview(align(found), sources))
    assert "Not every sweep was finished." in said
    assert [row[-1] == "–" for row in table.rows] == [False, False, True], "no trust checks"
    said, table = parts(compared.critical(align(found), sources))
    assert said == "No critical epsilons were looked for in sweep 3."
    assert [row[2:] == ("–",) * 4 for row in table.rows] == [True, True, False, False], "no NORMAL"
