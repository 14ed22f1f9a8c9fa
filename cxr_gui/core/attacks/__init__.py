"""Attacks: one a file, a registry, and the two threat models."""

from cxr_gui.core.attacks.fgsm import FGSM, fgsm
from cxr_gui.core.attacks.pgd import PGD, pgd
from cxr_gui.core.attacks.protocol import Attack, Batch, Iterative, ParameterDescription, SingleStep
from cxr_gui.core.attacks.registry import attacks, create_attack, describe, parse_parameter, register
from cxr_gui.core.attacks.threat import THREATS, as_threat, threat_of

__all__ = [
    "FGSM",
    "PGD",
    "THREATS",
    "Attack",
    "Batch",
    "Iterative",
    "ParameterDescription",
    "SingleStep",
    "as_threat",
    "attacks",
    "create_attack",
    "describe",
    "fgsm",
    "parse_parameter",
    "pgd",
    "register",
    "threat_of",
]
