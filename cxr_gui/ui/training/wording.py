"""A training in words: how far it is, how it ended, what a recipe is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxr_gui.core.base.progress import Event
from cxr_gui.core.base.units import describe_epsilon, to_pixel
from cxr_gui.core.base.wording import duration, percent
from cxr_gui.core.training import BatchDone, EpochRow, Recipe
from cxr_gui.ui.training.changed_recipes import changes
from cxr_gui.ui.widgets.literal import sentence

if TYPE_CHECKING:
    from cxr_gui.core.training import Run
    from cxr_gui.ui.training.existing_run import ExistingRun

DOT = "  \N{MIDDLE DOT}  "


def progress_words(event: Event, epoch: int, epochs: int, device: str) -> str:
    """Where the training is. `epoch` is the one at work, 0 while it has not begun."""
    where = [f"Epoch {epoch} of {epochs}"] if epoch else []
    if isinstance(event, BatchDone):
        speed = [f"loss {event.loss:.4f}", f"{event.images_per_second:.1f} images/s"]
        left = [] if event.seconds_left is None else [f"{duration(event.seconds_left)} left"]
        return DOT.join([*where, *speed, *left, device, f"{event.memory / 2**30:.1f} GiB in use"])
    count = f" {event.done:,} of {event.total:,}" if event.total else ""
    return DOT.join([*where, f"{event.stage}{count}", device])


def run_words(run: Run) -> str:
    """How a training ended, with the numbers of the epoch that is kept."""
    how = {
        "finished": f"Trained {_epochs(len(run.history))}.",
        "stopped early": f"Stopped early after {_epochs(len(run.history))}: no better one came.",
        "collapsed": f"Stopped after {_epochs(len(run.history))}: {collapse_words(run.history[-1])}.",
    }.get(run.outcome, f"Unfinished after {_epochs(len(run.history))}.")
    kept = [row for row in run.history if row.epoch == run.best_epoch]
    numbers = f" Kept is epoch {run.best_epoch}: {row_words(kept[0])}." if kept else ""
    return f"{how}{numbers}"


def collapse_words(row: EpochRow) -> str:
    """Why an epoch counts as collapsed."""
    if row.certified_balanced_accuracy is not None and row.certified_balanced_accuracy <= 0.5:
        return "its bounds prove no more than one answer for all images would"
    return "accuracy under PGD fell below half its best"


def row_words(row: EpochRow) -> str:
    """An epoch's numbers, training and validation."""
    words = f"loss {row.train_loss:.4f} and accuracy {percent(row.train_accuracy)} in training"
    if row.validation_loss is not None and row.validation_accuracy is not None:
        words += f", {row.validation_loss:.4f} and {percent(row.validation_accuracy)} on validation"
    if row.robust_accuracy is not None:
        words += f", {percent(row.robust_accuracy)} there under PGD"
    if row.certified_accuracy is not None:
        words += f", {percent(row.certified_accuracy)} certified"
    return words


def stopped_words(existing: ExistingRun | None, epochs: int) -> str:
    """After Stop, with what the run folder then holds."""
    if existing is None:
        return "Stopped before the first step: nothing was kept."
    if not existing.history:
        return "Stopped within the first epoch. The steps so far are in the run folder; Resume goes on."
    done = f"{len(existing.history)} of {_epochs(epochs)}"
    return f"Stopped after {done}. What was learned is in the run folder; Resume goes on."


def existing_run_words(existing: ExistingRun | None, fits: bool) -> str:
    """What the chosen run folder holds, and what that means; "" for a new one."""
    if existing is None:
        return ""
    done = f"{len(existing.history)} of {_epochs(existing.config.recipe.epochs)}"
    if existing.ended is not None:
        return f"Holds a run that is complete ({existing.ended.outcome})."
    if fits:
        return f"Holds a run interrupted after {done}."
    return f"Holds a run interrupted after {done}, with other settings than these."


def recipe_words(recipe: Recipe) -> str:
    """What a recipe does: its summary, against which attack it trains, and how it differs from ours."""
    words = [sentence(recipe.summary)] if recipe.summary else []
    if recipe.robust or recipe.bounded:
        epsilon = describe_epsilon(to_pixel(recipe.epsilon, "model"))
        words.append(f"Epsilon {epsilon}, {recipe.threat}." if recipe.robust else f"Epsilon {epsilon}.")
    if changed := changes(recipe):
        words.append(f"Changed: {', '.join(name.replace('_', ' ') for name in changed)}.")
    return " ".join(words)


def _epochs(count: int) -> str:
    return f"{count} epoch{'' if count == 1 else 's'}"
