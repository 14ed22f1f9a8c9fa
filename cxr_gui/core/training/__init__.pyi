from .events import BatchDone, EpochDone, EpochRow
from .recipes import RECIPES, Recipe, TrainConfig, find_recipe, load_recipe, save_recipe
from .run_folder import (
    Run,
    RunConfig,
    RunFolder,
    read_config,
    read_outcome,
    read_run,
    read_run_config,
    same_training,
)
from .training import train

__all__ = [
    "RECIPES",
    "BatchDone",
    "EpochDone",
    "EpochRow",
    "Recipe",
    "Run",
    "RunConfig",
    "RunFolder",
    "TrainConfig",
    "find_recipe",
    "load_recipe",
    "read_config",
    "read_outcome",
    "read_run",
    "read_run_config",
    "same_training",
    "save_recipe",
    "train",
]
