from .opening import Opened, kind_of, open_results
from .pipeline import compare, compare_shifts, places_of, study, study_config, sweep_dataset
from .verifying import CardCall, ClaimedNumber, Verification, verify_card, verify_sweep

__all__ = [
    "CardCall",
    "ClaimedNumber",
    "Opened",
    "Verification",
    "compare",
    "compare_shifts",
    "kind_of",
    "open_results",
    "places_of",
    "study",
    "study_config",
    "sweep_dataset",
    "verify_card",
    "verify_sweep",
]
