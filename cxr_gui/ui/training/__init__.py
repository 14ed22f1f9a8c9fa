"""The training tab: choose, train, watch."""

from cxr_gui.ui.training.tab import TrainingTab

__all__ = ["TrainingTab"]
