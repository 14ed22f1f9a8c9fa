"""Classifiers: one architecture a file, a registry, and checkpoints."""

from cxr_gui.core.models.checkpoint import load, save
from cxr_gui.core.models.classifier import CLASSES, Card, Classifier, Normalisation
from cxr_gui.core.models.registry import Architecture, architectures, create, register

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
