from .garbage import GarbageCollector
from .job import Job
from .runner import Runners
from .thumbnails import Thumbnail, Thumbnails

__all__ = [
    "GarbageCollector",
    "Job",
    "Runners",
    "Thumbnail",
    "Thumbnails",
]
