from .attributes import Attributes, attributes_of
from .auditing import audit, audited
from .carving import carve_validation
from .columns import UNLABELLED, SplitCount, encoded, orders
from .dataset import check_there, scan
from .downloading import KERMANY, MEGABYTE, OnlineDataset, download
from .exported_table import record_table
from .feed import Feed
from .findings import FINE, INFORMATION, PROBLEM, WARNING, Finding
from .notes import FLAGS, Note, read_notes, write_notes
from .reading import AS_RECOGNISED, Choices, ClassesError, Reading
from .records import SPLITS, Dataset, Problem, Record
from .store import Change, Store, prepare
from .thumbnail_cache import ThumbnailCache

__all__ = [
    "AS_RECOGNISED",
    "FINE",
    "FLAGS",
    "INFORMATION",
    "KERMANY",
    "MEGABYTE",
    "PROBLEM",
    "SPLITS",
    "UNLABELLED",
    "WARNING",
    "Attributes",
    "Change",
    "Choices",
    "ClassesError",
    "Dataset",
    "Feed",
    "Finding",
    "Note",
    "OnlineDataset",
    "Problem",
    "Reading",
    "Record",
    "SplitCount",
    "Store",
    "ThumbnailCache",
    "attributes_of",
    "audit",
    "audited",
    "carve_validation",
    "check_there",
    "download",
    "encoded",
    "orders",
    "prepare",
    "read_notes",
    "record_table",
    "scan",
    "write_notes",
]
