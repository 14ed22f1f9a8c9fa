from .arguments import check_epsilon, check_labels, check_logits, check_pixels, device_of, no_answer
from .ascent import Ascent
from .ball import Ball, LinfBall
from .fast_gradient import FGSM, fgsm
from .gradient import frozen, logits_of, loss_gradient, threshold_logit
from .ground import Ground, Grounded
from .noise import SCALES, Noise
from .projected_gradient import PGD, pgd
from .protocol import Attack, Batch, Iterative, SingleStep, move
from .randomness import Chance
from .registry import attacks, create_attack, describe_parameters, register
from .square import Square
from .threat import THREATS, as_threat, check_threat, threat_of

__all__ = [
    "FGSM",
    "PGD",
    "SCALES",
    "THREATS",
    "Ascent",
    "Attack",
    "Ball",
    "Batch",
    "Chance",
    "Ground",
    "Grounded",
    "Iterative",
    "LinfBall",
    "Noise",
    "SingleStep",
    "Square",
    "as_threat",
    "attacks",
    "check_epsilon",
    "check_labels",
    "check_logits",
    "check_pixels",
    "check_threat",
    "create_attack",
    "describe_parameters",
    "device_of",
    "fgsm",
    "frozen",
    "logits_of",
    "loss_gradient",
    "move",
    "no_answer",
    "pgd",
    "register",
    "threat_of",
    "threshold_logit",
]
