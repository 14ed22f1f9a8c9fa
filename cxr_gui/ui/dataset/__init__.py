"""The dataset tab: what is in the folder, as numbers, as a grid of thumbnails, and what the audit found."""

from cxr_gui.ui.dataset.tab import DatasetTab

__all__ = ["DatasetTab"]
