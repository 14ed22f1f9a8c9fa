"""A workbench for studying how vulnerable chest X-ray classifiers are to adversarial attacks."""

__version__ = "0.2.0"
