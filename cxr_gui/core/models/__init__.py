"""Classifiers: one architecture a file, a registry, and checkpoints."""

from cxr_gui.core.models.checkpoint import load, save
from cxr_gui.core.models.classifier import Card, Classifier, Normalisation
from cxr_gui.core.models.registry import Architecture, architectures, create, register
from cxr_gui.core.published import CLASSES

__all__ = [
    "CLASSES",
    "Architecture",
    "Card",
    "Classifier",
    "Normalisation",
    "architectures",
    "create",
    "load",
    "register",
    "save",
]
