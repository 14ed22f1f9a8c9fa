"""The contract's path to progress events and `run`; the room is `core.base`."""

from cxr_gui.core.base.progress import Event, Pace, Work, run

__all__ = ["Event", "Pace", "Work", "run"]
