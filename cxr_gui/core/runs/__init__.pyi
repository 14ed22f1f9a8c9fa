from .chosen import Chosen, Paired, SettingDifference, read_chosen
from .decided import DecisionCurves, swept_logits
from .entry import KINDS, METRICS, AtEpsilon, Entry
from .index import FoundRuns, Remembered, find_runs
from .linking import sweeps_of
from .remarks import Remark, read_remarks, tags_in, write_remarks
from .seeds import SeedGroup, grouped

__all__ = [
    "KINDS",
    "METRICS",
    "AtEpsilon",
    "Chosen",
    "DecisionCurves",
    "Entry",
    "FoundRuns",
    "Paired",
    "Remark",
    "Remembered",
    "SeedGroup",
    "SettingDifference",
    "find_runs",
    "grouped",
    "read_chosen",
    "read_remarks",
    "sweeps_of",
    "swept_logits",
    "tags_in",
    "write_remarks",
]
