"""What the training tab remembers between two starts."""

from __future__ import annotations

from cxr_gui.ui.widgets.settings import Setting, Settings


class TrainingSettings(Settings):
    """`unfinished` is the folder of a training that was begun and did not end; it is offered for Resume, and
    in words if it was `interrupted`: closed or killed with the window."""

    architecture = Setting("training/architecture", "paper_cnn")
    recipe = Setting("training/recipe", "paper")
    runs_folder = Setting("training/runs_folder", "")
    unfinished = Setting("training/unfinished", "")
    interrupted = Setting("training/interrupted", False)
    smoothing = Setting("training/smoothing", 90)
    log_loss = Setting("training/log_loss", False)
    panes = Setting("training/panes", b"")
