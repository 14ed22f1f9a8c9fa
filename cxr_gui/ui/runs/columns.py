"""The columns of the table of runs: what stands in them, and how they sort and are taken together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cxr_gui.core.base.metrics import wilson
from cxr_gui.core.base.wording import percent
from cxr_gui.core.runs import KINDS, METRICS
from cxr_gui.ui.widgets.epsilon_unit import epsilons

if TYPE_CHECKING:
    from cxr_gui.core.runs import Entry, Remark

MOST_EPSILONS = 6
"""Columns for accuracy at an epsilon: those that most sweeps have."""

UNKNOWN = ""
EPSILON = "\N{GREEK SMALL LETTER EPSILON}"
AT = "epsilon "
"""What the names of columns of accuracy at an epsilon begin with."""
NAME, TAGS, NOTE = "name", "tags", "note"
"""The columns that the model knows: of the folder, and those that people write in."""


@dataclass(frozen=True)
class RunColumn:
    """One column. Where `value` gives a number, it sorts by it, and groups show its mean and deviation.

    text   of an entry      key  what it sorts by, None last; the text where nothing is given
    write  how a number is written, with or without how far it spreads
    """

    name: str
    title: str
    meaning: str
    text: Callable[[Entry], str]
    key: Callable[[Entry], object] | None = None
    value: Callable[[Entry], float | None] | None = None
    write: Callable[[float, float | None], str] | None = None
    shown: bool = True
    width: int = 96

    def sorts_by(self, entry: Entry) -> object:
        """A number or a text; None where nothing is known."""
        if self.value is not None:
            return self.value(entry)
        if self.key is not None:
            return self.key(entry)
        return self.text(entry).casefold() or None


def share_words(mean: float, spread: float | None) -> str:
    """A share in per cent: "81.2 %" or "81.2 ± 0.5 %"."""
    return percent(mean) if spread is None else f"{100 * mean:.1f} ± {100 * spread:.1f} %"


def number_words(mean: float, spread: float | None) -> str:
    """A number from 0 to 1: "0.955" or "0.955 ± 0.018"."""
    return f"{mean:.3f}" if spread is None else f"{mean:.3f} ± {spread:.3f}"


def date_text(moment: float | None) -> str:
    """ "2026-11-27 23:19" by this computer's clock."""
    try:
        known = None if moment is None else datetime.fromtimestamp(moment).astimezone()
    except (OSError, OverflowError, ValueError):  # of a disk whose clock was far off
        known = None
    return UNKNOWN if known is None else known.strftime("%Y-%m-%d %H:%M")


def number_column(
    name: str,
    title: str,
    meaning: str,
    value: Callable[[Entry], float | None],
    write: Callable[[float, float | None], str] = share_words,
    *,
    shown: bool = True,
) -> RunColumn:
    """A column of numbers."""

    def text(entry: Entry) -> str:
        found = value(entry)
        return UNKNOWN if found is None else write(found, None)

    return RunColumn(name, title, meaning, text, value=value, write=write, shown=shown, width=104)


def _whole(number: int | None) -> str:
    return UNKNOWN if number is None else str(number)


def _metric(name: str, title: str, *, shown: bool = False) -> RunColumn:
    write = number_words if name.endswith("auroc") else share_words
    return number_column(
        name, title, METRICS[name], lambda entry: entry.metrics.get(name), write, shown=shown
    )


def _date(name: str, title: str, value: Callable[[Entry], float | None], *, shown: bool) -> RunColumn:
    return RunColumn(
        name,
        title,
        "By its files' times",
        lambda e: date_text(value(e)),
        value,
        shown=shown,
        width=128,
    )


COLUMNS = (
    RunColumn(NAME, "Name", "Its folder, below the one that was looked in", lambda e: e.name, width=200),
    RunColumn("kind", "Kind", "Run, sweep, shifts or study", lambda e: KINDS[e.kind], width=64),
    RunColumn("recipe", "Recipe", "How its classifier was trained", lambda e: e.recipe, width=128),
    RunColumn("architecture", "Architecture", "The classifier's", lambda e: e.architecture, width=112),
    RunColumn("data", "Data", "The dataset's folder", lambda e: e.data, shown=False, width=120),
    RunColumn("seed", "Seed", "Of the training", lambda e: _whole(e.seed), lambda e: e.seed, width=56),
    _date("begun", "Begun", lambda e: e.begun, shown=False),
    _date("ended", "Ended", lambda e: e.ended, shown=True),
    RunColumn("attack", "Attack", "What was swept, and the threat model", lambda e: e.attack, width=104),
    _metric("validation_accuracy", "Val. acc."),
    _metric("validation_balanced_accuracy", "Val. bal.", shown=True),
    _metric("validation_auroc", "AUROC", shown=True),
    _metric("robust_balanced_accuracy", "Val. PGD"),
    _metric("certified_balanced_accuracy", "Val. certified"),
)
"""Those of every table, before the epsilons'."""

YOURS = "Yours: double-click it, or press F2"
WRITTEN = (
    RunColumn(TAGS, "Tags", f"{YOURS}; commas between them", lambda _: UNKNOWN, width=112),
    RunColumn(NOTE, "Note", YOURS, lambda _: UNKNOWN, width=112),
)
"""Those that people write in, last: what stands there, the table knows."""


def columns_for(entries: Iterable[Entry]) -> tuple[RunColumn, ...]:
    """The columns of a table of these: with the epsilons that most of their sweeps have."""
    exact = Counter(point.epsilon for entry in entries for point in entry.points)
    counts = Counter[float]()
    for epsilon, count in exact.items():  # typed in another unit, it may differ in its last digits
        counts[float(f"{epsilon:.6g}")] += count
    chosen = sorted(epsilon for epsilon, _ in counts.most_common(MOST_EPSILONS))
    return (*COLUMNS, *map(epsilon_column, chosen), *WRITTEN)


def epsilon_column(epsilon: float) -> RunColumn:
    """Accuracy at an epsilon, in pixel units."""

    def value(entry: Entry) -> float | None:
        point = entry.at(epsilon)
        return None if point is None else point.accuracy

    title = f"{EPSILON} {epsilons().shown(epsilon, 3)}" if epsilon else "Clean"
    where = f"at epsilon {epsilons().both(epsilon)}" if epsilon else "without an attack"
    return number_column(f"{AT}{epsilon:g}", title, f"Right decisions {where}", value)


def epsilon_words(epsilon: float) -> str:
    """Which images: "Clean", or the epsilon (pixel units) in both units."""
    return f"{EPSILON} {epsilons().both(epsilon)}" if epsilon else "Clean"


def epsilon_table(entry: Entry) -> str:
    """Accuracy at each epsilon with its interval and the number of images, a line each."""

    def line(epsilon: float, accuracy: float, n: int) -> str:
        interval = wilson(round(accuracy * n), n)
        return f"{EPSILON} {epsilons().both(epsilon)}: {percent(accuracy, interval)}, n = {n:,}"

    return "\n".join(line(point.epsilon, point.accuracy, point.n) for point in entry.points)


def found_in(entry: Entry, remark: Remark) -> str:
    """All that a search looks through, in small letters."""
    said = (entry.name, KINDS[entry.kind], entry.recipe, entry.architecture, entry.data, entry.attack)
    return "\n".join((*said, entry.folder, remark.words, *remark.tags, entry.problem)).casefold()
