"""Classifier, attack, parameters and epsilon."""
