from .opening import Opened, kind_of, open_results
from .pipeline import compare, study, study_config, sweep_dataset

__all__ = [
    "Opened",
    "compare",
    "kind_of",
    "open_results",
    "study",
    "study_config",
    "sweep_dataset",
]
