from .film import NOMINAL_SIDE, SpacedImage
from .registry import FAMILIES, SHIFTS, Shift, register_shift
from .shifting import chance_of, shifted

__all__ = [
    "FAMILIES",
    "NOMINAL_SIDE",
    "SHIFTS",
    "Shift",
    "SpacedImage",
    "chance_of",
    "register_shift",
    "shifted",
]
