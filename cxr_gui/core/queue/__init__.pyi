from .making import make_job, sweep_options, train_options
from .queue_file import read_queue_file, reading_of, sweep_arguments, train_config
from .queued import Queue, QueuedJob, State, job_name, own_queue
from .running import QueueProgress, run_queue

__all__ = [
    "Queue",
    "QueueProgress",
    "QueuedJob",
    "State",
    "job_name",
    "make_job",
    "own_queue",
    "read_queue_file",
    "reading_of",
    "run_queue",
    "sweep_arguments",
    "sweep_options",
    "train_config",
    "train_options",
]
