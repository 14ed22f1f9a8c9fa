from .queue_file import read_queue_file
from .queued import Queue, QueuedJob, State
from .running import QueueProgress, run_queue

__all__ = [
    "Queue",
    "QueueProgress",
    "QueuedJob",
    "State",
    "read_queue_file",
    "run_queue",
]
