from .garbage import GarbageCollector
from .job import Job
from .lane import Lanes
from .thumbnails import Thumbnail, Thumbnails

__all__ = [
    "GarbageCollector",
    "Job",
    "Lanes",
    "Thumbnail",
    "Thumbnails",
]
