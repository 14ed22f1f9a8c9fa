from .opening import Opened, kind_of, open_results
from .pipeline import compare, compare_shifts, study, study_config, sweep_dataset

__all__ = [
    "Opened",
    "compare",
    "compare_shifts",
    "kind_of",
    "open_results",
    "study",
    "study_config",
    "sweep_dataset",
]
