"""Drives core's generators on Qt threads. Knows no widget."""

from cxr_gui.jobs.garbage import GarbageCollector
from cxr_gui.jobs.job import Job
from cxr_gui.jobs.lane import Lane, Lanes

__all__ = ["GarbageCollector", "Job", "Lane", "Lanes"]
