"""The contract's path to a dataset; the room is `core.data`."""

from cxr_gui.core.data import Dataset, Problem, Record, carve_validation, scan

__all__ = ["Dataset", "Problem", "Record", "carve_validation", "scan"]
