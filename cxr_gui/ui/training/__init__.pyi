from .epochs import COLUMNS
from .tab import TrainingTab
from .wording import recipe_words

__all__ = [
    "COLUMNS",
    "TrainingTab",
    "recipe_words",
]
