from .checkpoint import check_header, load, save, write_tensors
from .classifier import Card, Classifier, Normalisation
from .exporting import export
from .foreign import adopt
from .meta import unfilled
from .population import population_of, population_sentence
from .reduction import Reduction
from .registry import Architecture, architectures, create, register
from .shipped_classifiers import DEMO, ROBUST, STANDARD, find_shipped, shipped

__all__ = [
    "DEMO",
    "ROBUST",
    "STANDARD",
    "Architecture",
    "Card",
    "Classifier",
    "Normalisation",
    "Reduction",
    "adopt",
    "architectures",
    "check_header",
    "create",
    "export",
    "find_shipped",
    "load",
    "population_of",
    "population_sentence",
    "register",
    "save",
    "shipped",
    "unfilled",
    "write_tensors",
]
