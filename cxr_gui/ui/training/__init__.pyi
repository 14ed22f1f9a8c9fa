from .epochs import COLUMNS
from .existing_run import ExistingRun
from .tab import TrainingTab
from .wording import recipe_words

__all__ = [
    "COLUMNS",
    "ExistingRun",
    "TrainingTab",
    "recipe_words",
]
