"""Synthetic chest radiographs: something to open, train on and attack without any data of one's own."""

from cxr_gui.core.demo.film import radiograph
from cxr_gui.core.demo.folder import demo_classifier_path, ensure_demo, is_demo, write_demo

__all__ = ["demo_classifier_path", "ensure_demo", "is_demo", "radiograph", "write_demo"]
