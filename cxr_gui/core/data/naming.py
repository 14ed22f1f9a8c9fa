"""What the labels of a table mean: for which of two classes each of them stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cxr_gui.core.base.spelling import Spellings, folded
from cxr_gui.core.data.reading import Choices, ClassesError
from cxr_gui.core.data.vocabulary import is_negative

if TYPE_CHECKING:
    from cxr_gui.core.data.label_table import LabelTable

PNEUMONIA = "pneumonia"
PRESENT, ABSENT = ("1", "1.0", "true", "yes"), ("0", "0.0", "", "false", "no")
UNKNOWN = frozenset({"nan", "na", "n/a", "null", "?", "unknown", "uncertain"})
"""What stands in a column of labels where nobody knows."""
BOXES = frozenset({"x", "y", "width", "height", "target"})
"""Columns of RSNA's table, which has a row for each opacity of an image."""


@dataclass(frozen=True)
class Naming:
    """How the labels of a table, folded, become classes.

    names     {label: class}, where each stands for one
    chosen    the finding that is set against all others, and what either is called
    greatest  of an image with both classes it is this one that counts
    findings  those to choose the positive class from, none when there are just two
    """

    names: Mapping[str, str] = field(default_factory=dict)
    chosen: tuple[str, str, str] | None = None
    greatest: str | None = None
    findings: tuple[str, ...] = ()

    def classes(self, said: Iterable[str]) -> frozenset[str]:
        """The classes of an image of which a table says all this: none when it is uncertain, two when it
        contradicts itself."""
        said = frozenset(said)
        if self.chosen is None:
            found = frozenset(self.names[label] for label in said if label in self.names)
            return frozenset({self.greatest}) if self.greatest in found else found
        finding, name, other = self.chosen
        found = said - UNKNOWN
        if finding not in found:
            return frozenset({other} if found else ())
        opposed = any(is_negative(label) != is_negative(finding) for label in found)
        return frozenset({name, other} if opposed else {name})


def column_of_labels(table: LabelTable, positive: str | None) -> int | None:
    """The column that tells the classes apart: that of labels, or of the one finding that is asked for.

    Raises ClassesError when a table of findings has no column for that one.
    """
    if table.label is not None or not table.findings:
        return table.label
    wanted = folded(positive or PNEUMONIA)
    for finding, place in table.findings.items():
        if folded(finding) == wanted:
            return place
    raise ClassesError(
        f"has no column '{positive or PNEUMONIA}'.",
        where=table.path,
        hint=f"Choose the positive class from {', '.join(table.findings)}.",
        choices=Choices(findings=to_choose_from(table.findings)),
    )


def naming(table: LabelTable, spellings: Spellings, positive: str | None) -> Naming:
    """What the labels that were found in a table, or in several of one kind, mean.

    Of several findings, `positive` (or else pneumonia) is set against the rest. Raises ClassesError when
    there are several and none of them is the positive one.
    """
    if table.label is None:
        column = column_of_labels(table, positive)
        name = next(finding for finding, place in table.findings.items() if place == column)
        return Naming(_yes_or_no(name, f"No {name}"), findings=to_choose_from(table.findings))
    labels = [label for label in spellings if label not in UNKNOWN]
    if set(labels) <= {*PRESENT, *ABSENT}:
        opacity = folded(table.columns[table.label]) == "target"  # RSNA
        name = positive or (PNEUMONIA.title() if opacity else "Positive")
        names = _yes_or_no(name, "Negative" if name == "Positive" else f"No {name}")
        boxes = set(map(folded, table.columns)) >= BOXES
        return Naming(names, greatest=name if boxes else None)
    if len(labels) <= 2:
        return Naming({label: spellings.shown(label) for label in labels})
    wanted = folded(positive or PNEUMONIA)
    shown = [spellings.shown(label) for label in labels]
    if wanted not in labels:
        raise ClassesError(
            f"has {len(labels)} classes: {enumerated(shown)}.",
            where=table.path,
            hint="Say which one is the positive class; the others become the negative one.",
            choices=Choices(findings=to_choose_from(shown)),
        )
    name = spellings.shown(wanted)
    return Naming(chosen=(wanted, name, f"No {name}"), findings=to_choose_from(shown))


def to_choose_from(findings: Iterable[str]) -> tuple[str, ...]:
    """Those that can be the positive class."""
    return tuple(sorted(finding for finding in findings if not is_negative(finding)))


def enumerated(names: Sequence[str], limit: int = 8) -> str:
    """The first names, and that there are more."""
    return ", ".join(names[:limit]) + (", ..." if len(names) > limit else "")


def _yes_or_no(name: str, other: str) -> dict[str, str]:
    return {**dict.fromkeys(PRESENT, name), **dict.fromkeys(ABSENT, other)}
